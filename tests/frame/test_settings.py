"""Settings: what cannot be read is refused with the name of the variable and what it should look like."""

import os
import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured

from mrm import env
from mrm.settings import ROOT

NAME = "A_SETTING"
HTTP, SERVERS = ("http", "https"), ("redis", "rediss", "unix")
RATE = {"pattern": r"[1-9]\d*/[smhd][a-z]*", "such_as": "6000/min"}


@pytest.mark.parametrize(
    ("read", "values"),
    [
        (lambda name: env.boolean(name), ("maybe", "2")),
        (lambda name: env.integer(name, 1), ("many", "0", "-1", "1.5", "")),
        (lambda name: env.integer(name, 1, least=0, most=23), ("24", "-1")),
        (lambda name: env.address(name, schemes=HTTP), ("nonsense", "ftp://x", "http://h:port", "http://[")),
        (lambda name: env.address(name, schemes=HTTP), ("http://", "https:/x", "http:///x")),
        (lambda name: env.address(name, schemes=SERVERS), ("http://x", "redis://h:0", "unix://")),
        (lambda name: env.fitting(name, "1/min", **RATE), ("many", "0/min", "5/century", "/min")),
        (lambda name: env.file(name), ("/nosuch/key.p12", str(ROOT), "-----BEGIN PRIVATE KEY-----\n" + 300 * "MIIE")),
        (lambda name: env.required(name, unless=False, default="", least=50), ("", "short")),
    ],
    ids=["flag", "number", "hour", "address", "no host", "server", "rate", "file", "secret"],
)
def test_what_cannot_be_read_is_refused_by_name(monkeypatch, read, values):
    for value in values:
        monkeypatch.setenv(NAME, value)
        with pytest.raises(ImproperlyConfigured, match=f"^{NAME} must "):
            read(NAME)


def test_what_is_left_out_or_fits_is_read(monkeypatch):
    monkeypatch.delenv(NAME, raising=False)
    assert env.address(NAME, schemes=HTTP) == "" == env.file(NAME)
    assert env.integer(NAME, 6, least=0, most=23) == 6
    for value in ("https://login.bank.example/x", "http://[::1]:8000", "http://user:p%40ss@h:1"):
        monkeypatch.setenv(NAME, value)
        assert env.address(NAME, schemes=HTTP) == value
    monkeypatch.setenv(NAME, "unix:///run/redis.sock?db=1")
    assert env.address(NAME, schemes=SERVERS).startswith("unix:///run")
    monkeypatch.setenv(NAME, "x" * 50)
    assert env.required(NAME, unless=False, default="", least=50) == "x" * 50


def test_an_address_that_is_refused_is_not_shown_because_it_may_hold_a_password(monkeypatch):
    monkeypatch.setenv(NAME, "mysql://user:secret@host/name")
    with pytest.raises(ImproperlyConfigured) as refused:
        env.address(NAME, schemes=("postgresql",))
    assert "secret" not in str(refused.value)


def test_a_command_tells_a_wrong_setting_in_one_sentence():
    command = [sys.executable, ROOT / "manage.py", "check"]
    told = subprocess.run(
        command, env=os.environ | {"REMINDER_HOUR": "24"}, capture_output=True, text=True, check=False
    )
    assert told.returncode == 1
    assert told.stderr == "REMINDER_HOUR must be a whole number from 0 to 23, not 24.\n"
