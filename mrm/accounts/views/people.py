"""People and the roles they hold: read by those who supervise, changed by administrators."""

from django.contrib import messages
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from mrm.accounts import services
from mrm.accounts.contents import PEOPLE, READINGS, SERVICE_ACCOUNTS
from mrm.accounts.forms import PersonFilter, PersonForm, RoleForm
from mrm.accounts.models import Person, Recertification, RoleGrant
from mrm.accounts.policies import Permission
from mrm.accounts.services.grants import why_not_confirm_grant, why_not_decide_grant
from mrm.accounts.states import GrantState
from mrm.accounts.views.signing import act_page, reason_page
from mrm.pages.answers import answer, answer_form, posted
from mrm.pages.filters import insist
from mrm.pages.listing import Listing

MOST_SHOWN = 100


@require_safe
def people(request):
    """Everybody and what they hold now, or service accounts only; above them, the roles that await a second person."""
    services.require(request.user, Permission.READ_PEOPLE, None)
    listing, rows, form = _accounts(request)
    proposed = RoleGrant.objects.proposed().select_related("person", "workspace", "granted_by").order_by("proposed_at")
    unconfirmed = Recertification.objects.awaiting(timezone.now()).select_related("grant__person", "grant__workspace")
    me = request.user
    (proposed, more_proposed), (unconfirmed, more_unconfirmed) = _first(proposed), _first(unconfirmed)
    context = listing.shown(request, rows, csv="people-csv") | {
        "form": form,
        "of_services": listing is SERVICE_ACCOUNTS,
        "proposed": [(grant, why_not_decide_grant(grant, person=me)) for grant in proposed],
        "more_proposed": more_proposed,
        "unconfirmed": [(row, why_not_confirm_grant(row.grant, person=me)) for row in unconfirmed],
        "more_unconfirmed": more_unconfirmed,
        "may": me.permissions_in(None),
    }
    return answer(request, "accounts/people.html", context, part="accounts/people_rows.html", status=form.status)


@require_safe
def people_csv(request):
    """Who holds which roles, for a spreadsheet: everybody, or service accounts only."""
    services.require(request.user, Permission.READ_PEOPLE, None)
    listing, rows, form = _accounts(request)
    insist(form)
    return listing.spreadsheet(request, rows, "people.csv" if listing is PEOPLE else "service-accounts.csv")


@require_http_methods(["GET", "POST"])
def create_person(request):
    services.require(request.user, Permission.MANAGE_PEOPLE, None)
    form = PersonForm(posted(request))

    def act(data):
        person = services.create_person(
            data["email"],
            data["display_name"],
            password=data["password"] or None,
            kind=data["kind"],
            actor=request.user,
        )
        messages.success(request, f"{person} has an account; now give a role.")
        return reverse("person", args=[person.pk])

    def show(status):
        context = {"form": form, "heading": "Create an account", "submit": "Create", "back": reverse("people")}
        return render(request, "components/form_page.html", context, status=status)

    return answer_form(request, form, act=act, show=show)


@require_http_methods(["GET", "POST"])
def person(request, person_id):
    """One person and every role they held; POST proposes another."""
    services.require(request.user, Permission.READ_PEOPLE, None)
    person = get_object_or_404(Person, pk=person_id)
    form = RoleForm(posted(request))

    def act(data):
        grant = services.grant_role(person, data.pop("role"), **data, actor=request.user)
        messages.success(request, f"{grant}: proposed. It holds as soon as a second person approves it.")
        return reverse("person", args=[person.pk])

    def show(status):
        grants = person.grants.select_related("workspace", "granted_by", "decided_by").order_by("-proposed_at")
        context = {
            "person": person,
            "grants": [(grant, _why_not_decide(grant, request.user)) for grant in grants],
            "form": form,
            "roles": person.all_roles(),
            "may": request.user.permissions_in(None),
        }
        return render(request, "accounts/person.html", context, status=status)

    return answer_form(request, form, act=act, show=show)


@require_safe
def readings(request, person_id):
    """What an auditor or an examiner has read, the newest first."""
    services.require(request.user, Permission.READ_PEOPLE, None)
    person = get_object_or_404(Person, pk=person_id)
    context = {"person": person, **READINGS.shown(request, person.readings.all())}
    return render(request, "accounts/readings.html", context)


@require_safe
def readings_csv(request, person_id):
    services.require(request.user, Permission.READ_PEOPLE, None)
    person = get_object_or_404(Person, pk=person_id)
    return READINGS.spreadsheet(request, person.readings.all(), f"readings-of-{person.pk}.csv")


@require_http_methods(["GET", "POST"])
def close_account(request, person_id):
    services.require(request.user, Permission.MANAGE_PEOPLE, None)
    person = get_object_or_404(Person, pk=person_id)
    page = {
        "heading": f"Close the account of {person}",
        "lead": "It ends their roles, tokens and sign-ins at once. What they did stays recorded.",
        "back": reverse("person", args=[person.pk]),
    }
    return reason_page(request, services.ACCOUNT_CLOSURE, person, to="sign-account-closure", args=[person.pk], **page)


@require_http_methods(["GET", "POST"])
def sign_closure(request, person_id, statement_id):
    services.require(request.user, Permission.MANAGE_PEOPLE, None)
    person = get_object_or_404(Person, pk=person_id)
    back = reverse("person", args=[person.pk])

    def then(closed):
        messages.success(request, f"The account of {closed} is closed: no role, no token and no sign-in is left.")
        return back

    page = {"heading": f"Sign that the account of {person} is closed", "back": back, "then": then}
    return act_page(request, services.ACCOUNT_CLOSURE, person, statement_id, **page)


@require_POST
def reopen_account(request, person_id):
    person = get_object_or_404(Person, pk=person_id)
    services.reopen_account(person, actor=request.user)
    messages.success(request, f"{person} can sign in again and holds no role yet.")
    return redirect("person", person.pk)


def _first(rows: QuerySet) -> tuple[list, bool]:
    """As many as the page shows, and whether there are more."""
    found = list(rows[: MOST_SHOWN + 1])
    return found[:MOST_SHOWN], len(found) > MOST_SHOWN


def _accounts(request) -> tuple[Listing, QuerySet[Person], PersonFilter]:
    """The list that an address asks for, everybody's or that of service accounts, and who is in it."""
    form = PersonFilter(request.GET)
    if form.asked.get("kind") == Person.Kind.SERVICE:
        return SERVICE_ACCOUNTS, form.chosen(Person.objects.service_accounts().with_roles()), form
    return PEOPLE, form.chosen(Person.objects.with_roles()), form


def _why_not_decide(grant: RoleGrant, person: Person) -> list[str]:
    return why_not_decide_grant(grant, person=person) if grant.state == GrantState.PROPOSED else []
