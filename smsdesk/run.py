"""``python -m smsdesk.run``: a whole desk on this machine, behind ``make run``.

Starts PostgreSQL and Redis (unless DATABASE_URL and REDIS_URL name some), prepares the database
and the demo desk, then runs the web server, a Celery worker and beat, and looks after them until
Ctrl-C or SIGTERM. What goes wrong is said in a sentence; logs are in ``var/log``.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

import psutil

from smsdesk.lib.embedded import Postgres, Redis, ServerFailed
from smsdesk.lib.processes import Child, last_error
from smsdesk.preflight import (
    EVERYWHERE,
    ROOT,
    Refused,
    check_database,
    check_port,
    check_redis,
    check_room,
    check_settings,
    only_one,
    read_place,
)

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path
    from types import FrameType

    from smsdesk.preflight import Place

ANSWER_SECONDS = 60
# A part that ends this often within this time will not get better by itself.
MOST_DEATHS = 5
DEATHS_SECONDS = 30
FIRST_WAIT_SECONDS = 0.5  # before a dead part is started again; twice as long each time


class StopAsked(Exception):
    """Somebody pressed Ctrl-C or sent SIGTERM."""


class Server(Protocol):
    """What the supervisor asks of a child, be it a server or a program of ours."""

    name: str
    log: Path
    process: subprocess.Popen[bytes] | None

    def start(self) -> None: ...
    def stop(self) -> None: ...


@dataclass
class Part:
    """One child and its recent deaths."""

    server: Server
    deaths: list[float] = field(default_factory=list)
    start_at: float | None = None

    def is_running(self) -> bool:
        return self.server.process is not None and self.server.process.poll() is None


def web_command(host: str, port: int) -> list[str]:
    """Return the command of the web server."""
    address = ["--bind", host, "--port", str(port)]
    return [sys.executable, "-m", "daphne", "-v", "0", *address, "smsdesk.asgi:application"]


def worker_command() -> list[str]:
    """Return the command of the Celery worker."""
    quiet = ["--without-mingle", "--without-gossip", "--loglevel", "WARNING"]
    return [sys.executable, "-m", "celery", "-q", "-A", "smsdesk", "worker", *quiet]


def beat_command() -> list[str]:
    """Return the command of Celery's beat. Its pid file would only outlive a kill."""
    return [
        *(sys.executable, "-m", "celery", "-q", "-A", "smsdesk"),
        *("beat", "--pidfile=", "--loglevel", "WARNING"),
    ]


