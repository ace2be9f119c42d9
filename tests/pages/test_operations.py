"""What a load balancer and a monitoring system ask, and what they are not told."""

import re

import pytest
from django.urls import reverse

from tests.pages.scenery import make_assessed_model


def test_a_process_that_answers_is_alive_whoever_asks(client, db):
    answer = client.get("/livez")
    assert (answer.status_code, answer.text) == (200, "ok\n")


def test_liveness_asks_nobody_else(client, db, django_assert_num_queries):
    with django_assert_num_queries(0):
        client.get("/livez")


def test_the_icon_is_found_where_programs_that_read_no_page_ask_for_it(client, db):
    answer = client.get("/favicon.ico", follow=True)
    answer.close()
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/svg+xml")


def test_it_is_ready_when_database_queue_and_storage_answer(client, workspace):
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "checks": {"database": "ok", "queue": "ok", "storage": "ok"}}


def test_it_is_not_ready_without_its_queue_and_says_so_without_its_address(client, workspace, settings):
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://:secret@127.0.0.1:1/0",
        }
    }
    answer = client.get("/readyz")
    assert answer.status_code == 503 and "secret" not in answer.text
    assert answer.json()["checks"] == {"database": "ok", "queue": "It does not answer.", "storage": "ok"}


def test_numbers_are_in_the_text_format_that_prometheus_reads(client, workspace):
    make_assessed_model(name='A "name" \\ that appears nowhere')
    answer = client.get("/metrics")
    assert answer.status_code == 200 and answer["Content-Type"].startswith("text/plain; version=0.0.4")
    assert 'mrm_models{status="' in answer.text and "appears nowhere" not in answer.text
    entries = re.search(r"^mrm_trail_entries (\d+)$", answer.text, re.M)
    assert int(entries.group(1)) > 0
    for line in answer.text.splitlines():
        assert re.fullmatch(r'# (HELP|TYPE) mrm_\w+ .+|mrm_\w+(\{\w+="[^"\n]*"(,\w+="[^"\n]*")*\})? [0-9.e+-]+', line)


def test_numbers_need_few_questions(client, workspace, django_assert_max_num_queries):
    with django_assert_max_num_queries(14):
        client.get("/metrics")


@pytest.mark.parametrize(
    "asks",
    [
        {"REMOTE_ADDR": "203.0.113.7"},
        {"HTTP_X_FORWARDED_FOR": "203.0.113.7"},
        {"HTTP_FORWARDED": "for=x"},
        {"REMOTE_ADDR": ""},
    ],
    ids=["elsewhere", "proxied", "forwarded", "unknown"],
)
def test_without_a_token_only_this_machine_reads_the_numbers(client, workspace, asks):
    assert client.get("/metrics", **asks).status_code == 404


@pytest.mark.parametrize("sent", ["", "Bearer ", "Bearer wrong", "secret", "Bearer é"])
def test_with_a_token_nobody_reads_them_without_it(client, workspace, settings, sent):
    settings.METRICS_TOKEN = "secret"  # noqa: S105
    assert client.get("/metrics", HTTP_AUTHORIZATION=sent).status_code == 404
    elsewhere = {"REMOTE_ADDR": "203.0.113.7", "HTTP_AUTHORIZATION": "Bearer secret"}
    assert client.get("/metrics", **elsewhere).status_code == 200


def test_nothing_is_changed_there(client, workspace):
    for name in ("livez", "readyz", "metrics"):
        assert client.post(reverse(name)).status_code == 405
