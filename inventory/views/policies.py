"""The policy: what is required, what it required before, and proposing a change of it."""

import json

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from inventory import policies, services
from inventory.contents.policies import tables_of
from inventory.forms import PolicyDocumentForm, PolicyForm
from inventory.models import Policy, PolicyDraft
from mrm.accounts.policies import Permission, may
from mrm.accounts.services import require
from mrm.errors import UnusableData
from mrm.pages.answers import answer_form, posted


@require_safe
def policy(request, number=None):
    """One version, by default the one in force."""
    require(request.user, Permission.READ, None)
    versions = list(Policy.objects.select_related("published_by").order_by("-number"))
    shown = versions[0] if number is None else _version(versions, number)
    context = {
        "policy": shown,
        "in_force": versions[0],
        "tables": tables_of(shown.document),
        "history": _history(versions),
        "drafts": PolicyDraft.objects.proposed().select_related("proposed_by", "based_on"),
        "may": _may(request.user),
        "shipped": [(name, policies.preset(name)["title"]) for name in policies.PRESETS],
    }
    return render(request, "policies/policy.html", context)


@require_safe
def document(request, number):
    """The version as the file it was published from."""
    require(request.user, Permission.READ, None)
    policy = get_object_or_404(Policy, number=number)
    content = json.dumps(policy.document, indent=2, ensure_ascii=False)
    response = HttpResponse(content, content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="policy-{policy.number}.json"'
    return response


@require_safe
def differences(request, number):
    """What this version changed, against the one before or the one that `?from=` names."""
    require(request.user, Permission.READ, None)
    versions = list(Policy.objects.select_related("published_by").order_by("-number"))
    after = _version(versions, number)
    asked = request.GET.get("from", "")
    before = _version(versions, int(asked) if asked.isdecimal() and len(asked) < 9 else max(number - 1, 1))
    context = {
        "before": before,
        "after": after,
        "versions": versions,
        "differences": policies.differences(before.document, after.document),
    }
    return render(request, "policies/differences.html", context)


@require_http_methods(["GET", "POST"])
def edit(request):
    """Cadences and limits in a form; what comes of it is a draft for others to decide about."""
    require(request.user, Permission.PROPOSE_POLICY, None)
    in_force = Policy.objects.in_force()
    form = PolicyForm(posted(request), document=policies.completed(in_force.document))

    def act(data):
        try:
            return _propose(request, form.document(), data["reason"])
        except UnusableData as refusal:
            errors = [error | {"field": form.at_its_field(error.get("field", ""))} for error in refusal.errors]
            raise UnusableData(*errors) from refusal

    def show(status):
        return render(request, "policies/edit.html", {"form": form, "policy": in_force}, status=status)

    return answer_form(request, form, act=act, show=show)


@require_http_methods(["GET", "POST"])
def upload(request):
    """The whole policy as JSON, begun from the one in force or from one that is shipped; faults are named by path."""
    require(request.user, Permission.PROPOSE_POLICY, None)
    shipped = policies.preset(asked) if (asked := request.GET.get("shipped", "")) in policies.PRESETS else None
    document = shipped or policies.completed(Policy.objects.in_force().document)
    initial = {"document": json.dumps(document, indent=2, ensure_ascii=False)}
    form = PolicyDocumentForm(posted(request), request.FILES or None, initial=initial)

    def act(data):
        return _propose(request, data["content"], data["reason"])

    def show(status):
        context = {
            "form": form,
            "heading": "Propose a policy as JSON",
            "lead": f"It starts from {'a policy that is shipped' if shipped else 'the policy in force'}. "
            "Others decide about it.",
            "submit": "Propose",
            "back": reverse("policy"),
        }
        return render(request, "components/form_page.html", context, status=status)

    return answer_form(request, form, act=act, show=show)


def _propose(request, document, reason: str) -> str:
    draft = services.propose_policy(document, reason=reason, actor=request.user)
    messages.success(request, "Your policy is proposed. Ask for its publication when it is ready.")
    return reverse("policy-draft", args=[draft.pk])


def _version(versions: list[Policy], number: int) -> Policy:
    found = [version for version in versions if version.number == number]
    return found[0] if found else get_object_or_404(Policy, number=number)


def _history(versions: list[Policy]) -> list[dict]:
    """Every version with how much it changed, and how much of that loosened what was required."""
    rows = []
    for after, before in zip(versions, [*versions[1:], None], strict=True):
        changes = policies.differences(before.document, after.document) if before else []
        rows.append({"policy": after, "changes": len(changes), "loosened": sum(bool(one.loosens) for one in changes)})
    return rows


def _may(person) -> set[Permission]:
    wanted = (Permission.PROPOSE_POLICY,)
    return {one for one in wanted if may(one, roles=person.all_roles(), is_service=person.is_service)}
