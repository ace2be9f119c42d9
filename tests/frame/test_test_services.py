"""The ground the suite itself stands on."""

import threading

import psycopg
import pytest
import redis
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from mrm import embedded


@pytest.mark.django_db
def test_the_application_is_not_a_superuser_of_its_database():
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolname, rolsuper FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == ("mrm", False)


def test_rows_in_a_database_of_ones_own_are_seen_by_other_threads_and_connections(own_database):
    ContentType.objects.create(app_label="frame", model="visible")
    seen = []

    def look():
        seen.append(ContentType.objects.filter(app_label="frame").count())
        connection.close()

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    with psycopg.connect(embedded.database_url(settings.VAR, own_database)) as other:
        seen += other.execute("SELECT count(*) FROM django_content_type WHERE app_label = 'frame'").fetchone()
    assert seen == [1, 1]


def test_a_database_of_ones_own_begins_migrated_and_without_the_rows_of_others(own_database):
    assert get_user_model().objects.count() == 0
    assert not ContentType.objects.filter(app_label="frame").exists()


def test_each_test_worker_has_its_own_queue():
    with redis.Redis.from_url(settings.REDIS_URL) as queue:
        assert queue.ping()
        assert queue.connection_pool.connection_kwargs["db"] == settings.WORKER_NUMBER
