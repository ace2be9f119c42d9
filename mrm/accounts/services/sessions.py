"""Sign-ins that are still open: seen by whoever they belong to, and ended at any time."""

from allauth.usersessions.models import UserSession

from audits.trail.models import Action
from audits.trail.services import governed, record
from mrm.accounts.models import Person
from mrm.accounts.policies import Permission
from mrm.accounts.services.permissions import require
from mrm.errors import NotPermitted


def open_sessions(person: Person) -> list[UserSession]:
    """The sign-ins of a person that still work, the newest first."""
    sessions = UserSession.objects.filter(user=person).order_by("-last_seen_at")
    return [session for session in sessions if session.exists()]


@governed()
def end_session(session: UserSession, *, actor) -> None:
    """Sign somebody out, at once: oneself anywhere, or as an administrator another person."""
    if actor and actor.token:
        raise NotPermitted("A token ends no sessions; sign in on the pages.")
    if actor and actor.pk != session.user_id:
        require(actor, Permission.MANAGE_PEOPLE, None)
    person = session.user
    session.end()
    record(Action.SESSION_ENDED, actor=actor, subject=person, signed_in_at=session.created_at.isoformat())


def end_sessions(person: Person) -> None:
    """Every sign-in of a person, inside the governed act that is the reason for it."""
    for session in UserSession.objects.filter(user=person):
        session.end()
