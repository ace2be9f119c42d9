"""Whose passkey is whose: what the entries of a trail say was enrolled and removed, followed in their order."""

from typing import NamedTuple

from mrm_verify import passkeys
from mrm_verify.faults import Fault

STANDS = {"person.factor_enrolled": True, "person.factor_removed": False}
ACCOUNT = "accounts.Person:"


class Enrolment(NamedTuple):
    """That an entry says somebody enrolled a passkey, or that it was removed.

    digest  of what the browser said of it: tells one from another
    key     digest of its public key; None in entries of releases that did not say it
    site    digest of the name of the site that it signs for
    """

    person: str
    digest: str
    key: str | None
    site: str | None
    stands: bool


def enrolments_in(body: dict) -> list[Enrolment]:
    """What an entry says of a passkey, one or none: of one's own, or said by the system."""
    details, subject = body["details"], str(body["subject"]["id"])
    if body["action"] not in STANDS or not isinstance(details, dict) or details.get("kind") != passkeys.METHOD:
        return []
    person = subject.removeprefix(ACCOUNT)
    if body["actor"]["id"] not in (person, ""):
        return []
    key, site = (said if isinstance(said, str) else None for said in (details.get("key"), details.get("site")))
    return [Enrolment(person, str(details.get("digest")), key, site, STANDS[body["action"]])]


class Enrolments:
    """Who has which passkeys, as far as the entries so far say."""

    def __init__(self):
        self._standing: dict[str, dict[str, Enrolment]] = {}

    def follow(self, enrolment: Enrolment) -> None:
        of_person = self._standing.setdefault(enrolment.person, {})
        if enrolment.stands:
            of_person[enrolment.digest] = enrolment
        else:
            of_person.pop(enrolment.digest, None)

    def show(self, person: str, assertion: dict) -> bool:
        """Whether one of them says that the key is this person's, for the site of the assertion."""
        signed = passkeys.digest_of_key(assertion["public_key"]), passkeys.site_of(assertion["origin"])
        return signed in {(one.key, one.site) for one in self._standing.get(person, {}).values()}

    def know(self, person: str, assertion: dict) -> bool:
        """Whether entries say that the key is this person's, for the site of the assertion.

        False where the trail began before entries said so much; a Fault where they say otherwise.
        """
        if self.show(person, assertion):
            return True
        standing = self._standing.get(person, {}).values()
        if not self._standing or any(one.key is None for one in standing):
            return False
        raise Fault("No entry before it says that its signer had enrolled this passkey, for pages of this address.")
