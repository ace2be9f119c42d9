"""The client, speaking to mrm's own WSGI application in this process: the database is the test's."""

import httpx
import pytest
from django.core import signals
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from mrm_client import Client

from tests.factories import make_token


@pytest.fixture
def application():
    """It keeps the connection on which the test's transaction stands, as Django's own test client does."""
    ends = (signals.request_started, signals.request_finished)
    for end in ends:
        end.disconnect(close_old_connections)
    yield get_wsgi_application()
    for end in ends:
        end.connect(close_old_connections)


@pytest.fixture
def connect(application, monkeypatch):
    """A client that acts for a person; another transport may stand in for the network."""
    monkeypatch.delenv("MRM_TOKEN", raising=False)
    opened = []

    def as_person(person, *, transport=None) -> Client:
        transport = transport or httpx.WSGITransport(application)
        opened.append(Client("http://testserver", make_token(person), transport=transport))
        return opened[-1]

    yield as_person
    for client in opened:
        client.close()
