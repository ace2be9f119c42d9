"""The tier of a model: what it is made of, what it means, proposing it by the scorecard, confirming it."""

from django.contrib import messages
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from inventory import policies, services
from inventory.contents.tiering import answered, meaning_of
from inventory.forms import ConfirmationForm, ScorecardForm
from inventory.models import Policy
from inventory.services.revisions import refuse_outdated
from inventory.views.scope import model_for, model_page
from mrm.accounts.policies import Permission
from mrm.accounts.views.signing import act_page, to_sign
from mrm.errors import UnusableData
from mrm.pages.answers import answer_form, posted
from mrm.pages.wording import roles_together


@require_http_methods(["GET", "POST"])
def confirm_tier(request, slug):
    """What the tier is made of and what it means, and the way to the signature that puts it in force."""
    model = model_for(request, slug)
    form = ConfirmationForm(posted(request), initial={"revision": model.revision})

    def act(data):
        refuse_outdated(model, data["revision"])
        return reverse("sign-tier", args=[slug, to_sign(request, services.TIER_CONFIRMATION, model)])

    def show(status):
        again = ConfirmationForm(initial={"revision": model.revision})  # What is shown now is what is confirmed next.
        return _tier_page(request, model, form, status, confirmation=again)

    return answer_form(request, form, act=act, show=show)


@require_http_methods(["GET", "POST"])
def sign_tier(request, slug, statement_id):
    """The signature that puts a tier in force."""
    model, back = model_for(request, slug), reverse("confirm-tier", args=[slug])

    def then(confirmed):
        name = "The exemption" if confirmed.tier == policies.EXEMPT else f"Tier {confirmed.tier}"
        messages.success(request, f"{name} of {model} is confirmed.")
        return reverse("model", args=[slug])

    heading = f"Sign the tier of {model.name}"
    return act_page(request, services.TIER_CONFIRMATION, model, statement_id, heading=heading, back=back, then=then)


@require_http_methods(["GET", "POST"])
def answer_scorecard(request, slug):
    """The questionnaire; what comes of it is a proposal for somebody else to confirm."""
    model = model_for(request, slug)
    policy = Policy.objects.in_force()
    latest = model.tier_assessments.first()
    form = ScorecardForm(posted(request), policy=policy, answers=latest.answers if latest else {})

    def act(data):
        try:
            services.propose_tier(
                model,
                answers=form.answers(),
                override=int(data["override"]) if data["override"] else None,
                exempt=data["exempt"],
                reason=data["reason"],
                actor=request.user,
            )
        except UnusableData as refusal:
            errors = [one | {"field": one.get("field", "").removeprefix("answers.")} for one in refusal.errors]
            raise UnusableData(*errors) from refusal
        messages.success(request, "The tier is proposed. Somebody else confirms it.")
        return reverse("confirm-tier", args=[slug])

    def show(status):
        context = model_page(request, model, "overview", form=form, scorecard=policy.section("tiering")["scorecard"])
        return render(request, "inventory/scorecard.html", context, status=status)

    return answer_form(request, form, act=act, show=show)


def _tier_page(request, model, form, status: int, *, confirmation):
    policy = Policy.objects.in_force()
    assessments = list(model.tier_assessments.select_related("policy", "proposed_by", "confirmed_by"))
    latest = assessments[0] if assessments else None
    tier = latest.tier if latest and model.tier_is_provisional and latest.state == "proposed" else model.tier
    context = model_page(
        request,
        model,
        "overview",
        form=form,
        confirmation=confirmation,
        latest=latest,
        answers=answered(latest.policy, latest.answers) if latest else [],
        earlier=assessments[1:],
        meaning=meaning_of(tier, policy),
        shown_tier=tier,
        reasons_again=services.why_tier_again(model, timezone.now()),
        not_asked=[name for name in policies.FACTORS if not getattr(model, name)],
    )
    context["may_propose"] = Permission.EDIT_MODEL in context["may"] and model.status != "retired"
    may_confirm = Permission.CONFIRM_TIER in context["may"] and model.tier_is_provisional
    why_not = services.why_not_confirm_tier(model, person=request.user) if may_confirm else []
    people = services.who_may_confirm_tier(model, asker=request.user) if model.tier_is_provisional else []
    context |= {
        "may_confirm": may_confirm and not why_not,
        "why_not_confirm": why_not,
        "lowering_roles": roles_together(services.lowering_roles(model)) if model.tier_is_provisional else "",
        "may_confirm_people": [(person, role, None, reasons) for person, role, reasons in people],
    }
    return render(request, "inventory/tier.html", context, status=status)
