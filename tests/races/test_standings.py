"""Counting how models stand while they change: what is kept at last is what the last change left."""

from functools import partial

from django.utils import timezone

from audits.workflows.contents.standings import standings_of
from audits.workflows.models import Standing
from audits.workflows.services import count_all_marked, count_marked
from tests.factories import make_model, make_version, promote
from tests.pages.scenery import make_run
from tests.races.threads import at_once, refusals

ROUNDS = 25


def test_a_change_during_the_count_is_counted_again(workspace):
    versions = [promote(make_version(make_model(name=f"Model {number}"))) for number in range(3)]
    for number in range(ROUNDS):
        verdict = ("red", "amber", "within")[number % 3]
        runs = [partial(make_run, version, verdict=verdict, months_ago=-number) for version in versions]
        answers = at_once(*runs, *[count_marked] * 5)
        assert refusals(answers) == []
    count_all_marked()
    for version in versions:
        (computed,) = standings_of([version.model_id], timezone.now())
        kept = Standing.objects.get(pk=version.model_id)
        assert (kept.verdict, kept.next_due_at) == (computed.verdict, computed.next_due_at)
