"""Pages of long lists: sorted from whichever end is nearer, and never otherwise than sorting them all would."""

import pytest

from mrm.accounts.models import Workspace
from mrm.pages.tables import numbered_page
from tests.factories import make_workspace


@pytest.mark.parametrize("many", [1, 6, 7, 8])
def test_the_pages_of_many_rows_together_are_all_of_them_in_their_order(db, rf, django_assert_num_queries, many):
    for number in range(many):
        make_workspace(f"unit-{(number * 5) % 11:02}")
    rows = Workspace.objects.order_by("slug")
    everything, shown, number, more = list(rows), [], 1, True
    while more:
        page = numbered_page(rf.get("/", {"page": number}), rows, size=3)
        with django_assert_num_queries(1):
            shown += page.object_list
        number, more = number + 1, page.has_next()
    assert shown == everything


def test_a_total_that_is_known_is_not_counted_again(db, rf, django_assert_num_queries):
    make_workspace("unit")
    with django_assert_num_queries(1):
        page = numbered_page(rf.get("/"), Workspace.objects.order_by("slug"), total=1)
        assert len(page.object_list) == 1
