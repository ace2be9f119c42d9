"""What a model is used for: the tab, and the forms that propose and correct a use."""

from django.contrib import messages
from django.db.models import Prefetch
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from inventory import services
from inventory.contents.history import as_read
from inventory.contents.lists import USES
from inventory.contents.uses import answer_for, table_of, why_tier_first
from inventory.forms import UseEditForm, UseForm, UseQuestion
from inventory.forms.conflicts import merge
from inventory.models import UseApproval, UseRecord
from inventory.views.scope import model_for, model_page
from mrm.accounts.forms import ReasonForm
from mrm.errors import Outdated
from mrm.http import STATUS
from mrm.pages.answers import answer_form, posted


@require_safe
def uses(request, slug):
    """What may it be used for, and which version was approved for that?"""
    model = model_for(request, slug)
    approvals = UseApproval.objects.select_related("version", "approved_by")
    rows = model.uses.select_related("proposed_by").prefetch_related(Prefetch("approvals", approvals))
    page = USES.page(request, rows)
    now = timezone.now()
    waiting = why_tier_first(page.rows)
    for use in page.rows:
        use.waits_because = waiting.get(use)
        given = list(use.approvals.all())
        use.standing = [approval for approval in given if approval.stands(now)]
        use.past = [approval for approval in given if not approval.stands(now)]
    form = UseQuestion(request.GET if "use" in request.GET else None, model=model)
    asked = form.cleaned_data if form.is_valid() else None
    context = model_page(request, model, "uses", page=page, form=form)
    context["versions"], context["table"] = table_of(model, context["production"], page.rows, now)
    context["answer"] = answer_for(asked["version"], asked["use"], now) if asked else None
    return render(request, "inventory/uses.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def propose_use(request, slug):
    model = model_for(request, slug)
    form = UseForm(posted(request))

    def act(data):
        use = services.propose_use(model, **data, actor=request.user)
        messages.success(request, f"Use {use.number} is proposed. It may be used so once a version is approved for it.")
        return _address_of(use)

    def show(status):
        context = model_page(request, model, "uses", form=form, heading="Propose a use", submit="Propose")
        return render(request, "inventory/use_form.html", context, status=status)

    return answer_form(request, form, act=act, show=show)


@require_http_methods(["GET", "POST"])
def edit_use(request, slug, number):
    model = model_for(request, slug)
    use = get_object_or_404(model.uses.select_related("model"), number=number)
    now = {name: getattr(use, name) for name in UseForm.base_fields}
    form = UseEditForm(posted(request), initial=now | {"revision": use.revision})

    def act(data):
        changes = {name: data[name] for name in now}
        services.edit_use(use, changes=changes, revision=data["revision"], actor=request.user)
        messages.success(request, "The use is changed; what it said before is in the history.")
        return _address_of(use)

    def show(status):
        if status == STATUS[Outdated]:
            read = as_read(UseRecord, use.pk, form.cleaned_data["revision"]) or use
            then = {name: getattr(read, name) for name in now}
            merge(form, then=then, now=now, revision=use.revision, words=lambda _, value: value)
        context = model_page(request, model, "uses", form=form, heading=f"Edit use {use.number}", submit="Save")
        return render(request, "inventory/use_form.html", context, status=status)

    return answer_form(request, form, act=act, show=show)


@require_http_methods(["GET", "POST"])
def withdraw_use(request, slug, number):
    model = model_for(request, slug)
    use = get_object_or_404(model.uses.select_related("model"), number=number)
    form = ReasonForm(posted(request))

    def act(data):
        services.withdraw_use(use, reason=data["reason"], actor=request.user)
        messages.success(request, f"Use {number} is withdrawn. It stays in the register, as ended.")
        return _address_of(use)

    def show(status):
        context = {
            "form": form,
            "heading": f"Withdraw use {number} of {model.name}",
            "lead": f"{use.title}. It was proposed and is not approved.",
            "submit": "Withdraw it",
            "back": _address_of(use),
        }
        return render(request, "components/form_page.html", context, status=status)

    return answer_form(request, form, act=act, show=show)


def _address_of(use) -> str:
    return f"{reverse('model-uses', args=[use.model_slug])}#use-{use.number}"
