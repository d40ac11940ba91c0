"""The machine of a measurement: durable servers of its own, and the desk's real processes."""

from __future__ import annotations

import os
import platform
import shutil
import socket
import sys
import tempfile
import time
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import redis

from smsdesk.lib.embedded import Postgres, Redis, free_port
from smsdesk.lib.processes import Child, last_error
from smsdesk.run import beat_command, web_command, worker_command

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
START_SECONDS = 60
FIRST_LINES = 5


class Machine:
    """PostgreSQL with fsync, Redis, and whatever programs a measurement starts beside them.

    ``base_url`` is the desk's address, known before its web server runs.
    """

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="smsdesk-bench-"))
        self.directory.chmod(0o711)  # PostgreSQL may run as somebody else.
        log = self.directory / "servers.log"
        self.postgres = Postgres(self.directory / "postgres", log=log, durable=True)
        self.redis = Redis(self.directory / "redis", log=log)
        self.port = free_port()
        self.base_url = f"http://{HOST}:{self.port}"
        self.programs: list[Child] = []

    def start(self) -> None:
        """Start the servers, and name them in the environment for us and for every program."""
        self.postgres.start()
        self.redis.start()
        os.environ |= {
            "DATABASE_URL": self.postgres.url(),
            "REDIS_URL": self.redis.url(),
            "DJANGO_SETTINGS_MODULE": "smsdesk.settings.development",
            "VAR_DIR": str(self.directory),
            "PUBLIC_URL": self.base_url,
            "ALLOWED_HOSTS": HOST,
            "LOG_LEVEL": "WARNING",
            "PYTHONPATH": str(ROOT),
            "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
        }

    def run_web(self) -> int:
        """Start the desk's web server; return its port."""
        return self._serve("web", web_command(HOST, self.port), self.port)

    def run_app(self, application: str) -> int:
        """Start another ASGI application on the same server; return its port."""
        port = free_port()
        command = [*web_command(HOST, port)[:-1], application]
        return self._serve(application, command, port)

    @contextmanager
    def running_app(self, application: str) -> Iterator[int]:
        """Have another ASGI application running for a while; gives its port."""
        port = self.run_app(application)
        yield port
        self.programs.pop().stop()

    def run_worker(self, *arguments: str) -> None:
        self._start("worker", [*worker_command(), *arguments])

    def run_beat(self) -> None:
        self._start("beat", beat_command())

    def stop(self) -> None:
        for program in reversed(self.programs):
            program.stop()
        self.redis.stop()
        self.postgres.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def pid(self, name: str) -> int:
        """The process id of a program that was started."""
        process = next(each.process for each in self.programs if each.name == name)
        assert process is not None
        return process.pid

    def facts(self) -> dict[str, str]:
        """What the figures depend on."""
        with psycopg.connect(self.postgres.url(), autocommit=True) as connection:
            told = [
                connection.execute("SELECT current_setting(%s)", [name]).fetchone()
                for name in ("server_version", "fsync", "synchronous_commit")
            ]
        with redis.Redis.from_url(self.redis.url()) as client:
            redis_version = client.info("server")["redis_version"]
        return {
            "Cores": f"{os.cpu_count()} × {_cpu()}",
            "System": f"{platform.system()} {platform.machine()}",
            "Python": f"{platform.python_implementation()} {platform.python_version()}",
            "PostgreSQL": "{} (fsync {}, synchronous_commit {})".format(
                *(setting for row in told if row is not None for setting in row)
            ),
            "Redis": redis_version,
        }

    def _serve(self, name: str, command: list[str], port: int) -> int:
        program = self._start(name, command)
        give_up = time.monotonic() + START_SECONDS
        while not _answers(port):
            assert program.process is not None
            if program.process.poll() is not None or time.monotonic() > give_up:
                raise RuntimeError(f"{name} did not start: {last_error(program.log)}")
            time.sleep(0.05)
        return port

    def _start(self, name: str, command: list[str]) -> Child:
        program = Child(
            name,
            command,
            log=self.directory / f"{name}.log",
            environment=dict(os.environ),
            directory=ROOT,
            hear=_first_lines(name),
        )
        self.programs.append(program)
        program.start()
        return program


def _first_lines(name: str) -> Callable[[str], None]:
    """Prints the first lines a program says; an overloaded one says the same for ever."""
    left = count(FIRST_LINES, -1)

    def hear(line: str) -> None:
        if next(left) > 0:
            print(f"  {name}: {line}", file=sys.stderr)

    return hear


def _answers(port: int) -> bool:
    """Whether somebody listens there; daphne does only when its application is loaded."""
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else "unknown"
