"""The page where a statement is shown word for word and signed; every act that needs a signature leads here."""

from collections.abc import Callable

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.shortcuts import render
from django.urls import reverse

from mrm.accounts import services
from mrm.accounts.forms import ReasonForm, SignatureForm
from mrm.pages.answers import answer_form, posted
from mrm_verify.canonical import canonical


def act_page(request, act: services.Act, subject, reference, *, heading: str, back: str, then: Callable):
    """Where an act that was prepared is signed, and so done; then(what came of it) returns the address to go to."""
    act.refuse(subject, actor=request.user)

    def sign(proof):
        return then(services.sign_act(act, subject, reference, proof=proof, actor=request.user))

    return signing_page(request, reference, act=sign, heading=heading, back=back)


def to_sign(request, act: services.Act, subject, comment: str = "") -> str:
    """Prepare the act; the key of the statement that the next page shows."""
    return services.prepare_act(act, subject, comment=comment, actor=request.user).pk


def reason_page(request, act: services.Act, subject, *, to: str, args: list, heading: str, lead: str, back: str):
    """From the reason for an act to its statement, which is signed at the address `to` with `args` before its key."""
    form = ReasonForm(posted(request))

    def prepare(data):
        return reverse(to, args=[*args, to_sign(request, act, subject, data["reason"])])

    def show(status):
        context = {"form": form, "heading": heading, "lead": lead, "submit": "Go on to sign", "back": back}
        return render(request, "components/form_page.html", context, status=status)

    return answer_form(request, form, act=prepare, show=show)


def signing_page(request, reference, *, act: Callable, heading: str, back: str):
    """Show the statement that was prepared under this reference, and take its signature.

    act(proof) calls the service that signs and carries out what was signed; it returns the address to go to.
    """
    statement = services.statement_shown(reference, signer=request.user)
    enrolled = Authenticator.objects.filter(user=request.user, type=Authenticator.Type.TOTP).exists()
    form = SignatureForm(posted(request), asks_for_code=enrolled)

    def show(status):
        context = {
            "statement": statement,
            "signed_bytes": canonical(statement.body).decode(),
            "passkey": services.passkey_options(statement),
            "form": form,
            "by_password": (enrolled or settings.DEVELOPMENT) and not statement.needs_passkey,
            "heading": heading,
            "back": back,
        }
        answer = render(request, "accounts/sign.html", context, status=status)
        answer["Cache-Control"] = "no-store"
        return answer

    return answer_form(request, form, act=lambda data: act(form.proof), show=show)
