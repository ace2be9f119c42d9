"""Browsers without a screen: one per person."""

import pytest
from django.test import Client


@pytest.fixture
def visit(workspace):
    """`visit(person)` is a signed-in client of the pages; without a person, nobody is signed in."""

    def client(person=None) -> Client:
        made = Client()
        if person is not None:
            made.force_login(person)
        return made

    return client
