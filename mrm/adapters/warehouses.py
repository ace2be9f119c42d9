"""Tables in a warehouse of the user's own, through Ibis: which addresses may be reached, and reaching one.

An address holds no secret. Its password is `env:NAME`, the name of a variable of the worker's environment, and is sent
only to hosts that the installation lists: otherwise whoever may register a source could have it sent to themselves.
"""

import ipaddress
import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit, urlunsplit

from django.conf import settings

if TYPE_CHECKING:
    from ibis.backends import BaseBackend

SECRET = re.compile(r"env:(SOURCE_[A-Z0-9_]+)")
SECONDS_TO_CONNECT = 10
SECONDS_PER_QUERY = 900
QUERY_CANCELLED = "57014"


class WarehouseRefused(Exception):
    """An address that may not or cannot be reached; the message is for the person who gave it."""


class WarehouseFailed(Exception):
    """A warehouse that did not answer, or not as it should; the message says what it said."""


class WarehouseTimedOut(WarehouseFailed):
    """A warehouse that did not answer in time."""


@dataclass(frozen=True, kw_only=True)
class Engine:
    """One kind of warehouse.

    backend  what Ibis calls it, and the extra that brings its driver
    errors   what its driver raises, as module and name
    options  what may follow the question mark of an address; everything else is refused
    """

    title: str
    backend: str
    errors: tuple[str, str]
    options: frozenset[str] = frozenset()


ENGINES = {
    "duckdb": Engine(title="DuckDB", backend="duckdb", errors=("duckdb", "Error")),
    "postgresql": Engine(
        title="PostgreSQL", backend="postgres", errors=("psycopg", "Error"), options=frozenset({"host", "sslmode"})
    ),
    "clickhouse": Engine(
        title="ClickHouse",
        backend="clickhouse",
        errors=("clickhouse_connect.driver.exceptions", "Error"),
        options=frozenset({"secure"}),
    ),
    "mysql": Engine(title="MySQL", backend="mysql", errors=("MySQLdb", "Error")),
    "trino": Engine(title="Trino", backend="trino", errors=("trino.exceptions", "Error")),
    "sc": Engine(title="Spark Connect", backend="pyspark", errors=("pyspark.errors", "PySparkException")),
}


def faults_in(url: str) -> list[str]:
    """Why this address is not one to read a table from. Looks nothing up: a name is resolved when it is reached."""
    try:
        parts = urlsplit(url)
        port, host = parts.port, _host(parts)
    except ValueError:
        return ["This is not an address; write it as postgresql://reader:env:SOURCE_PASSWORD@warehouse:5432/risk."]
    engine = ENGINES.get(parts.scheme)
    if engine is None:
        return [f"{parts.scheme or 'An empty word'} is not a kind of warehouse; known are {', '.join(ENGINES)}."]
    if parts.scheme == "duckdb":
        return _faults_in_file(parts)
    faults = []
    if not host:
        faults.append(f"The address names no host; write {parts.scheme}://user@host/database.")
    if port == 0:
        faults.append("Port 0 cannot be reached; give the port of the warehouse or leave it out.")
    if parts.password is not None and not SECRET.fullmatch(parts.password):
        faults.append(
            "An address holds no password. Write env:SOURCE_… in its place, and put the password into that variable "
            "of the workers' environment."
        )
    elif parts.password is not None and not _is_listed(host):
        faults.append(
            f"A password is sent only to hosts that the installation lists, and {host} is none of them. "
            "Add it to SOURCE_HOSTS."
        )
    if unknown := [name for name, _ in parse_qsl(parts.query, keep_blank_values=True) if name not in engine.options]:
        known = ", ".join(sorted(engine.options)) or "none"
        faults.append(f"The option {unknown[0]!r} of the address is not allowed; {engine.title} knows {known}.")
    if parts.fragment:
        faults.append("The address has a part after #; leave it out.")
    if host and not _is_listed(host) and (reason := _why_not_address(host)):
        faults.append(reason)
    return faults


@contextmanager
def opened(url: str) -> Iterator["BaseBackend"]:
    """A connection that can only read. Raises WarehouseRefused or WarehouseFailed, also for what is asked of it."""
    if faults := faults_in(url):
        raise WarehouseRefused(" ".join(faults))
    parts = urlsplit(url)
    engine = ENGINES[parts.scheme]
    ibis, driver_error = _installed(engine)
    try:
        backend = _connect(ibis, parts)
        try:
            yield backend
        finally:
            backend.disconnect()
    except ibis.common.exceptions.TableNotFound as error:
        raise WarehouseFailed(f"{engine.title} at {_place(parts)} has no table {error}.") from error
    except (ibis.common.exceptions.IbisError, driver_error, OSError) as error:
        said = " ".join(str(error).split())[:500]
        failure = WarehouseTimedOut if _is_late(error) else WarehouseFailed
        raise failure(f"{engine.title} at {_place(parts)} could not be read: {said}") from error


