"""A passkey in a real browser: enrolled, used to sign in and to sign; and everything that must not pass for it."""

import re

import pytest
from django.urls import reverse

from audits.workflows.models import ChangeRequest, Decision
from audits.workflows.services import request_change
from mrm.accounts.models import Workspace
from tests.factories import PASSWORD, RETIREMENT, make_person
from tests.pages.scenery import make_assessed_model

SIGNING = re.compile(r"/decision/[0-9a-f-]{36}/$")
OPTIONS = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


class Key:
    """The browser's virtual authenticator."""

    def __init__(self, page):
        self.session = page.context.new_cdp_session(page)
        self.session.send("WebAuthn.enable")
        added = self.session.send("WebAuthn.addVirtualAuthenticator", {"options": OPTIONS})
        self.where = {"authenticatorId": added["authenticatorId"]}

    def verifies_its_user(self, does: bool) -> None:
        self.session.send("WebAuthn.setUserVerified", self.where | {"isUserVerified": does})

    def credential(self) -> dict:
        (only,) = self.session.send("WebAuthn.getCredentials", self.where)["credentials"]
        return only

    def turn_back_to(self, credential: dict) -> None:
        """What a copy of the key, made earlier, would be."""
        name = {"credentialId": credential["credentialId"]}
        self.session.send("WebAuthn.removeCredential", self.where | name)
        self.session.send("WebAuthn.addCredential", self.where | {"credential": credential})


class Officer:
    """A risk officer at a browser."""

    def __init__(self, page, address: str):
        self.page, self.address = page, address
        self.posted: list[str] = []
        page.on("request", lambda request: self.posted.append(request.post_data or ""))

    def open(self, name: str, *args) -> None:
        self.page.goto(f"{self.address}{reverse(name, args=args)}")

    def sign_in(self, person) -> None:
        self.open("account_login")
        self.page.get_by_label("Email").fill(person.email)
        self.page.get_by_label("Password", exact=True).fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        self.page.wait_for_url(f"{self.address}/")

    def enrol(self) -> None:
        """Enrol the browser's key, after giving the password again."""
        self.open("mfa_add_webauthn")
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Confirm").click()
        self.page.get_by_label("Passwordless").check()
        self.page.get_by_role("button", name="Add").click()
        self.page.wait_for_url(re.compile("recovery"))

    def read_statement(self, change: ChangeRequest) -> None:
        """Decide, and so come to the page where the statement is signed."""
        self.open("change", change.reference)
        self.page.get_by_label("I reviewed the evidence").check()
        self.page.get_by_role("button", name="Go on to sign").click()
        self.page.wait_for_url(SIGNING)

    def tamper(self, pattern: str, replacement: str) -> None:
        """The same page, asking the authenticator for something else."""

        def answer(route):
            response = route.fetch()
            body, count = re.subn(pattern, replacement, response.text())
            assert count == 1
            route.fulfill(response=response, body=body)

        self.page.route(SIGNING, answer)
        self.page.reload()
        self.page.unroute(SIGNING)

    def sign(self) -> None:
        self.page.get_by_role("button", name="Sign with a passkey").click()

    def is_refused(self, reason: str) -> None:
        self.page.locator("[role=alert]", has_text=reason).wait_for()

    def send_again(self, body: str) -> int:
        """The same bytes to the page that is open, from the same browser; the status of the answer."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.page.request.post(self.page.url, data=body, headers=headers).status


@pytest.fixture
def address(stage) -> str:
    """As `make run` prints it, by name: a passkey belongs to a host name, never to a number."""
    return stage.server.named_address


@pytest.fixture
def changes(stage) -> list[ChangeRequest]:
    """Two requests that await a risk officer; the web process serves them."""
    workspace = Workspace.objects.get(slug="main")
    engineer, owner = (make_person(role, workspace=workspace) for role in ("engineer", "owner"))
    versions = [make_assessed_model(name=name, owner=owner).versions.get() for name in ("Old scoring", "Older scoring")]
    made = [
        request_change("retirement", version, reason="Nobody uses it.", terms=RETIREMENT, actor=engineer)
        for version in versions
    ]
    stage.start("web")
    return made


def test_a_passkey_signs_in_and_signs_what_was_shown_and_nothing_else(page, address, changes):
    first, second = changes
    person = make_person("risk_officer", workspace=first.model.workspace)
    key, officer = Key(page), Officer(page, address)
    officer.sign_in(person)
    officer.enrol()

    page.context.clear_cookies()
    officer.open("account_login")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(f"{address}/")

    officer.read_statement(first)
    officer.tamper('"challenge": "[^"]+"', f'"challenge": "{"A" * 43}"')
    officer.sign()
    officer.is_refused("signs something else than the statement")

    officer.tamper('"userVerification": "required"', '"userVerification": "discouraged"')
    key.verifies_its_user(False)
    officer.sign()
    officer.is_refused("a PIN, a fingerprint or a face")
    key.verifies_its_user(True)
    assert not Decision.objects.exists()

    earlier = key.credential()
    officer.read_statement(first)
    shown = page.url
    officer.sign()
    page.get_by_text("is signed and in the trail").wait_for()
    decision = first.decisions.get()
    assert (decision.authentication, decision.signature.algorithm) == ("passkey", "ES256")
    assert decision.signature.origin == address

    used = next(body for body in reversed(officer.posted) if "assertion=%7B" in body)
    page.goto(shown)
    assert officer.send_again(used) == 409, "the same signature, sent twice"
    officer.read_statement(second)
    assert officer.send_again(used) == 403, "the same signature, on other content"

    key.turn_back_to(earlier)
    officer.sign()
    officer.is_refused("as if somebody had copied it")
    assert not second.decisions.exists()
