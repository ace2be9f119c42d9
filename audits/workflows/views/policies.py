"""A proposed policy: what it changes, why, and where the decision about it stands."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from audits.workflows.models import ChangeRequest
from inventory import policies, services
from inventory.forms import WithdrawalForm
from inventory.models import Policy, PolicyDraft
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.pages.answers import answer_form


@require_safe
def draft(request, draft_id):
    """What it changes, what it loosens, and why."""
    require(request.user, Permission.READ, None)
    return _draft_page(request, _draft_for(draft_id))


@require_POST
def withdraw(request, draft_id):
    draft = _draft_for(draft_id)
    form = WithdrawalForm(request.POST)

    def act(data):
        services.withdraw_draft(draft, reason=data["reason"], actor=request.user)
        messages.success(request, "The proposed policy comes to nothing; it stays on record.")
        return reverse("policy")

    def show(status):
        return _draft_page(request, draft, withdrawal=form, status=status)

    return answer_form(request, form, act=act, show=show)


def _draft_for(draft_id) -> PolicyDraft:
    drafts = PolicyDraft.objects.select_related("proposed_by", "ended_by", "based_on", "published_as")
    return get_object_or_404(drafts, pk=draft_id)


def _draft_page(request, draft: PolicyDraft, *, withdrawal=None, status: int = 200):
    """`withdrawal` is the form, where it comes back with why not."""
    asked = ChangeRequest.objects.filter(kind=ChangeRequest.Kind.POLICY_CHANGE, about=str(draft.pk))
    context = {
        "draft": draft,
        "requests": asked,
        "is_asked_for": asked.unfinished().exists(),
        "withdrawal": withdrawal or WithdrawalForm(),
        "differences": policies.differences(draft.based_on.document, draft.document),
        "in_force": Policy.objects.in_force(),
        "is_mine": draft.proposed_by_id == request.user.pk,
        "may": request.user.permissions_in(None),
    }
    return render(request, "policies/draft.html", context, status=status)
