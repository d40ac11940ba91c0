"""What every test may ask for. The servers behind it are started by ``tests.support.stack``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import redis
from django.conf import settings
from django.core import serializers
from django.db import connection
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from pytest_django.plugin import DjangoDbBlocker

pytest_plugins = ["tests.support.browser", "tests.support.template", "tests.support.processes"]

# A busy machine is no failure. Examples of one test share its database, so each makes rows anew.
hypothesis_settings.register_profile(
    "desk",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
hypothesis_settings.load_profile("desk")

# These are made anew behind every migration, and when Django has emptied the database.
MADE_BY_DJANGO = {"contenttypes.contenttype", "auth.permission", "auth.group"}
TO_PUT_BACK = pytest.StashKey[tuple[str, "DjangoDbBlocker"]]()


@pytest.fixture(scope="session")
def built_in_rows(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> str:
    """The rows that migrations put into every desk, such as Available and On Break.

    Read before the first test that empties the tables; those before it have left nothing behind.
    """
    with django_db_blocker.unblock():
        rows = json.loads(connection.creation.serialize_db_to_string())
        connection.close()
    return json.dumps([row for row in rows if row["model"] not in MADE_BY_DJANGO])


@pytest.fixture(autouse=True)
def _keep_built_in_rows(request: pytest.FixtureRequest, django_db_blocker: DjangoDbBlocker) -> None:
    """Remember the built-in rows before a test with real transactions, which empties the tables."""
    if _empties_tables(request.node):
        rows = request.getfixturevalue("built_in_rows")
        request.node.stash[TO_PUT_BACK] = (rows, django_db_blocker)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(
    item: pytest.Item, nextitem: pytest.Item | None
) -> Generator[None, object, object]:
    """Put the built-in rows back behind the end of the test's database, not beside it.

    A fixture would not do: for a test with the django_db marker it ends before the database does.
    """
    result = yield
    if nextitem is not None and TO_PUT_BACK in item.stash:
        rows, blocker = item.stash[TO_PUT_BACK]
        with blocker.unblock():
            for row in serializers.deserialize("json", rows):
                row.save()
            connection.close()
    return result


def _empties_tables(item: pytest.Item) -> bool:
    names = getattr(item, "fixturenames", ())
    if "transactional_db" in names or "live_server" in names:
        return True
    marker = item.get_closest_marker("django_db")
    return marker is not None and bool(
        marker.kwargs.get("transaction") or (marker.args and marker.args[0])
    )


@pytest.fixture
def redis_client() -> Iterator[redis.Redis]:
    """The test session's Redis, emptied before the test."""
    with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5) as client:
        client.flushdb()
        yield client
