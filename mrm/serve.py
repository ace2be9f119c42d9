"""`make run`: the services, the database, the demo portfolio, then web, worker and scheduler, until Ctrl-C."""

import contextlib
import hashlib
import http.client
import os
import signal
import sys
import time
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from mrm import embedded, env, machine
from mrm.processes import Child, Crew

HOST = "127.0.0.1"
STOPPED_BY = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PAGE_SECONDS = 90.0
SHORT_LIFE_SECONDS = 20.0
SHORT_LIVES_ALLOWED = 3


class Stopped(BaseException):
    """Somebody asked us to stop."""


def stop(*signal_and_frame: object) -> None:
    """Leaves everything; a second Ctrl-C will not interrupt the clearing up."""
    for number in STOPPED_BY:
        signal.signal(number, signal.SIG_IGN)
    raise Stopped


class Caller:
    """Whoever started us and must not be outlived: the terminal we speak to and the make that runs us.

    A terminal that goes away tells the first process on it, which need not be us, and make does not pass that on.
    """

    def __init__(self) -> None:
        wants_to_outlive_the_terminal = signal.getsignal(signal.SIGHUP) == signal.SIG_IGN  # As under nohup.
        self.terminals = [] if wants_to_outlive_the_terminal else [number for number in range(3) if os.isatty(number)]
        self.make = os.getppid() if "MAKELEVEL" in os.environ else None

    def check(self) -> None:
        """Stops us when the caller is gone."""
        if self.make not in {None, os.getppid()} or not all(map(os.isatty, self.terminals)):
            stop()


class Server:
    """Web, worker and scheduler, and what must be true before they start."""

    def __init__(self, crew: Crew, var: Path, port: int) -> None:
        self.crew, self.var, self.port = crew, var, port
        self.caller = Caller()
        self.address = f"http://{HOST}:{port}"
        self.named_address = f"http://localhost:{port}"  # A passkey belongs to a name, never to a number.
        self.env = {"PUBLIC_URL": self.address} | os.environ | {"PYTHONUNBUFFERED": "1"}
        self.bin = Path(sys.executable).parent
        self.started: dict[str, float] = {}
        self.short_lives: dict[str, int] = {}

    @property
    def commands(self) -> dict[str, list[str | Path]]:
        workers = os.environ.get("WORKERS", "2")
        celery = [self.bin / "celery", "-A", "mrm"]
        return {
            "web": [self.bin / "gunicorn", "mrm.wsgi", "--config", settings.ROOT / "mrm" / "gunicorn_settings.py"]
            + ["--bind", f"{HOST}:{self.port}", "--workers", workers, "--graceful-timeout", "5"]
            + ["--no-control-socket"],
            "worker": [*celery, "worker", "--loglevel", "INFO", "--concurrency", workers]
            + ["--without-gossip", "--without-mingle"],  # They talk to other workers; here there are none.
            "scheduler": [*celery, "beat", "--loglevel", "INFO", "--schedule", self.var / "beat-schedule"],
        }

    def start(self, name: str) -> Child:
        self.started[name] = time.monotonic()
        return self.crew.start(
            name, self.commands[name], env=self.env, cwd=settings.ROOT, log=self.var / "log" / f"{name}.log"
        )

    def manage(self, *arguments: str, log: Path | None) -> None:
        """Runs one command of manage.py to its end; without a log it speaks to the terminal."""
        command = [sys.executable, settings.ROOT / "manage.py", *arguments]
        child = self.crew.start(arguments[0], command, env=self.env, cwd=settings.ROOT, log=log)
        while child.is_running():
            self.caller.check()
            time.sleep(0.05)
        code = child.process.returncode
        self.crew.stop(child)
        if code != 0:
            words = f" Its last words:\n{child.last_lines()}" if log else ""
            raise embedded.CannotStart(f"manage.py {' '.join(arguments)} failed with exit status {code}.{words}")

    def build_demo(self) -> None:
        """The demo portfolio, once for each database; a build that was interrupted is taken up again."""
        database = repr(sorted(settings.DATABASES["default"].items(), key=str))
        marker = self.var / f"demo-built-{hashlib.sha256(database.encode()).hexdigest()[:12]}"
        if not marker.exists():
            self.manage("demo", log=None)
            marker.touch()

    def wait_for_page(self, web: Child) -> None:
        """Waits until the web process answers; says so when the answer is a server error."""
        deadline = time.monotonic() + PAGE_SECONDS
        while web.is_running() and time.monotonic() < deadline:
            self.caller.check()
            connection = http.client.HTTPConnection(HOST, self.port, timeout=PAGE_SECONDS)
            with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
                connection.request("GET", "/")
                status = connection.getresponse().status
                if status >= 500:
                    print(f"The first page answers with error {status}; the reason is in {web.log}.", flush=True)
                return
            time.sleep(0.1)
        raise embedded.CannotStart(f"The web process serves no page. Its last words:\n{web.last_lines()}")

    def restart_the_dead(self) -> None:
        """Starts a web, worker or scheduler process that died again; gives up on one that keeps dying."""
        for child in [child for child in self.crew.children if not child.is_running()]:
            if child.name not in self.commands:
                raise embedded.CannotStart(f"{child.name} stopped unexpectedly:\n{child.last_lines()}")
            lived = time.monotonic() - self.started[child.name]
            short_lives = self.short_lives.get(child.name, 0) + 1 if lived < SHORT_LIFE_SECONDS else 0
            if short_lives > SHORT_LIVES_ALLOWED:
                raise embedded.CannotStart(f"The {child.name} process keeps stopping:\n{child.last_lines()}")
            self.short_lives[child.name] = short_lives
            print(f"The {child.name} process ended ({child.process.returncode}); starting it again.", flush=True)
            self.crew.stop(child)
            self.start(child.name)


