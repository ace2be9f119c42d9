"""Deciding for somebody who is away: what one has given, what one holds, giving and taking back."""

from datetime import UTC, datetime, time, timedelta

from django.contrib import messages
from django.db.models import Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from audits.workflows import services
from audits.workflows.forms import DelegationForm
from audits.workflows.models import Delegation
from mrm.accounts.models import Person
from mrm.accounts.policies import Permission
from mrm.accounts.views.signing import act_page, to_sign
from mrm.pages.answers import answer_form, posted


@require_http_methods(["GET", "POST"])
def delegations(request):
    people = Person.objects.filter(kind=Person.Kind.HUMAN, is_active=True).exclude(pk=request.user.pk)
    form = DelegationForm(posted(request), people=people)

    def act(data):
        ends_at = datetime.combine(data["ends_on"], time.min, tzinfo=UTC) + timedelta(days=1)
        given = services.delegation_to(data["delegate"], ends_at=ends_at)
        return reverse("sign-delegation", args=[to_sign(request, given, request.user, data["reason"])])

    def show(status):
        mine = Delegation.objects.filter(Q(delegator=request.user) | Q(delegate=request.user))
        context = {
            "form": form if Permission.DECIDE_CHANGE in request.user.permissions_in(None) else None,
            "delegations": mine.select_related("delegator", "delegate")[:50],
            "now": timezone.now(),
        }
        return render(request, "workflows/delegations.html", context, status=status)

    return answer_form(request, form, act=act, show=show)


@require_http_methods(["GET", "POST"])
def sign_delegation(request, statement_id):
    back = reverse("delegations")

    def then(delegation):
        messages.success(request, f"{delegation.delegate} decides for you until {delegation.last_day:%d %B %Y}.")
        return back

    statement = get_object_or_404(request.user.statements, pk=statement_id)
    given = services.delegation_shown(statement.pk, signer=request.user)
    page = {"heading": "Sign who decides for you", "back": back, "then": then}
    return act_page(request, given, request.user, statement.pk, **page)


@require_POST
def revoke(request, pk):
    mine = Delegation.objects.filter(Q(delegator=request.user) | Q(delegate=request.user))
    services.revoke_delegation(get_object_or_404(mine, pk=pk), actor=request.user)
    return redirect("delegations")
