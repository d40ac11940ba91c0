"""The real desk for tests: web server, worker and beat as processes, over servers of their own.

``make_desk`` gives a desk with its own database (from a template, so quickly) and its own Redis,
which a test may kill, freeze or empty. Everything is ended by process id, failed test or not.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import uuid
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import redis
import requests
from psycopg.rows import dict_row

from smsdesk.lib.embedded import Postgres, Redis, free_port
from smsdesk.lib.processes import Child
from smsdesk.run import beat_command, web_command, worker_command
from tests.support import twilio
from tests.support.clients import AgentClient, wait_until
from tests.support.template import ROOT, TEMPLATE_URL, Template, manage_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

ALL = ("web", "worker", "beat")
START_SECONDS = 60


class Desk:
    """One running desk. Processes are named ``web``, ``worker`` and ``beat``; more may be added."""

    def __init__(
        self,
        template: Template,
        directory: Path,
        *,
        own_postgres: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.template = template
        self.directory = directory
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.extra = dict(environment or {})
        self.processes: dict[str, Child] = {}
        self.clients: list[AgentClient] = []
        self.postgres: Postgres | None = None
        self.database_url = ""
        self.demo: dict[str, Any] = {}
        self._database = f"desk_{uuid.uuid4().hex[:12]}"
        self._connection: psycopg.Connection[dict[str, Any]] | None = None
        if own_postgres:
            self.postgres = Postgres(
                directory / "postgres", log=directory / "postgres.log", durable=False
            )
        self.redis = Redis(directory / "redis", log=directory / "redis.log")

    # set-up and end

    def prepare(self) -> None:
        """Make the database and start the servers; no process of the desk runs yet."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self.directory.chmod(0o711)  # PostgreSQL may run as somebody else.
        self.redis.start()
        if self.postgres is None:
            self.database_url = self.template.copy(self._database)
        else:
            self.postgres.start()
            self.database_url = self.postgres.url()
            self.template.restore(self.database_url)
        (self.directory / "static").symlink_to(self.template.static)

    def seed(self) -> None:
        """Make the demo desk this desk's own: its carrier and its file name this port."""
        self.sql(
            "UPDATE routing_carrieraccount SET base_url = replace(base_url, %s, %s)",
            TEMPLATE_URL,
            self.base_url,
        )
        text = json.dumps(self.template.demo).replace(TEMPLATE_URL, self.base_url)
        (self.directory / "demo.json").write_text(text)
        self.demo = json.loads(text)

    def end(self) -> None:
        """Stop everything, whatever state a test left it in."""
        for client in self.clients:
            client.close()
        for child in self.processes.values():
            if child.process is not None and child.process.poll() is None:
                child.process.send_signal(signal.SIGKILL)
        for child in self.processes.values():
            child.stop()
        if self._connection is not None:
            self._connection.close()
        self.redis.stop()
        if self.postgres is None:
            self.template.drop(self._database)
        else:
            self.postgres.stop()

    @property
    def environment(self) -> dict[str, str]:
        return {
            **manage_environment(),
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis.url(),
            "PUBLIC_URL": self.base_url,
            "VAR_DIR": str(self.directory),
            **self.extra,
        }

    # processes

    def start(self, name: str, *, environment: Mapping[str, str] | None = None) -> Child:
        """Start ``web``, ``worker`` or ``beat`` (or ``worker2`` …) and wait until it is ready."""
        child = self.begin(name, environment=environment)
        self.wait_ready(name)
        return child

    def start_all(self, names: tuple[str, ...] = ALL) -> None:
        """Start these together, and wait until each is ready."""
        for name in names:
            self.begin(name)
        for name in names:
            self.wait_ready(name)

    def begin(self, name: str, *, environment: Mapping[str, str] | None = None) -> Child:
        """Start a process and do not wait for it."""
        kind = re.sub(r"\d+$", "", name)
        command = {
            "web": lambda: web_command("127.0.0.1", self.port),
            "worker": lambda: [*worker_command(), "-n", f"{name}@%h"],
            "beat": lambda: [*beat_command(), "-s", str(self.directory / f"{name}-schedule")],
        }[kind]()
        child = Child(
            name,
            command,
            log=self.directory / f"{name}.log",
            # By its application name PostgreSQL tells whose connection is whose.
            environment={**self.environment, "PGAPPNAME": name, **(environment or {})},
            directory=ROOT,
        )
        self.processes[name] = child
        child.start()
        return child

    def wait_ready(self, name: str) -> None:
        look = self._web_answers if name.startswith("web") else lambda: self._is_connected(name)
        try:
            wait_until(lambda: not self.is_running(name) or look(), START_SECONDS, what=name)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log(name)}") from None
        assert self.is_running(name), f"{name} ended by itself:\n{self.log(name)}"

    def is_running(self, name: str) -> bool:
        process = self.processes[name].process
        return process is not None and process.poll() is None

    def pid(self, name: str) -> int:
        process = self.processes[name].process
        assert process is not None
        return process.pid

    def kill(self, name: str) -> None:
        """End a process as ``kill -9`` does, and wait until it is gone."""
        process = self.processes[name].process
        assert process is not None
        process.kill()
        process.wait(10)

    def terminate(self, name: str) -> None:
        """End a process politely, as a deployment does."""
        self.processes[name].stop(20)

    def freeze(self, name: str) -> None:
        os.kill(self.pid(name), signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        os.kill(self.pid(name), signal.SIGCONT)

    def kill_web(self) -> None:
        self.kill("web")

    def start_web(self) -> None:
        self.start("web")

    def kill_worker(self) -> None:
        self.kill("worker")

    def start_worker(self) -> None:
        self.start("worker")

    def kill_beat(self) -> None:
        self.kill("beat")

    def start_beat(self) -> None:
        self.start("beat")

    def log(self, name: str) -> str:
        """The end of a process's log."""
        file = self.directory / f"{name}.log"
        return file.read_text(errors="replace")[-8000:] if file.exists() else ""

    def _web_answers(self) -> bool:
        try:
            requests.get(f"{self.base_url}/sign-in/", timeout=10)
        except requests.RequestException:
            return False
        return True

    def _is_connected(self, name: str) -> bool:
        """Whether the process has opened the database, as its sweeper does first of all."""
        return bool(
            self.sql(
                "SELECT 1 FROM pg_stat_activity WHERE application_name = %s"
                " AND datname = current_database()",
                name,
            )
        )

    # servers

    def redis_kill(self) -> None:
        assert self.redis.process is not None
        self.redis.process.kill()
        self.redis.process.wait(10)

    def redis_start(self) -> None:
        """Start Redis anew, empty, at its old address."""
        self.redis.start()

    def redis_stop(self) -> None:
        """Freeze Redis: it accepts connections and never answers."""
        assert self.redis.process is not None
        os.kill(self.redis.process.pid, signal.SIGSTOP)

    def redis_cont(self) -> None:
        assert self.redis.process is not None
        os.kill(self.redis.process.pid, signal.SIGCONT)

    def redis_client(self) -> redis.Redis:
        return redis.Redis.from_url(self.redis.url(), socket_timeout=10)

    def redis_flush(self) -> None:
        with self.redis_client() as client:
            client.flushall()

    def pg_restart(self, mode: str = "immediate") -> None:
        """Restart PostgreSQL; ``immediate`` is a crash, from which it recovers as it starts."""
        assert self.postgres is not None, "Ask for a desk with own_postgres=True."
        assert mode in {"fast", "immediate"}
        if self._connection is not None:
            self._connection.close()
        self.postgres.stop("immediate" if mode == "immediate" else "fast")
        self.postgres.start()

    # looking and acting

    def sql(self, query: str, *args: Any) -> list[dict[str, Any]]:
        """Run one statement, committed at once, and return its rows."""
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(
                self.database_url, autocommit=True, row_factory=dict_row
            )
        # Composed without arguments so that a script's own % stand as they are.
        cursor = self._connection.execute(query.encode(), args or None)
        return cursor.fetchall() if cursor.description else []

    def scalar(self, query: str, *args: Any) -> Any:
        """Return the first column of the first row, None where there is no row."""
        rows = self.sql(query, *args)
        return next(iter(rows[0].values())) if rows else None

    def wait_until(self, look: Callable[[], Any], seconds: float = 10, *, what: str = "") -> Any:
        return wait_until(look, seconds, what=what)

    def agent_client(self, username: str) -> AgentClient:
        """A signed-in browser of one of the demo's agents."""
        password = self.password_of(username)
        client = AgentClient(self.base_url, username, password)
        self.clients.append(client)
        return client

    def password_of(self, username: str) -> str:
        people = [*self.demo["agents"], self.demo["supervisor"]]
        return next(str(each["password"]) for each in people if each["username"] == username)

    def channel(self, number: str | None = None) -> dict[str, Any]:
        """A channel of the demo: the one of ``number``, else the first."""
        channels: list[dict[str, Any]] = self.demo["channels"]
        return next(each for each in channels if number in {None, each["number"]})

    def inbound(
        self,
        from_: str,
        body: str,
        sid: str | None = None,
        to: str | None = None,
        account: Mapping[str, Any] | None = None,
        **more: str,
    ) -> requests.Response:
        """Post a text as Twilio does, genuinely signed. ``account`` overrides the channel's."""
        channel = {**self.channel(to), **(account or {})}
        return twilio.post_text(channel, from_, body, sid=sid, **more)

    def receipt(
        self, sid: str, status: str, *, message: str = "", to: str | None = None, **more: str
    ) -> requests.Response:
        """Post a delivery receipt as Twilio does; ``message`` is our own id in the address."""
        return twilio.post_receipt(self.channel(to), sid, status, message=message, **more)


@pytest.fixture(scope="session")
def desk_maker(
    desk_template: Template, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Desk]:
    """Make desks; whoever calls it also calls ``end``. For fixtures of a wider scope."""

    def make(
        *,
        start: tuple[str, ...] = ALL,
        own_postgres: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> Desk:
        desk = Desk(
            desk_template,
            tmp_path_factory.mktemp("desk"),
            own_postgres=own_postgres,
            environment=environment,
        )
        try:
            desk.prepare()
            desk.seed()
            desk.start_all(start)
        except BaseException:
            desk.end()
            raise
        return desk

    return make


@pytest.fixture
def make_desk(desk_maker: Callable[..., Desk]) -> Iterator[Callable[..., Desk]]:
    """``make_desk(start=("web",), own_postgres=True, environment={…})``, ended after the test."""
    made: list[Desk] = []

    def make(**options: Any) -> Desk:
        made.append(desk_maker(**options))
        return made[-1]

    try:
        yield make
    finally:
        for desk in made:
            desk.end()
            shutil.rmtree(desk.directory, ignore_errors=True)


@pytest.fixture
def desk(make_desk: Callable[..., Desk]) -> Desk:
    """A whole desk, seeded and running, for this test alone."""
    return make_desk()
