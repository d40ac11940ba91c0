"""What must be right before a desk can start on this machine, each said in one sentence if not."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import socket
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

import psycopg
import redis
from django.core.exceptions import ImproperlyConfigured

from smsdesk.settings.environment import read_environment

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
NEEDED_BYTES = 200 * 1024 * 1024
EVERYWHERE = {"0.0.0.0", "::", ""}  # noqa: S104 - what a person may ask for, not what we do


class Refused(Exception):
    """The desk cannot run here, or not now; the text is one sentence that says why."""


@dataclass(frozen=True)
class Place:
    """Where this desk runs: its folder for data, its host and its port."""

    var: Path
    host: str
    port: int

    @property
    def near_host(self) -> str:
        """The host by which this machine itself reaches the desk."""
        return "127.0.0.1" if self.host in EVERYWHERE else self.host

    @property
    def url(self) -> str:
        host = f"[{self.near_host}]" if ":" in self.near_host else self.near_host
        return f"http://{host}:{self.port}"

    @property
    def logs(self) -> Path:
        return self.var / "log"

    @property
    def shown_logs(self) -> str:
        """The folder of logs as a person in the checkout would name it."""
        return str(self.logs.relative_to(ROOT) if self.logs.is_relative_to(ROOT) else self.logs)


def read_place() -> Place:
    """Read VAR_DIR, HOST and PORT. Raises Refused."""
    value = os.environ.get("PORT") or "8000"
    if not value.isascii() or not value.isdigit() or not 0 < int(value) < 2**16:
        raise Refused(f"PORT must be a number from 1 to 65535, not {value!r}.")
    var = Path(os.environ.get("VAR_DIR") or ROOT / "var").resolve()
    return Place(var=var, host=os.environ.get("HOST") or "127.0.0.1", port=int(value))


def check_settings() -> None:
    """Raise Refused if a setting in the environment is nonsense."""
    try:
        read_environment()
    except ImproperlyConfigured as error:
        raise Refused(str(error)) from None


def check_room(place: Place) -> None:
    """Make the folders for data. Raises Refused if that fails or the disk is full."""
    try:
        place.var.mkdir(parents=True, exist_ok=True)
        place.logs.mkdir(mode=0o700, exist_ok=True)  # they may name numbers
        for log in place.logs.glob("*.log"):  # those of earlier versions, too
            log.chmod(0o600)
        probe = place.var / ".probe"
        probe.write_bytes(b"x" * 4096)
        probe.unlink()
        free = shutil.disk_usage(place.var).free
    except OSError as error:
        raise Refused(f"{place.var} cannot be written to: {error.strerror}.") from None
    if free < NEEDED_BYTES:
        raise Refused(
            f"The disk of {place.var} is nearly full: {free // 2**20} MB are free and "
            f"{NEEDED_BYTES // 2**20} MB are needed."
        )


@contextmanager
def only_one(place: Place) -> Iterator[None]:
    """Hold the lock of this checkout. Raises Refused if another desk has it."""
    with (place.var / "run.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused(f"A desk already runs in this checkout {_holder(lock)}.") from None
        lock.truncate(0)
        lock.write(f"{os.getpid()} {place.url}")
        lock.flush()
        yield


def _holder(lock: IO[str]) -> str:
    lock.seek(0)
    pid, _, url = lock.read().partition(" ")
    return f"(process {pid}, {url}): use it, or stop it first" if url else "and is just starting"


def check_port(place: Place) -> None:
    """Raise Refused if the desk cannot listen on its port."""
    try:
        family, kind, *_, address = socket.getaddrinfo(
            place.host, place.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise Refused(
                f"Port {place.port} of {place.host} is taken by another program: stop that, or "
                f"choose another port with make run PORT={place.port % 65535 + 1}."
            ) from None
        raise Refused(
            f"The desk cannot listen on port {place.port} of {place.host}: {error.strerror}."
        ) from None


def check_database(url: str) -> None:
    """Raise Refused if the PostgreSQL of DATABASE_URL does not answer."""
    try:
        psycopg.connect(url, connect_timeout=10).close()
    except psycopg.Error as error:
        said = " ".join(str(error).split())
        raise Refused(f"The PostgreSQL of DATABASE_URL cannot be used: {said}") from None


def check_redis(url: str) -> None:
    """Raise Refused if the Redis of REDIS_URL does not answer."""
    try:
        with redis.Redis.from_url(url, socket_timeout=10, socket_connect_timeout=10) as client:
            client.ping()
    except (redis.RedisError, ValueError) as error:
        raise Refused(f"The Redis of REDIS_URL cannot be used: {error}") from None