def _is_late(error: Exception) -> bool:
    """A connection's time-out, or PostgreSQL's of a statement."""
    return isinstance(error, TimeoutError) or getattr(error, "sqlstate", "") == QUERY_CANCELLED


def _installed(engine: Engine):
    """Ibis and the driver's error. Imported here: it takes a second, which the web process need not pay."""
    try:
        ibis = import_module("ibis")
        import_module(f"ibis.backends.{engine.backend}")
        module, name = engine.errors
        return ibis, getattr(import_module(module), name)
    except ImportError as error:
        raise WarehouseRefused(
            f"Reading from {engine.title} needs a driver that is not installed where the workers run. "
            f"Run: pip install 'ibis-framework[{engine.backend}]'"
        ) from error


def _connect(ibis, parts: SplitResult) -> "BaseBackend":
    if parts.scheme == "duckdb":
        # Without access to anything outside, a view in the file cannot read other files or open connections.
        options = {"enable_external_access": False, "autoload_known_extensions": False}
        return ibis.duckdb.connect(_file(parts), read_only=True, **options)
    host, secret = _host(parts), _secret(parts)
    address = "" if _is_listed(host) else _resolved(host, parts.port)
    if parts.scheme == "postgresql":
        options = {name: value for name, value in parse_qsl(parts.query) if name != "host"}
        if address:
            options["hostaddr"] = address  # What was checked is what is reached, whatever the name resolves to next.
        return ibis.postgres.connect(
            host=host,
            port=parts.port or 5432,
            user=unquote(parts.username or "") or None,
            password=secret,
            database=unquote(parts.path.lstrip("/")) or None,
            connect_timeout=SECONDS_TO_CONNECT,
            application_name="mrm",
            passfile=os.devnull,  # The worker's own passwords are not for it.
            options=f"-c default_transaction_read_only=on -c statement_timeout={SECONDS_PER_QUERY}s",
            **options,
        )
    if parts.scheme == "sc":
        sessions = import_module("pyspark.sql").SparkSession
        return ibis.pyspark.connect(sessions.builder.remote(f"sc://{host}:{parts.port or 15002}").create())
    user = parts.netloc.rpartition("@")[0].partition(":")[0]
    known = f"{user}:{secret}@" if secret else f"{user}@" if user else ""
    netloc = known + parts.netloc.rpartition("@")[2]
    return ibis.connect(urlunsplit(parts._replace(netloc=netloc)))


def _host(parts: SplitResult) -> str:
    """The host, or the folder of a local socket, for which PostgreSQL has an option."""
    named = dict(parse_qsl(parts.query)).get("host", "") if parts.scheme == "postgresql" else ""
    return named or parts.hostname or ""


def _secret(parts: SplitResult) -> str | None:
    if parts.password is None:
        return None
    name = SECRET.fullmatch(parts.password).group(1)
    if not os.environ.get(name):
        raise WarehouseRefused(f"The variable {name}, which the address names, is not set where the workers run.")
    return os.environ[name]


def _is_listed(host: str) -> bool:
    return host in settings.SOURCE_HOSTS


def _why_not_address(host: str) -> str:
    """Why an address in numbers may not be reached; empty for a name, which is looked up later, and for others."""
    if "/" in host or "," in host:
        return f"{host} is a local socket or a list of hosts, and not in SOURCE_HOSTS."
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return ""
    return "" if address.is_global else _private(host, str(address))


def _resolved(host: str, port: int | None) -> str:
    """The address to reach; every one the name stands for must be public."""
    try:
        found = socket.getaddrinfo(host, port or 0, type=socket.SOCK_STREAM)
    except OSError as error:
        raise WarehouseFailed(f"The host {host} is not known: {error.strerror or error}.") from error
    addresses = [place[4][0] for place in found]
    for address in addresses:
        if not ipaddress.ip_address(address.partition("%")[0]).is_global:
            raise WarehouseRefused(_private(host, address))
    return addresses[0]


def _private(host: str, address: str) -> str:
    where = host if host == address else f"{host} is {address}, which"
    return f"{where} lies in a private network, and is not in SOURCE_HOSTS."


def _faults_in_file(parts: SplitResult) -> list[str]:
    if parts.netloc or parts.query or parts.fragment:
        return ["A DuckDB file is written duckdb:///folder/file.duckdb, without host, option or anything else."]
    if not settings.SOURCE_FOLDER:
        return ["This installation reads no DuckDB files; its administrator names their folder by SOURCE_FOLDER."]
    allowed = Path(settings.SOURCE_FOLDER).resolve()
    if not _file(parts).resolve().is_relative_to(allowed):
        return ["This file lies outside the folder that SOURCE_FOLDER names; move it there."]
    return []


def _file(parts: SplitResult) -> Path:
    return Path(unquote(parts.path))


def _place(parts: SplitResult) -> str:
    return parts.path if parts.scheme == "duckdb" else f"{_host(parts)}{parts.path}"
