"""People and their roles, for administrators."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from mrm.accounts import services
from mrm.accounts.forms import PersonForm, RoleForm
from mrm.accounts.models import Person, RoleGrant
from mrm.accounts.policies import Permission
from mrm.pages.answers import answer_form, posted
from mrm.pages.tables import numbered_page


@require_safe
def people(request):
    services.require(request.user, Permission.MANAGE_PEOPLE, None)
    rows = numbered_page(request, Person.objects.all())
    grants = RoleGrant.objects.in_force(timezone.now()).filter(person__in=[person.pk for person in rows])
    held = {}
    for grant in grants.select_related("workspace"):
        held.setdefault(grant.person_id, []).append(grant)
    return render(request, "accounts/people.html", {"page": rows, "held": held})


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
    """One person and every role they held; POST gives another."""
    services.require(request.user, Permission.MANAGE_PEOPLE, None)
    person = get_object_or_404(Person, pk=person_id)
    form = RoleForm(posted(request))

    def act(data):
        grant = services.grant_role(person, data.pop("role"), **data, actor=request.user)
        messages.success(request, f"{grant}: in force from now on.")
        return reverse("person", args=[person.pk])

    def show(status):
        grants = person.grants.select_related("workspace", "granted_by").order_by("-starts_at")
        context = {"person": person, "grants": grants, "form": form, "now": timezone.now()}
        return render(request, "accounts/person.html", context, status=status)

    return answer_form(request, form, act=act, show=show)


@require_POST
def revoke_role(request, grant_id):
    services.require(request.user, Permission.MANAGE_PEOPLE, None)
    grant = get_object_or_404(RoleGrant.objects.select_related("person"), pk=grant_id)
    services.revoke_role(grant, actor=request.user)
    messages.success(request, f"{grant.person} is no longer {grant.get_role_display().lower()}.")
    return redirect("person", grant.person_id)
