"""Tokens: a person's own; and those of service accounts, for administrators."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from mrm.accounts import services
from mrm.accounts.authentication.addresses import BEGINNING
from mrm.accounts.forms import RotationForm, TokenForm
from mrm.accounts.models import Person, Token
from mrm.accounts.policies import Permission
from mrm.pages.answers import answer_form, posted


@require_http_methods(["GET", "POST"])
def my_tokens(request):
    return _tokens_page(request, request.user, reverse("my-tokens"))


@require_http_methods(["GET", "POST"])
def tokens_of(request, person_id):
    """The tokens of a service account, which cannot sign in to issue its own."""
    services.require(request.user, Permission.MANAGE_PEOPLE, None)
    person = get_object_or_404(Person, pk=person_id, kind=Person.Kind.SERVICE)
    return _tokens_page(request, person, reverse("tokens-of", args=[person.pk]))


@require_http_methods(["GET", "POST"])
def rotate_token(request, token_id):
    """Another secret for the same token, with a time of grace for the earlier one."""
    token = _token_for(request, token_id)
    form, back = RotationForm(posted(request)), _address_of(request, token)

    def act(data):
        overlap = timedelta(hours=data["overlap"])
        successor, secret = services.rotate_token(token, overlap=overlap, actor=request.user)
        return _issued(request, successor, secret, back)

    def show(status):
        context = {
            "form": form,
            "heading": f"Rotate {token.name}",
            "lead": f"{token.prefix}… gets a successor with the same scope and another secret, which is shown once.",
            "submit": "Rotate",
            "back": back,
        }
        return render(request, "components/form_page.html", context, status=status)

    return answer_form(request, form, act=act, show=show)


@require_POST
def revoke_token(request, token_id):
    token = _token_for(request, token_id)
    services.revoke_token(token, actor=request.user)
    return redirect(_address_of(request, token))


def _token_for(request, token_id) -> Token:
    """One's own, or an administrator's service accounts'."""
    own = Q(person=request.user)
    if Permission.MANAGE_PEOPLE in request.user.permissions_in(None):
        own |= Q(person__kind=Person.Kind.SERVICE)
    return get_object_or_404(Token.objects.filter(own), pk=token_id)


def _address_of(request, token: Token) -> str:
    if token.person_id == request.user.pk:
        return reverse("my-tokens")
    return reverse("tokens-of", args=[token.person_id])


def _issued(request, token: Token, secret: str, address: str):
    """The only time that the secret is shown."""
    shown = f"{settings.PUBLIC_URL}{BEGINNING}{secret}" if token.version_number else secret
    answer = render(request, "accounts/token_issued.html", {"token": token, "secret": shown, "address": address})
    answer["Cache-Control"] = "no-store"
    return answer


def _tokens_page(request, person, address):
    form = TokenForm(posted(request), person=person)

    def act(data):
        token, secret = services.issue_token(person, data.pop("name"), **data, actor=request.user)
        return _issued(request, token, secret, address)

    def show(status):
        tokens = person.tokens.select_related("workspace").order_by("-created_at")
        context = {"person": person, "tokens": tokens, "form": form, "now": timezone.now()}
        return render(request, "accounts/tokens.html", context, status=status)

    return answer_form(request, form, act=act, show=show)