class Supervisor:
    """Starts the parts in order, restarts what dies, and stops all of it in the reverse order."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.parts: list[Part] = []
        self.environment = dict(os.environ)
        self._asked_at: float | None = None

    def run(self) -> None:
        """Run until told to stop. Raises Refused, ServerFailed or OSError when it cannot."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._hear_signal)
        try:
            self._start_servers()
            self._prepare()
            self._start_programs()
            self._look_after()
        except StopAsked:
            say("\nStopping ...")
        finally:
            self._stop_all()
        say("Everything is stopped.")

    def tick(self) -> None:
        """Raise StopAsked if somebody asked for it. Called wherever we wait."""
        if self._asked_at is not None:
            raise StopAsked

    def _hear_signal(self, _number: int, _frame: FrameType | None) -> None:
        """Remember the wish; a second one, a second later, kills what is slow to end."""
        now = time.monotonic()
        if self._asked_at is None:
            self._asked_at = now
        elif now > self._asked_at + 1:
            for part in self.parts:
                if part.is_running() and isinstance(part.server, Child):
                    assert part.server.process is not None
                    part.server.process.kill()

    def _start_servers(self) -> None:
        given = os.environ.get("DATABASE_URL")
        if given:
            with step("Looking for the PostgreSQL of DATABASE_URL"):
                check_database(given)
        else:
            postgres = Postgres(
                self.place.var / "postgres", log=self.place.logs / "postgres.log", tick=self.tick
            )
            with step("Starting PostgreSQL"):
                self._start(postgres)
            self.environment["DATABASE_URL"] = postgres.url()
        given = os.environ.get("REDIS_URL")
        if given:
            with step("Looking for the Redis of REDIS_URL"):
                check_redis(given)
        else:
            redis_server = Redis(
                self.place.var / "redis", log=self.place.logs / "redis.log", tick=self.tick
            )
            with step("Starting Redis"):
                self._start(redis_server)
            self.environment["REDIS_URL"] = redis_server.url()

    def _prepare(self) -> None:
        self.environment |= {
            "DJANGO_SETTINGS_MODULE": "smsdesk.settings.development",
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            # Celery warns a worker run by root; whoever runs make as root has decided that.
            "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
            "VAR_DIR": str(self.place.var),
            "PUBLIC_URL": os.environ.get("PUBLIC_URL") or self.place.url,
        }
        # What is in order goes without saying, on a terminal.
        self.environment.setdefault("LOG_LEVEL", "WARNING")
        self.environment.setdefault("ALLOWED_HOSTS", ",".join(self._names()))
        self._run_once("Preparing the database", "migrate", "--no-input", "-v", "0")
        self._run_once("Collecting static files", "collectstatic", "--no-input", "-v", "0")
        self._run_once("Setting up the demo desk", "seed_demo")

    def _names(self) -> list[str]:
        """The host names this desk answers to."""
        names = {"localhost", "127.0.0.1", "[::1]", self.place.near_host}
        names.add(urlsplit(self.environment["PUBLIC_URL"]).hostname or "localhost")
        if self.place.host in EVERYWHERE:
            names.add(socket.gethostname())
            for addresses in psutil.net_if_addrs().values():
                names |= {each.address for each in addresses if each.family == socket.AF_INET}
        return sorted(names)

    def _run_once(self, label: str, *arguments: str) -> None:
        """Run one ``manage.py`` command to its end. Raises Refused if it fails."""
        name = arguments[0]
        log = self.place.logs / f"{name}.log"
        log.unlink(missing_ok=True)
        command = [sys.executable, str(ROOT / "manage.py"), *arguments]
        child = self._child(name, command, log=log)
        with step(label):
            part = self._start(child)
            while part.is_running():
                self.tick()
                time.sleep(0.05)
            self.parts.remove(part)
            child.stop()
            assert child.process is not None
            if child.process.returncode != 0:
                raise Refused(
                    f"{label} failed: {last_error(log) or 'it said nothing'}. "
                    f"All it said is in {self.place.shown_logs}/{log.name}."
                )

    def _start_programs(self) -> None:
        programs = {
            "web": web_command(self.place.host, self.place.port),
            "worker": worker_command(),
            "beat": beat_command(),
        }
        for name, command in programs.items():
            self._start(self._child(name, command, log=self.place.logs / f"{name}.log"))

    def _child(self, name: str, command: list[str], *, log: Path) -> Child:
        def hear(line: str) -> None:
            if line and name in {"web", "worker", "beat"}:
                say(f"{name:>6} | {line}")

        return Child(
            name, command, log=log, environment=self.environment, directory=ROOT, hear=hear
        )

    def _start(self, server: Server) -> Part:
        part = Part(server)
        self.parts.append(part)
        server.start()
        self.tick()
        return part

    def _look_after(self) -> None:
        """Wait until somebody wants us to stop, and start again whatever ends by itself."""
        warn_at: float | None = time.monotonic() + ANSWER_SECONDS
        is_open = False
        while True:
            self.tick()
            for part in self.parts:
                if not part.is_running():
                    self._revive(part)
            if not is_open and answers(self.place):
                is_open, warn_at = True, None
                announce(self.place)
            elif warn_at is not None and time.monotonic() > warn_at:
                warn_at = None
                say(f"{self.place.url} does not answer yet; see {self.place.shown_logs}/web.log.")
            time.sleep(0.1 if is_open else 0.3)

    def _revive(self, part: Part) -> None:
        """Start a dead part again, later each time; give up when it keeps dying."""
        now = time.monotonic()
        server = part.server
        if part.start_at is None:
            part.deaths = [*(at for at in part.deaths if at > now - DEATHS_SECONDS), now]
            said = f"{server.name} {how_it_ended(server)}"
            log = f"{self.place.shown_logs}/{server.log.name}"
            if len(part.deaths) >= MOST_DEATHS:
                raise Refused(
                    f"{said}, the {MOST_DEATHS}th time within {DEATHS_SECONDS} s, so everything "
                    f"else is stopped too. Its last words: {last_error(server.log)} (all of them "
                    f"in {log})"
                )
            wait = FIRST_WAIT_SECONDS * 2 ** (len(part.deaths) - 1)
            part.start_at = now + wait
            say(f"{said}; starting it again in {wait:g} s. Its log: {log}")
        elif now >= part.start_at:
            part.start_at = None
            # What goes wrong now is the part's next death.
            with suppress(ServerFailed, OSError):
                server.start()
                say(f"{server.name} runs again.")

    def _stop_all(self) -> None:
        """Our own programs first, all at once; then the servers they stand on."""
        programs = [part.server for part in self.parts if isinstance(part.server, Child)]
        for program in programs:
            program.ask_to_end()
        for program in programs:
            program.stop()
        for part in reversed(self.parts):
            if part.server not in programs:
                part.server.stop()


