"""What the pages about people and tokens ask for."""

import struct
from contextlib import contextmanager
from datetime import datetime, time

from allauth.account.forms import LoginForm
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils import timezone

from mrm.accounts.contents import PEOPLE
from mrm.accounts.models import Person, Workspace, choices
from mrm.accounts.policies import ALLOWED_TO_SERVICES, LONGEST_EXAMINATION, LONGEST_GRANT, Permission, Role
from mrm.accounts.services import Passkey, Password, is_recorded, require_recorded_code
from mrm.errors import NotPermitted, UnusableData
from mrm.pages.filters import ListFilter, SearchField
from mrm_verify.canonical import NotCanonical, canonical

UNREADABLE = "What your browser said about the passkey cannot be read; try again."
NOT_FOR_TOKENS = {
    Permission.DECIDE_CHANGE,
    Permission.DECIDE_RETENTION,
    Permission.MANAGE_PEOPLE,
    Permission.APPROVE_ROLE,
    Permission.PUBLISH_POLICY,
}


def end_of(day) -> datetime | None:
    return datetime.combine(day, time.max, tzinfo=timezone.get_current_timezone()) if day else None


def slugs_in(text: str) -> list[str]:
    return text.replace(",", " ").split()


class SignInForm(LoginForm):
    """The library's form; the page itself has the way to a forgotten password."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = ""


@contextmanager
def refusing_what_cannot_be_read():
    """The sign-in library reads what a browser would send, and raises these where somebody sends anything else."""
    try:
        yield
    except (AttributeError, LookupError, TypeError, ValueError, struct.error) as fault:
        raise forms.ValidationError(UNREADABLE) from fault


class EnrolPasskeyForm(AddWebAuthnForm):
    def clean_credential(self) -> dict:
        credential = self.cleaned_data["credential"]
        try:
            canonical(credential)  # As the entry of its enrolment tells of it.
        except NotCanonical as fault:  # Shown on no form again: half a character has no bytes.
            raise UnusableData({"message": UNREADABLE, "field": "credential"}) from fault
        return credential

    def clean(self) -> dict:
        with refusing_what_cannot_be_read():
            return super().clean()


class Enrolled:
    """A passkey opens what is its holder's only where the trail says that they enrolled exactly this one.

    Else whoever puts one in by SQL signs in with it, and enrols another with an entry in the holder's name.
    """

    def clean_credential(self) -> Authenticator:
        with refusing_what_cannot_be_read():
            passkey = super().clean_credential()
        if not is_recorded(passkey, passkey.user):
            raise NotPermitted("Nothing says that you enrolled this passkey yourself, so it opens nothing.")
        return passkey


class SignInByPasskeyForm(Enrolled, LoginWebAuthnForm):
    pass


class SecondFactorForm(Enrolled, AuthenticateWebAuthnForm):
    pass


class AgainByPasskeyForm(Enrolled, ReauthenticateWebAuthnForm):
    pass


class SetUp:
    """A code counts only where the trail says that its holder set up the app, or the recovery codes, it is of."""

    def clean_code(self) -> str:
        code = super().clean_code()
        require_recorded_code(self.authenticator)
        return code


class SecondFactorCodeForm(SetUp, AuthenticateForm):
    pass


class AgainByCodeForm(SetUp, ReauthenticateForm):
    pass


class PersonFilter(ListFilter):
    listing = PEOPLE

    kind = forms.CharField(required=False, widget=forms.HiddenInput)
    q = SearchField(label="Name or e-mail address")


class PersonForm(forms.Form):
    """A person who signs in with a first password, or a service account that never signs in."""

    display_name = forms.CharField(label="Name", max_length=200, help_text="Printed under every decision.")
    email = forms.EmailField(label="E-mail")
    kind = forms.ChoiceField(
        choices=Person.Kind.choices,
        widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
        initial=Person.Kind.HUMAN,
    )
    password = forms.CharField(
        label="First password",
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least 12 characters; hand it over in person. Service accounts have none.",
    )

    def clean(self):
        data = super().clean()
        if data.get("kind") != Person.Kind.HUMAN:
            return data
        if not data.get("password"):
            self.add_error("password", "A person needs a first password to sign in with.")
            return data
        try:
            validate_password(
                data["password"], Person(email=data.get("email", ""), display_name=data.get("display_name", ""))
            )
        except forms.ValidationError as refusal:
            self.add_error("password", refusal)
        return data


class RoleForm(forms.Form):
    role = forms.ChoiceField(choices=choices(Role))
    workspace = forms.ModelChoiceField(Workspace.objects.all(), required=False, empty_label="Every workspace")
    models = forms.CharField(
        label="Only for these models",
        required=False,
        max_length=2000,
        help_text="As their addresses name them (credit-default), separated by spaces; of that workspace. Empty: all.",
    )
    ends_at = forms.DateField(
        label="Until",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=f"At most {LONGEST_GRANT} days, which an empty field means too; an examiner at most "
        f"{LONGEST_EXAMINATION}.",
    )
    reason = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 2}), max_length=2000, help_text="Whoever approves it reads this."
    )

    def clean_ends_at(self):
        return end_of(self.cleaned_data["ends_at"])

    def clean_models(self):
        return slugs_in(self.cleaned_data["models"])


class ReasonForm(forms.Form):
    reason = forms.CharField(widget=forms.Textarea(attrs={"rows": 2}), max_length=2000)


class TokenForm(forms.Form):
    name = forms.CharField(max_length=100, help_text="What will use it, so that you know it again.")
    workspace = forms.ModelChoiceField(Workspace.objects.none(), empty_label=None)
    actions = forms.MultipleChoiceField(
        label="May only",
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
        help_text="None ticked: everything your roles allow.",
    )
    models = forms.CharField(
        label="Only these models",
        required=False,
        max_length=2000,
        help_text="As their addresses name them (credit-default), separated by spaces. Empty: all.",
    )
    version = forms.IntegerField(
        label="Only this version",
        required=False,
        min_value=1,
        max_value=2**31 - 1,
        help_text="Its number, for the address that KServe or Seldon send predictions to; with one model and "
        "“Log data” ticked. Empty: not for an address.",
    )

    expires_at = forms.DateField(
        label="Until",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="Left empty: 90 days from now. At most a year.",
    )

    def __init__(self, *args, person, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["actions"].choices = [
            (what.value, what.replace("_", " ").capitalize()) for what in self._scope_of(person)
        ]
        ids = person.workspace_ids()
        self.fields["workspace"].queryset = (
            Workspace.objects.all() if ids is None else Workspace.objects.filter(pk__in=ids)
        )

    @staticmethod
    def _scope_of(person) -> list[Permission]:
        """What its roles allow now; a service account's may still be approved, so for it whatever a service may do."""
        allowed = ALLOWED_TO_SERVICES if person.is_service else person.permissions_in(None) - NOT_FOR_TOKENS
        return [what for what in Permission if what in allowed]

    def clean_models(self):
        return slugs_in(self.cleaned_data["models"])

    def clean_expires_at(self):
        return end_of(self.cleaned_data["expires_at"])


class RotationForm(forms.Form):
    overlap = forms.TypedChoiceField(
        label="The earlier secret works",
        coerce=int,
        choices=[(0, "no longer"), (1, "an hour more"), (24, "a day more"), (7 * 24, "a week more")],
        initial=24,
        help_text="Long enough to put the other secret where this one is used. After a theft: no longer.",
    )


class SignatureForm(forms.Form):
    """The proof of who signs: what a passkey answered, which a script puts here, or the password again."""

    assertion = forms.JSONField(required=False, widget=forms.HiddenInput)
    password = forms.CharField(
        label="Your password, again",
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    code = forms.CharField(
        label="Code of your authenticator app",
        required=False,
        max_length=16,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )

    def __init__(self, *args, asks_for_code: bool, **kwargs):
        super().__init__(*args, **kwargs)
        if not asks_for_code:
            del self.fields["code"]

    def clean(self):
        data = super().clean()
        if not data.get("assertion") and not data.get("password") and not self.errors:
            self.add_error("password", "Give your password, or sign with a passkey.")
        return data

    @property
    def proof(self) -> Passkey | Password:
        told = self.cleaned_data
        if told.get("assertion"):
            return Passkey(told["assertion"])
        return Password(told["password"], told.get("code", ""))
