"""What somebody may do here, and whom to ask for more."""

from django.utils import timezone

from mrm.accounts.models import Person, RoleGrant
from mrm.accounts.policies import Role

MOST_SHOWN = 5


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
