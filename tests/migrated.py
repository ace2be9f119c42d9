"""The migrated test database, made once for each set of migrations and copied from then on: migrating takes a while.

What is kept lies under `var/tests/`, named by a digest of every migration and of what migrations import; `make clean`
leaves it, and deleting it costs one migration.
"""

import fcntl
import hashlib
import re
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from django.conf import settings
from django.db import connection, connections
from django.test.utils import setup_databases

from mrm import embedded

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "var" / "tests"
APPS = ("audits", "inventory", "mrm", "registry", "reports")
OWN_IMPORT = re.compile(rf"^(?:from|import) ((?:{'|'.join(APPS)})[\w.]*)", re.MULTILINE)


def administer(statement: str, role: str = embedded.ROLE) -> int:
    """Runs a statement about databases or sessions, from a database of its own; how many rows it gave."""
    with psycopg.connect(embedded.database_url(settings.VAR, "postgres", role), autocommit=True) as server:
        return server.execute(statement).rowcount


@contextmanager
def copied(template: str) -> Iterator[str]:
    """A copy of a database that nobody is connected to, to which everything here connects meanwhile; its name.

    It is dropped as a whole, so append-only tables need not be emptied.
    """
    shared, own = connection.settings_dict["NAME"], f"own_{uuid.uuid4().hex[:8]}"
    administer(f"CREATE DATABASE {own} TEMPLATE {template}")
    connections.close_all()
    connection.settings_dict["NAME"] = own
    try:
        yield own
    finally:
        connections.close_all()
        connection.settings_dict["NAME"] = shared
        administer(f"DROP DATABASE {own} WITH (FORCE)", role="postgres")  # Who may end anybody's sessions with it.


def set_up() -> None:
    """Makes the test database of this process and connects to it from then on."""
    KEPT.mkdir(parents=True, exist_ok=True)
    kept = KEPT / f"{_digest()}.dump"
    with (KEPT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # Of two processes one migrates and the other copies.
        if not kept.exists():
            setup_databases(verbosity=0, interactive=False)
            _keep(kept)
            return
    name = connection.settings_dict["TEST"]["NAME"] or f"test_{connection.settings_dict['NAME']}"
    administer(f"CREATE DATABASE {name}")
    connection.close()
    connection.settings_dict["NAME"] = name
    postgres("pg_restore", "--exit-on-error", "--dbname", _url(), kept)


def _keep(kept: Path) -> None:
    for older in KEPT.glob("*.dump"):
        older.unlink()
    unfinished = kept.with_suffix(".unfinished")
    postgres("pg_dump", "--format", "custom", "--compress", "0", "--file", unfinished, _url())
    unfinished.rename(kept)


def postgres(program: str, *arguments: str | Path) -> None:
    subprocess.run([embedded.postgres_program(program), *arguments], check=True, timeout=120)


def _url() -> str:
    return embedded.database_url(settings.VAR, connection.settings_dict["NAME"])


def _digest() -> str:
    migrations = sorted(path for app in APPS for path in (ROOT / app).glob("**/migrations/*.py"))
    modules = {name for path in migrations for name in OWN_IMPORT.findall(path.read_text())}
    imported = sorted(ROOT / f"{name.replace('.', '/')}.py" for name in modules)
    content = [path.read_bytes() for path in [ROOT / "requirements.txt", *migrations, *imported] if path.is_file()]
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in content)).hexdigest()[:16]
