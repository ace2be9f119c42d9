"""Passwords: an entry tells of each hash in the table, by its digest; with no other one signs in, or signs."""

from datetime import UTC, datetime

from django.contrib.auth.hashers import get_hasher, identify_hasher, make_password

from audits.trail.models import Action, Entry, subject_name
from audits.trail.services import governed, record
from mrm.accounts.models import Person
from mrm.errors import NotPermitted, RuleBroken

PAST_THE_TRAIL = (
    "No entry of the trail says that this password is yours: it was put there past it, or by a release that did not "
    "record it. It opens and signs nothing. Tell an administrator, and choose another as for a forgotten password."
)
TELLING = (Action.PERSON_CREATED, Action.PASSWORD_CHOSEN, Action.PASSWORD_HASHED)


@governed()
def choose_password(person: Person, password: str) -> None:
    """The password that only this person knows from now on, whoever chose the one before."""
    if person.is_service:
        raise RuleBroken("A service account has no password; it acts through tokens only.")
    person.set_password(password)
    person.password_given_by = None
    person.save(update_fields=["password", "password_given_by"])
    record(Action.PASSWORD_CHOSEN, actor=person, subject=person, password=person.password_digest)


def renew_hash(person: Person, password: str) -> None:
    """Hash the password anew that somebody just signed in with, where it would be hashed otherwise by now.

    `person` has the new hash then: their session is bound to it, so with the old one they would be signed out at once.
    """
    hasher, kept = get_hasher(), person.password
    if identify_hasher(kept).algorithm != hasher.algorithm or hasher.must_update(kept):
        renewed = make_password(password)  # Before anybody has to wait for the pen of the trail: it takes a second.
        if _put_in_place_of(kept, renewed, person):
            person.password = renewed


@governed()
def _put_in_place_of(kept: str, renewed: str, person: Person) -> bool:
    person = Person.objects.select_for_update().get(pk=person.pk)
    if person.password != kept or not is_password_recorded(person):  # Else it would be called theirs by that.
        return False
    person.password = renewed
    person.save(update_fields=["password"])
    record(Action.PASSWORD_HASHED, actor=person, subject=person, password=person.password_digest)
    return True


def chosen_since(person: Person, seconds: float) -> bool:
    """Whether they chose another password after this time, in seconds as the clock counts them."""
    chosen = Entry.objects.about(person).filter(action=Action.PASSWORD_CHOSEN)
    return chosen.filter(at__gt=datetime.fromtimestamp(seconds, tz=UTC)).exists()


def is_password_recorded(person: Person) -> bool:
    """Whether the hash that stands here is the one that the last entry about it tells of."""
    told = Entry.objects.about(person).filter(action__in=TELLING, details__has_key="password")
    last = told.order_by("-position").first()
    return last is not None and last.details["password"] == person.password_digest


def require_recorded_password(person: Person) -> None:
    """Whoever swaps a hash signs nothing with it, and does not get in to choose, or enrol, what would sign then."""
    if not is_password_recorded(person):
        raise NotPermitted(PAST_THE_TRAIL)


@governed()
def record_passwords_from_before() -> None:
    """Once, of accounts older than these entries: the password there is counts as theirs, and the trail says so."""
    told = Entry.objects.filter(action__in=TELLING, details__has_key="password")
    recorded = set(told.values_list("subject", flat=True))
    for person in Person.objects.order_by("pk"):
        if subject_name(person) not in recorded:
            record(Action.PASSWORD_HASHED, actor=None, subject=person, password=person.password_digest)
