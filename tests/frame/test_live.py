"""The processes and the browser that journeys stand on."""

import http.client

import psycopg
import redis
from django.conf import settings
from django.contrib.contenttypes.models import ContentType

from mrm import embedded
from mrm.gunicorn_settings import REQUESTS
from mrm.serve import HOST


def test_somebody_who_has_not_signed_in_is_shown_the_sign_in_page(stage, page):
    stage.start("web")
    page.goto(stage.address)
    page.wait_for_url("**/accounts/login/**")
    assert page.get_by_role("button", name="Sign in", exact=True).is_visible()
    assert_that_a_connection_ends_now_and_then(stage.server.port)


def assert_that_a_connection_ends_now_and_then(port: int) -> None:
    """So that clients who keep theirs open spread over the processes again. Each request is answered all the same."""
    connection = http.client.HTTPConnection(HOST, port, timeout=60)
    ended = 0
    for _ in range(3 * REQUESTS):
        try:
            connection.request("GET", "/accounts/login/")
            response = connection.getresponse()
        except ConnectionError:  # On a busy machine this test may have said nothing for as long as one is kept open.
            connection.close()
            continue
        assert response.status == 200 and response.read()
        ended += response.headers.get("Connection") == "close"
    connection.close()
    assert 1 <= ended <= 6


def test_worker_and_web_work_on_the_database_of_the_test_and_a_killed_worker_stays_dead(live_worker, own_database):
    ContentType.objects.create(app_label="frame", model="seen_by_processes")
    with psycopg.connect(embedded.database_url(settings.VAR, own_database)) as connection:
        rows = connection.execute("SELECT count(*) FROM django_content_type WHERE app_label = 'frame'").fetchone()
    assert rows == (1,)
    live_worker.wait_until(lambda: " ready." in live_worker.log("worker"))
    process = live_worker.children["worker"].process
    live_worker.kill("worker")
    assert process.poll() is not None
    with redis.Redis.from_url(settings.REDIS_URL) as queue:
        assert queue.ping()
