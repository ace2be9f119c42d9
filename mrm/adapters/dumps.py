"""PostgreSQL's own programs: one consistent copy of the database as a file, and the database from such a file.

A program must be at least as new as the server. Those on the PATH come first, because they were built with what this
machine needs (TLS, Kerberos); the wheel of the embedded server brings its own for a machine that has none.
"""

import os
import re
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from django.conf import settings
from django.db import connection, connections
from psycopg.conninfo import make_conninfo

from mrm import embedded
from mrm.errors import RuleBroken

# Extensions and what belongs to them stay: the role that restores need not be allowed to make them.
EMPTIED = """
SET client_min_messages = warning;
SET lock_timeout = '10s';
DO $$
DECLARE
    commands text[];
    command text;
BEGIN
    SELECT array_agg(format('DROP %s IF EXISTS %s CASCADE', kind, name)) INTO commands FROM (
        SELECT CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE'
               ELSE 'TABLE' END AS kind, oid::regclass::text AS name
        FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S')
        AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype IN ('e', 'i', 'a'))
        UNION ALL
        SELECT 'ROUTINE', oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype IN ('e', 'i'))
        UNION ALL
        SELECT 'TYPE', oid::regtype::text FROM pg_type WHERE typnamespace = 'public'::regnamespace
        AND typtype IN ('d', 'e', 'r')
        AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_type.oid AND deptype = 'e')
    ) everything;
    FOREACH command IN ARRAY coalesce(commands, '{}') LOOP
        EXECUTE command;
    END LOOP;
END $$;
"""


def dump(target: Path, *, snapshot: str) -> None:
    """Everything the database held at this exported snapshot, in PostgreSQL's custom format.

    Without owners and grants: whoever restores it owns it, and grants as after every migration.
    """
    _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={target}")


def restore(source: Path) -> None:
    """Put a dump in the place of everything that the database holds; where anything fails, nothing has changed."""
    with tempfile.TemporaryDirectory(dir=source.parent) as folder:
        empty, script = Path(folder, "empty.sql"), Path(folder, "restore.sql")
        empty.write_text(EMPTIED)
        # Written out first: a dump that breaks off half-way must not be committed up to there.
        _run("pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(source), connected=False)
        connections.close_all()
        options = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction", "--output=/dev/null"]
        _run("psql", *options, f"--file={empty}", f"--file={script}")


def _run(name: str, *arguments: str, connected: bool = True) -> None:
    program, address = _program(name, _server_version()), _address()
    command = [str(program), *([f"--dbname={address}"] if connected else []), *arguments]
    password = settings.DATABASES["default"].get("PASSWORD")
    environment = os.environ | ({"PGPASSWORD": password} if password else {})
    ended = subprocess.run(  # noqa: S603 -- a program of PostgreSQL, with arguments of ours.
        command, env=environment, capture_output=True, text=True, check=False
    )
    if ended.returncode:
        words = ended.stderr.strip() or f"exit status {ended.returncode}"
        raise RuleBroken(f"{name} could not do its work: {words}")


def _address() -> str:
    """Where the database is, as PostgreSQL's programs are told; the password goes by the environment."""
    told = connection.settings_dict
    parts = {"dbname": told["NAME"], "user": told["USER"], "host": told["HOST"], "port": told["PORT"]}
    return make_conninfo(**{name: value for name, value in parts.items() if value}, **told["OPTIONS"])


def _server_version() -> int:
    connection.ensure_connection()
    return connection.connection.info.server_version // 10_000


@cache
def _program(name: str, server: int) -> Path:
    """The program, new enough for this server."""
    own = embedded.postgres_program(name)
    found = [Path(path) for path in (shutil.which(name), own) if path and Path(path).exists()]
    for program in found:
        if _major(program) >= server:
            return program
    raise RuleBroken(
        f"No {name} of PostgreSQL {server} or newer is on this machine. Install it (Debian: apt-get install -y "
        f"postgresql-client-{server}) and see that it is on the PATH."
    )


def _major(program: Path) -> int:
    told = subprocess.run([str(program), "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    number = re.search(r"\s(\d+)[.\s]", told.stdout + " ")
    return int(number[1]) if number else 0
