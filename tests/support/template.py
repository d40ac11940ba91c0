"""The database that test desks are copied from: migrated and seeded once a session."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import subprocess
import sys
import uuid
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql as composed

from smsdesk.lib.embedded import postgres_program

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).resolve().parents[2]
# Where the template's demo says it lives; each desk moves it to its own port.
TEMPLATE_URL = "http://127.0.0.1:1"
SECRET_KEY = "tests-only-" + "k" * 50


def database_url(server_url: str, name: str) -> str:
    """Return the address of another database on the same PostgreSQL server."""
    return urlsplit(server_url)._replace(path=f"/{name}").geturl()


class Template:
    """A migrated and seeded database, its demo.json and its static files, made once a session.

    Without ``demo`` it has what the migrations make, and nobody.
    """

    def __init__(self, directory: Path, *, demo: bool = True) -> None:
        self.directory = directory
        self.with_demo = demo
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
        if self.with_demo:
            manage(environment, "seed_demo")
        manage({"VAR_DIR": str(self.directory)}, "collectstatic", "--no-input", "-v", "0")
        if self.with_demo:
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
