"""Whether a connection still stands is known without asking the server, and known rightly."""

import time

from django.db import connection

from tests.conftest import administer

PATIENCE = 60.0


def test_a_connection_that_the_server_ended_is_known_to_be_of_no_use(db):
    other = connection.copy("other")
    try:
        assert not other.is_usable()
        other.connect()
        assert other.is_usable()
        administer(f"SELECT pg_terminate_backend({other.connection.info.backend_pid})", role="postgres")
        deadline = time.monotonic() + PATIENCE
        while other.is_usable() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not other.is_usable()
    finally:
        other.close()
