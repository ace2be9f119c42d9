"""Where a person's own work begins: the pages their roles are for, on everybody's home."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from mrm.accounts.policies import WATCHED_READERS, Permission


@dataclass(frozen=True)
class Beginning:
    """One page: what it is called, what one does there, and its icon."""

    title: str
    text: str
    icon: str
    address: str


def beginnings_for(person) -> list[Beginning]:
    """By what the person's roles allow; whoever only reads is led to the proofs."""
    allowed = person.permissions_in(None)
    found = [_beginning(*told) for permission, *told in _OFFERED if permission in allowed]
    if Permission.ANSWER_FINDING in allowed and Permission.LOG_DATA not in allowed:
        mine = urlencode({"owner": person.pk})
        found.insert(0, Beginning("My models", "What I answer for", "grid", f"{reverse('register')}?{mine}"))
    if person.all_roles() & WATCHED_READERS:
        found.append(
            _beginning("Export the trail", "Every entry, to test without this system", "download", "export-trail")
        )
    return [*found, *(_beginning(*told) for told in _EVERYBODYS)]


_OFFERED = (
    (Permission.LOG_DATA, "Register a model", "Scripts and MLflow clients do it too", "plus", "register-model"),
    (Permission.LOG_DATA, "Connect an MLflow client", "Two lines where the model is trained", "link", "registry"),
    (Permission.LOG_DATA, "My tokens", "For scripts that log predictions or ask the gate", "key", "my-tokens"),
    (Permission.VALIDATE_MODEL, "Validations", "Plans, challenges and opinions", "circle-check", "validation-list"),
    (Permission.DECIDE_CHANGE, "What is in force", "What was allowed, and until when", "clock", "arrangement-list"),
    (Permission.PUBLISH_POLICY, "Indicators", "The portfolio against its appetite", "bars", "indicators"),
    (Permission.CONFIRM_TIER, "Hygiene", "Where the register itself is wrong", "alert", "hygiene"),
    (Permission.MANAGE_PEOPLE, "People and roles", "Who may do what, and who approved it", "people", "people"),
    (Permission.MANAGE_PEOPLE, "Add a person", "A second person approves their role", "plus", "create-person"),
    (Permission.MANAGE_PEOPLE, "MLflow registry", "What stock clients may do in each workspace", "link", "registry"),
)  # fmt: skip
_EVERYBODYS = (
    ("Verify a report", "From the file itself; also offline, without an account", "shield", "verify-report"),
    ("The trail", "Every governed change, linked and signed", "list", "trail"),
)


def _beginning(title: str, text: str, icon: str, name: str) -> Beginning:
    return Beginning(title, text, icon, reverse(name))
