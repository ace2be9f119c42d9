"""The processes and the browser that journeys stand on."""

import psycopg
import redis
from django.conf import settings
from django.contrib.contenttypes.models import ContentType

from mrm import embedded


def test_somebody_who_has_not_signed_in_is_shown_the_sign_in_page(stage, page):
    stage.start("web")
    page.goto(stage.address)
    page.wait_for_url("**/accounts/login/**")
    assert page.get_by_role("button", name="Sign in", exact=True).is_visible()


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
