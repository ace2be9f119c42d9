"""What is refused before a view of ours runs is told on a page of ours, in words and with its status."""

import pytest
from allauth.core.ratelimit import respond_429
from django.core.exceptions import BadRequest, PermissionDenied
from django.test import Client
from django.urls import reverse

from mrm import http


def test_a_form_that_this_session_was_not_shown_says_how_to_repeat_it(db, settings):
    answer = Client(enforce_csrf_checks=True).post(reverse("account_login"), {"login": "somebody@bank.example"})
    assert answer.status_code == 403 and settings.PUBLIC_URL in answer.text
    assert "Open its page again" in answer.text and "Nothing was changed." in answer.text and "CSRF" not in answer.text


def test_a_form_that_is_too_large_says_how_large_it_may_be(visit, owner, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 2**20
    answer = visit(owner).post(reverse("register-model"), {"name": "n" * 2**20})
    assert answer.status_code == 413 and "at most 1 MiB" in answer.text


def test_a_host_that_is_not_ours_gets_no_page(db):
    answer = Client().get(reverse("account_login"), headers={"Host": "evil.example"})
    assert answer.status_code == 400 and "evil.example" not in answer.text


@pytest.mark.parametrize(
    ("refuse", "status", "said"),
    [
        (respond_429, 429, "Wait a few minutes"),
        (lambda request: http.not_permitted(request, PermissionDenied()), 403, "You may not do this."),
        (lambda request: http.malformed(request, BadRequest("0xdeadbeef")), 400, "Open the page again"),
    ],
    ids=["too often", "not permitted", "malformed"],
)
@pytest.mark.parametrize("htmx", [True, False], ids=["part", "page"])
def test_every_refusal_is_a_page_or_where_a_part_was_asked_for_a_part(refuse, status, said, htmx, rf, auditor):
    request = rf.get("/")
    request.user, request.htmx = auditor, htmx
    answer = refuse(request)
    assert answer.status_code == status and said in answer.text and "0xdeadbeef" not in answer.text
    assert ("<main" in answer.text) == (not htmx)
