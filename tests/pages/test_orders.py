"""The pages that restrict and stop one use, and lead to its end."""

from django.urls import reverse

from audits.workflows.models import Arrangement
from inventory.services import start_use
from tests.factories import approve_for, make_use
from tests.signing import signed_on_page


def test_the_pages_restrict_stop_and_lead_to_the_end_of_a_use(visit, story):
    pricing = make_use(story.model, title="Pricing", actor=story.owner)
    approve_for(story.version, pricing)
    start_use(pricing, actor=None)
    client, slug = visit(story.owner), story.model.slug
    uses = reverse("model-uses", args=[slug])
    assert f"kind=use_ending&amp;use={pricing.number}" in client.get(uses).text
    for name, state in (("restrict-use", "restricted"), ("suspend-use", "suspended")):
        address = reverse(name, args=[slug, 1])
        assert "Pricing" in client.get(address).text
        assert visit(story.auditor).post(address, {"reason": "Only up to 20 000."}).status_code == 403
        assert signed_on_page(client, address, reason="Only up to 20 000.").headers["Location"] == f"{uses}#use-1"
        pricing.refresh_from_db()
        assert pricing.state == state
    assert "One use is suspended" in client.get(reverse("model", args=[slug])).text
    suspension = Arrangement.objects.get(kind="suspension")
    page = visit(story.engineer).get(reverse("arrangement", args=[suspension.reference])).text
    assert "kind=resumption&amp;use=1" in page and "ordered by" in page
    form = visit(story.engineer).get(reverse("request-model-change", args=[slug]) + "?kind=use_ending&use=1").text
    assert '<option value="1" selected>' in form
