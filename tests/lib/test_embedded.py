"""The embedded servers: private, found again after a crash, ended by process id."""

from __future__ import annotations

import os
import re
import signal
import stat
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from smsdesk.lib.embedded import Postgres, Redis

pytestmark = pytest.mark.xdist_group("embedded")  # they share the data, which takes long to make


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("servers")


@pytest.fixture
def postgres(directory: Path):
    server = Postgres(directory / "postgres", log=directory / "postgres.log", durable=False)
    yield server
    server.stop()


@pytest.fixture
def redis_server(directory: Path):
    server = Redis(directory / "redis", log=directory / "redis.log")
    yield server
    server.stop()


def test_postgres_has_the_database_and_room_for_many_connections(postgres):
    postgres.start()
    with psycopg.connect(postgres.url()) as connection:
        assert connection.execute("SHOW max_connections").fetchone() == ("200",)
        assert connection.execute("SELECT current_database()").fetchone() == ("smsdesk",)


def test_postgres_listens_in_a_closed_folder_only(postgres):
    postgres.start()
    with psycopg.connect(postgres.url()) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        (folder,) = connection.execute("SHOW unix_socket_directories").fetchone()
    assert stat.S_IMODE(Path(folder).stat().st_mode) == 0o700


def test_postgres_wants_its_password(postgres):
    postgres.start()
    without = re.sub(r":[^@/]+@", "@", postgres.url())
    assert without != postgres.url()
    for stranger in (without, without.replace("@", ":wrong@")):
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(stranger)
    assert stat.S_IMODE(postgres._password_file.stat().st_mode) == 0o600


@pytest.mark.parametrize("before", ["an earlier version's data", "a lost password"])
def test_data_without_a_password_get_one(postgres, directory, before):
    postgres.start()
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS stays (n int)")
        if before != "a lost password":
            connection.execute("ALTER ROLE postgres PASSWORD NULL")
    postgres.stop()
    postgres._password_file.unlink()
    if before != "a lost password":
        (postgres.directory / "pg_hba.conf").write_text("local all all trust\n")
    again = Postgres(postgres.directory, log=directory / "postgres.log", durable=False)
    again.start()
    try:
        assert again.url() != postgres.url()
        with psycopg.connect(again.url()) as connection:
            assert connection.execute("SELECT n FROM stays").fetchall() == []
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(postgres.url())
    finally:
        again.stop()


def test_the_log_says_what_failed_and_nothing_of_customers(postgres, directory):
    postgres.start()
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS texts (body text UNIQUE)")
        for _ in range(2):
            with suppress(psycopg.errors.UniqueViolation):
                connection.execute("INSERT INTO texts VALUES (%s)", ["I broke my leg"])
        with pytest.raises(psycopg.errors.DivisionByZero):
            connection.execute("SELECT 'so did I', %s / 0", [4155550123])
    postgres.stop()

    said = (directory / "postgres.log").read_text()
    assert "duplicate key value violates unique constraint" in said
    assert "division by zero" in said
    for secret in ("broke my leg", "so did I", "4155550123", postgres._password):
        assert secret not in said
    assert stat.S_IMODE((directory / "postgres.log").stat().st_mode) == 0o600


def test_postgres_survives_an_immediate_restart(postgres):
    postgres.start()
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (n int)")
        connection.execute("INSERT INTO kept VALUES (1)")
    postgres.stop("immediate")
    postgres.start()
    with psycopg.connect(postgres.url()) as connection:
        assert connection.execute("SELECT n FROM kept").fetchall() == [(1,)]


def test_a_server_left_by_a_crash_is_stopped_and_replaced(postgres, directory):
    postgres.start()
    left = psutil.Process(postgres.process.pid)
    again = Postgres(postgres.directory, log=directory / "postgres.log", durable=False)
    again.start()
    try:
        assert not left.is_running() or left.status() == psutil.STATUS_ZOMBIE
        assert again.process.pid != left.pid
        with psycopg.connect(again.url()) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        again.stop()


def test_a_pid_file_that_names_a_stranger_harms_nobody(postgres):
    postgres.start()
    postgres.stop()
    # A reused process id: ours. PostgreSQL alone would refuse to start, or we would be killed.
    (postgres.directory / "postmaster.pid").write_text(f"{os.getpid()}\n{postgres.directory}\n")
    postgres.start()
    with psycopg.connect(postgres.url()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_path_too_long_for_a_socket_is_no_obstacle(directory):
    deep = directory / ("long" * 25)
    deep.mkdir()
    server = Postgres(deep / "postgres", log=directory / "postgres.log", durable=False)
    server.start()
    try:
        with psycopg.connect(server.url()) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        server.stop()
    assert not server._sockets.exists()


def test_redis_wants_its_password_and_keeps_its_address(redis_server):
    redis_server.start()
    with redis.Redis.from_url(redis_server.url()) as client:
        client.set("key", "value")
    with redis.Redis(port=redis_server.port) as stranger, pytest.raises(redis.AuthenticationError):
        stranger.get("key")
    os.kill(redis_server.process.pid, signal.SIGKILL)
    redis_server.process.wait()
    redis_server.start()
    with redis.Redis.from_url(redis_server.url()) as client:
        assert client.get("key") is None


def test_a_frozen_redis_can_be_stopped(redis_server):
    redis_server.start()
    os.kill(redis_server.process.pid, signal.SIGSTOP)
    redis_server.stop()
    assert redis_server.process.returncode is not None
