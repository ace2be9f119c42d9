"""What somebody may do here, and whom to ask for more."""

from datetime import datetime

from django.utils import timezone

from mrm.accounts.models import Person, RoleGrant
from mrm.accounts.policies import Role
from mrm.pages.listing import Column, Listing

MOST_SHOWN = 5
_ACCOUNT = (
    Column("name", "Name", "display_name", lambda row: row.display_name),
    Column("email", "E-mail", "email", lambda row: row.email, on_page=False),
    Column("account", "Account", "", lambda row: "open" if row.is_active else "closed", on_page=False),
    Column("kind", "Kind", "kind", lambda row: row.kind),
    Column("roles", "Roles now", "", lambda row: "; ".join(grant.held for grant in row.grants_now)),
)
_SEARCHED = ("display_name", "email")
PEOPLE = Listing(_ACCOUNT, usual="name", searched=_SEARCHED)
SERVICE_ACCOUNTS = Listing(
    (
        *_ACCOUNT,
        Column("tokens", "Tokens that work", "working_tokens", lambda row: row.working_tokens),
        Column("used", "Last used", "last_used_at", lambda row: row.last_used_at, holds=datetime),
    ),
    usual="name",
    searched=_SEARCHED,
)
READINGS = Listing(
    (
        Column("when", "When", "read_at", lambda row: row.read_at.isoformat(), holds=datetime, days="read"),
        Column("address", "Address", "address", lambda row: row.address),
    ),
    usual="-when",
    searched=("address",),
)
TOKENS = Listing(
    (
        Column("created_at", "Issued", "created_at", holds=datetime),
        Column("name", "Name", "name"),
        Column("expires_at", "Ends", "expires_at", holds=datetime),
        Column("last_used_at", "Last used", "last_used_at", holds=datetime),
    ),
    usual="-created_at",
    searched=("name",),
)


def access_of(person: Person) -> dict:
    """Their roles now and proposed; where they hold none, those they held last; and who gives roles."""
    now = timezone.now()
    grants = person.grants.select_related("workspace").order_by("-proposed_at")
    held, proposed = list(grants.in_force(now)), list(grants.proposed())
    shown = [grant.pk for grant in (*held, *proposed)]
    administering = RoleGrant.objects.in_force(now).filter(role=Role.ADMINISTRATOR)
    to_ask = Person.objects.filter(is_active=True, grants__in=administering).exclude(pk=person.pk).distinct()
    return {
        "held": held,
        "proposed": proposed,
        "over": [] if held else list(grants.exclude(pk__in=shown)[:MOST_SHOWN]),
        "to_ask": list(to_ask[:MOST_SHOWN]),
    }
