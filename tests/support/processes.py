"""The real desk for tests: web server, worker and beat as processes, over servers of their own.

``make_desk`` gives a desk with its own database (from a template, so quickly) and its own Redis,
which a test may kill, freeze or empty. Everything is ended by process id, failed test or not.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import hmac
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import uuid
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import psycopg
import pytest
import redis
import requests
from psycopg import sql as composed
from psycopg.rows import dict_row

from smsdesk.lib.embedded import Postgres, Redis, free_port, postgres_program
from smsdesk.lib.processes import Child
from smsdesk.run import beat_command, web_command, worker_command
from tests.support.clients import AgentClient, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

ROOT = Path(__file__).resolve().parents[2]
# Where the template's demo says it lives; each desk moves it to its own port.
TEMPLATE_URL = "http://127.0.0.1:1"
SECRET_KEY = "tests-only-" + "k" * 50
ALL = ("web", "worker", "beat")
START_SECONDS = 60


def database_url(server_url: str, name: str) -> str:
    """Return the address of another database on the same PostgreSQL server."""
    return urlsplit(server_url)._replace(path=f"/{name}").geturl()


class Template:
    """A migrated and seeded database, its demo.json and its static files, made once a session."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.server_url = os.environ["DATABASE_URL"]
        # One for each place it is made in, so that another session has another.
        self.name = f"desk_template_{hashlib.sha256(bytes(directory)).hexdigest()[:12]}"
        self.demo: dict[str, Any] = {}

    @property
    def static(self) -> Path:
        return self.directory / "static"

    def make(self) -> None:
        self.drop(self.name)
        with psycopg.connect(self.server_url, autocommit=True) as connection:
            connection.execute(
                composed.SQL("CREATE DATABASE {}").format(composed.Identifier(self.name))
            )
        environment = {
            "DATABASE_URL": database_url(self.server_url, self.name),
            "VAR_DIR": str(self.directory),
            "PUBLIC_URL": TEMPLATE_URL,
        }
        manage(environment, "migrate", "--no-input", "-v", "0")
        manage(environment, "seed_demo")
        manage({"VAR_DIR": str(self.directory)}, "collectstatic", "--no-input", "-v", "0")
        self.find()

    def find(self) -> None:
        """Read what ``make``, here or in another worker, has left."""
        self.demo = json.loads((self.directory / "demo.json").read_text())

    def restore(self, url: str) -> None:
        """Fill the empty database of another server from the template."""
        pg_dump, psql = postgres_program("pg_dump"), postgres_program("psql")
        dump = self.directory / f"{uuid.uuid4().hex}.sql"
        source = database_url(self.server_url, self.name)
        subprocess.run([pg_dump, "--file", dump, source], check=True)
        quiet = ["--quiet", "--no-psqlrc", "--set", "ON_ERROR_STOP=1", "--output", "/dev/null"]
        subprocess.run([psql, *quiet, "--file", dump, url], check=True)
        dump.unlink()

    def copy(self, name: str) -> str:
        """Make a database from the template and return its address."""
        with psycopg.connect(self.server_url, autocommit=True) as connection:
            connection.execute(
                composed.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                    composed.Identifier(name), composed.Identifier(self.name)
                )
            )
        return database_url(self.server_url, name)

    def drop(self, name: str) -> None:
        with psycopg.connect(self.server_url, autocommit=True) as connection:
            connection.execute(
                composed.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(
                    composed.Identifier(name)
                )
            )


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
        fields = {
            "MessageSid": sid or new_sid(),
            "AccountSid": channel["account_sid"],
            "From": from_,
            "To": channel["number"],
            "Body": body,
            "NumMedia": "0",
            "NumSegments": "1",
            "ApiVersion": "2010-04-01",
        }
        fields |= {"SmsMessageSid": fields["MessageSid"], "SmsSid": fields["MessageSid"], **more}
        return self.post_signed(str(channel["inbound_url"]), fields, str(channel["auth_token"]))

    def receipt(
        self, sid: str, status: str, *, message: str = "", to: str | None = None, **more: str
    ) -> requests.Response:
        """Post a delivery receipt as Twilio does; ``message`` is our own id in the address."""
        channel = self.channel(to)
        url = str(channel["status_url"]) + (f"?message={message}" if message else "")
        fields = {
            "MessageSid": sid,
            "MessageStatus": status,
            "AccountSid": channel["account_sid"],
            **more,
        }
        return self.post_signed(url, fields, str(channel["auth_token"]))

    def post_signed(self, url: str, fields: Mapping[str, str], token: str) -> requests.Response:
        headers = {"X-Twilio-Signature": twilio_signature(url, fields, token)}
        return requests.post(url, data=fields, headers=headers, timeout=30)


def new_sid() -> str:
    return f"SM{secrets.token_hex(16)}"


def twilio_signature(url: str, fields: Mapping[str, str], token: str) -> str:
    """Sign as Twilio's documentation says: the address, then each field by name, HMAC-SHA1."""
    text = url + "".join(name + fields[name] for name in sorted(fields))
    digest = hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def manage_environment() -> dict[str, str]:
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "smsdesk.settings.development",
        "SECRET_KEY": SECRET_KEY,
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": "default,ignore:You're running the worker with superuser privileges",
    }


def manage(environment: Mapping[str, str], *arguments: str) -> None:
    """Run a ``manage.py`` command in a process of its own, under the development settings."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**manage_environment(), **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"manage.py {' '.join(arguments)}:\n{done.stdout}"


@pytest.fixture(scope="session")
def desk_template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Template]:
    """A migrated, seeded database to copy desks from, made once for all of xdist's workers."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    template = Template(shared / "template")
    with counted(shared) as users:
        if users == 1:
            template.make()
        else:
            template.find()
    try:
        yield template
    finally:
        with counted(shared, -1) as users:
            if users == 0:
                template.drop(template.name)


@contextmanager
def counted(shared: Path, change: int = 1) -> Iterator[int]:
    """Hold the template's lock; yield how many use it, this one's coming or going included."""
    with (shared / "template.users").open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        users = int(file.read() or 0) + change
        yield users
        # Only now: whoever fails to make the template is no user of it.
        file.truncate(0)
        file.write(str(users))


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
            for name in start:
                desk.begin(name)
            for name in start:
                desk.wait_ready(name)
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