def say(text: str) -> None:
    """Tell the person at the terminal, if there still is one."""
    with suppress(OSError, ValueError):
        print(text, flush=True)


@contextmanager
def step(label: str) -> Iterator[None]:
    """Show what is being done while it is done, and how long it took."""
    with suppress(OSError, ValueError):
        print(f"  {label} ...", end="", flush=True)
    began = time.monotonic()
    try:
        yield
    except BaseException:
        say("")
        raise
    say(f" {time.monotonic() - began:.1f} s")


def how_it_ended(server: Server) -> str:
    """Return in words how a process ended."""
    code = None if server.process is None else server.process.returncode
    if code is None:
        return "did not start"
    if code < 0:
        with suppress(ValueError):
            return f"was ended by {signal.Signals(-code).name}"
    return f"ended by itself with code {code}"


def answers(place: Place) -> bool:
    """Whether the desk serves its pages already."""
    connection = http.client.HTTPConnection(place.near_host, place.port, timeout=5)
    try:
        connection.request("GET", "/sign-in/")
        return connection.getresponse().status < http.HTTPStatus.INTERNAL_SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def announce(place: Place) -> None:
    """Print addresses and log-ins."""
    say(f"\nThe desk is open.\n\n  Agents       {place.url}/desk/")
    say(f"  Supervisors  {place.url}/admin/")
    try:
        demo = json.loads((place.var / "demo.json").read_text())
        say(f"  Handset      {demo['handset_url']}\n\n  Log in as:")
        for person in [*demo["agents"], demo["supervisor"]]:
            name = person.get("name", "supervisor")
            say(f"    {person['username']:<12} {person['password']:<20} {name}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        say(f"  (no log-ins to show: {place.var / 'demo.json'} cannot be read: {error})")
    say(f"\n  Logs are in {place.shown_logs}. Ctrl-C stops everything.\n")


def main() -> int:
    """Run the desk; the exit code is 0 after a wished end and 1 after a failure."""
    try:
        place = read_place()
        check_settings()
        check_room(place)
        with only_one(place):
            check_port(place)
            say("Starting smsdesk:")
            Supervisor(place).run()
    except (Refused, ServerFailed) as error:
        print(f"smsdesk: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    except OSError as error:
        of = f" ({error.filename})" if error.filename else ""
        print(f"smsdesk: {error.strerror or error}{of}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
