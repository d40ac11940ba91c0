"""A pytest plugin: real PostgreSQL and Redis for the session, unless the environment names some.

Loaded by ``-p`` in ``pyproject.toml``, for it must be done before Django reads its settings. With
pytest-xdist the controller starts PostgreSQL, in which each worker has a database of its own (by
pytest-django); each worker starts a Redis of its own, for Redis' channels know no databases.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from smsdesk.lib.embedded import Postgres, Redis

if TYPE_CHECKING:
    from collections.abc import Generator

OWN_REDIS = "SMSDESK_TESTS_OWN_REDIS"
_stack: Stack | None = None


class Stack:
    """The servers this process started, and the folder they live in."""

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="smsdesk-tests-"))
        self.directory.chmod(0o711)  # PostgreSQL may run as somebody else.
        self.servers: list[Postgres | Redis] = []

    def start(self) -> None:
        log = self.directory / "servers.log"
        if "DATABASE_URL" not in os.environ:
            postgres = Postgres(self.directory / "postgres", log=log, durable=False)
            self.servers.append(postgres)
            postgres.start()
            os.environ["DATABASE_URL"] = postgres.url()
        if "REDIS_URL" not in os.environ or OWN_REDIS in os.environ:
            redis = Redis(self.directory / "redis", log=log)
            self.servers.append(redis)
            redis.start()
            os.environ["REDIS_URL"] = redis.url()
            os.environ[OWN_REDIS] = "1"

    def stop(self) -> None:
        for server in reversed(self.servers):
            server.stop()
        shutil.rmtree(self.directory, ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests() -> Generator[None, None, None]:
    """Start what is missing. A wrapper, so that it comes before pytest-django reads settings."""
    global _stack  # noqa: PLW0603 - a plugin module is its own object
    # Ended like Ctrl-C, so that fixtures and servers are torn down too.
    signal.signal(signal.SIGTERM, lambda *_: pytest.exit("ended by SIGTERM", returncode=143))
    _stack = Stack()
    try:
        _stack.start()
        yield
    except BaseException:  # a conftest that cannot be read, too: there is no session to end then
        _stack.stop()
        raise


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    if _stack is not None:
        # Left connections would only slow PostgreSQL's shutdown and warn.
        django_db = sys.modules.get("django.db")
        if django_db is not None:
            django_db.connections.close_all()
        _stack.stop()