def serve(var: Path, port: int) -> None:
    """Starts everything and stays until a signal arrives, the caller is gone or a service dies."""
    purpose = f"make run at http://{HOST}:{port}"
    own = {"with_postgres": not os.environ.get("DATABASE_URL"), "with_redis": not os.environ.get("REDIS_URL")}
    with embedded.running(var, purpose=purpose, **own) as crew:
        complaint = machine.taken_port(port, HOST)
        if complaint:
            raise embedded.CannotStart(complaint)
        server = Server(crew, var, port)
        print("Bringing the database up to date.", flush=True)
        server.manage("migrate", "--no-input", "--skip-checks", log=var / "log" / "migrate.log")
        with_demo = env.boolean("DEMO", default=True)
        server.manage("prepare", log=var / "log" / "prepare.log")
        if with_demo:
            server.build_demo()
        print("Starting web, worker and scheduler.", flush=True)
        web = server.start("web")
        server.wait_for_page(web)
        print(f"\nmrm is ready at {server.address} (to use passkeys: {server.named_address})", flush=True)
        server.start("worker")
        server.start("scheduler")
        if with_demo:
            server.manage("demo", "--sign-ins", log=None)
        print(f"\nCtrl-C stops everything. Logs are in {var / 'log'}.", flush=True)
        while True:
            server.caller.check()
            server.restart_the_dead()
            time.sleep(0.5)


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mrm.settings")
    os.environ.setdefault("MRM_DEVELOPMENT", "true")
    port = os.environ.get("PORT", "8000")
    if not port.isdecimal() or not 0 < int(port) < 65536:
        print(f"PORT must be a number between 1 and 65535, not {port!r}.", file=sys.stderr)
        return 1
    for number in STOPPED_BY:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, stop)
    try:
        serve(settings.VAR, int(port))
    except Stopped:
        with contextlib.suppress(OSError):  # The terminal may be the thing that went.
            print("\nStopped.", flush=True)
    except (embedded.CannotStart, ImproperlyConfigured) as reason:
        print(f"\n{reason}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
