"""S1, S2, S11, N7 and faults 11, 20, 21: the desk's socket, on the real application and Redis."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.db import OperationalError, connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from agents.models import Agent
from agents.services.desks import touch_desk
from agents.services.status import set_stop_new
from smsdesk.asgi import application
from smsdesk.console import consumer, watch
from smsdesk.lib import clock
from smsdesk.lib.doorbell import doorbell
from tests.factories import AgentFactory, MessageFactory, active_interaction
from tests.factories.agents import UserFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]

ORIGIN = b"http://testserver"


@pytest.fixture
def agent(transactional_db):
    return AgentFactory(present=False, presence_due_at=None)


@pytest.fixture
def browser(agent) -> Client:
    client = Client()
    client.force_login(agent.user)
    return client


@pytest.fixture
def no_redis(settings):
    """A Redis that refuses, and a doorbell that has forgotten it before the next test."""
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    yield
    doorbell.flush()
    doorbell._rest_until = 0.0


@pytest.fixture(autouse=True)
async def _quiet_database(transactional_db):
    """Nobody may still be writing, nor hold a connection, when the tables are emptied."""
    yield
    await sync_to_async(wait_for_the_desks_threads)()
    await sync_to_async(connections.close_all)()


def wait_for_the_desks_threads() -> None:
    """A closed socket does not wait for its work in a thread: meet all of them, and it is done."""
    threads = watch._threads
    meeting = threading.Barrier(threads._max_workers)
    list(threads.map(lambda _: meeting.wait(10), range(threads._max_workers)))


def socket_of(client: Client | None, origin: bytes = ORIGIN) -> WebsocketCommunicator:
    headers = [(b"host", b"testserver"), (b"origin", origin)]
    if client is not None:
        headers.append((b"cookie", f"sessionid={client.cookies['sessionid'].value}".encode()))
    return WebsocketCommunicator(application, "/desk/socket", headers=headers)


@asynccontextmanager
async def open_desk(client: Client):
    """An accepted socket and its first frame."""
    socket = socket_of(client)
    accepted, _ = await socket.connect(timeout=10)
    assert accepted
    try:
        yield socket, await next_frame(socket)
    finally:
        await socket.disconnect()


async def kinds_of_frames(socket: WebsocketCommunicator, seconds: float) -> list[str]:
    """What came within some seconds; a beat may be among it at any moment."""
    kinds = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if not await socket.receive_nothing(0.1):
            kinds.append(json.loads((await socket.receive_output())["text"])["type"])
    return kinds


async def next_frame(socket: WebsocketCommunicator, kind: str = "desk", seconds: float = 6):
    until = time.monotonic() + seconds
    while True:
        answer = await socket.receive_output(until - time.monotonic())
        assert answer["type"] == "websocket.send", answer
        frame = json.loads(answer["text"])
        if frame["type"] == kind:
            return frame


async def closed_with(socket: WebsocketCommunicator, seconds: float = 8) -> int:
    until = time.monotonic() + seconds
    while True:
        answer = await socket.receive_output(until - time.monotonic())
        if answer["type"] == "websocket.close":
            return int(answer["code"])


def change(agent: Agent) -> None:
    set_stop_new(agent_id=agent.pk, stop=True)


async def test_the_first_frame_comes_at_once(browser):
    async with open_desk(browser) as (_, frame):
        assert frame["version"] == 0
        assert 'id="strip"' in frame["html"]


async def test_J2_a_change_is_pushed_to_every_open_desk(agent, browser):
    async with open_desk(browser) as (one, _), open_desk(browser) as (other, _):
        await database_sync_to_async(change)(agent)

        for socket in (one, other):
            frame = await next_frame(socket, seconds=2)
            assert frame["version"] == 1
            assert 'aria-checked="true"' in frame["html"]


async def test_fault_11_a_lost_nudge_is_healed_within_two_seconds(agent, browser):
    async with open_desk(browser) as (socket, _):
        await database_sync_to_async(Agent.objects.filter(pk=agent.pk).update)(
            desk_version=5, stop_new=True
        )

        frame = await next_frame(socket, seconds=3)

        assert frame["version"] == 5


async def test_fault_11_a_desk_opens_and_works_without_redis(agent, browser, no_redis):
    async with open_desk(browser) as (socket, _):
        await database_sync_to_async(change)(agent)

        assert (await next_frame(socket, seconds=3))["version"] == 1


async def test_a_burst_of_changes_is_drawn_in_a_few_frames(agent, browser, monkeypatch):
    drawn = 0
    really_draw = consumer._draw_desk

    def counted(session_key):
        nonlocal drawn
        drawn += 1
        return really_draw(session_key)

    monkeypatch.setattr(consumer, "_draw_desk", counted)

    def burst():
        for _ in range(50):
            touch_desk(agent.pk)

    async with open_desk(browser) as (socket, _):
        await database_sync_to_async(burst)()
        while (await next_frame(socket))["version"] < 50:
            pass

    assert drawn < 30


async def test_N7_a_heartbeat_makes_the_agent_present_and_is_answered(agent, browser):
    async with open_desk(browser) as (socket, _):
        await socket.send_to('{"type": "heartbeat"}')

        beat = await next_frame(socket, "beat")

        assert beat["heard"] is True
    await database_sync_to_async(agent.refresh_from_db)()
    assert agent.present


async def test_J4_J5_one_desk_of_those_that_open_is_told_what_was_missed(agent, browser):
    def miss_a_text():
        MessageFactory(interaction=active_interaction(agent))
        since = clock.now() - timedelta(minutes=1)
        Agent.objects.filter(pk=agent.pk).update(absent_since=since)

    await database_sync_to_async(miss_a_text)()
    async with open_desk(browser) as (one, _), open_desk(browser) as (other, _):
        await one.send_to('{"type": "heartbeat"}')
        told = await next_frame(one, "missed")
        await other.send_to('{"type": "heartbeat"}')

        assert "missed" not in await kinds_of_frames(other, seconds=1)

    assert told["sentence"] == "While you were away: 1 new text in 1 conversation."


async def test_J5_a_desk_that_was_open_all_the_time_is_told_nothing(agent, browser):
    def sign_out_elsewhere():
        since = clock.now()
        MessageFactory(interaction=active_interaction(agent))
        Agent.objects.filter(pk=agent.pk).update(absent_since=since)

    async with open_desk(browser) as (socket, _):
        await database_sync_to_async(sign_out_elsewhere)()
        await socket.send_to('{"type": "heartbeat"}')

        assert "missed" not in await kinds_of_frames(socket, seconds=1)


async def test_the_server_asks_for_heartbeats(browser, monkeypatch):
    monkeypatch.setattr(consumer, "BEAT_SECONDS", 0.5)
    async with open_desk(browser) as (socket, _):
        assert (await next_frame(socket, "beat"))["heard"] is False


async def test_a_silent_peer_is_closed(browser, monkeypatch):
    monkeypatch.setattr(consumer, "SILENCE_SECONDS", 1)
    async with open_desk(browser) as (socket, _):
        assert await closed_with(socket) == 4408


@pytest.mark.parametrize(
    "origin",
    [
        b"https://evil.example",
        b"null",
        b"https://testserver.evil.example",
        b"http://testserver:3000",
        b"https://testserver:3000",
    ],
)
async def test_S1_a_foreign_origin_is_refused(browser, origin):
    accepted, _ = await socket_of(browser, origin).connect(timeout=10)

    assert not accepted


@pytest.mark.parametrize("cookie", [b'"\\000"', b'"aaaaaaaa\\000"', b"\xff" * 9, b"x" * 5000])
async def test_S1_a_session_cookie_of_nonsense_is_asked_to_sign_in(transactional_db, cookie):
    headers = [(b"host", b"testserver"), (b"origin", ORIGIN), (b"cookie", b"sessionid=" + cookie)]
    socket = WebsocketCommunicator(application, "/desk/socket", headers=headers)

    assert await socket.connect(timeout=10) == (False, 4401)


async def test_S1_nobody_and_no_agent_are_refused(transactional_db):
    user = await database_sync_to_async(UserFactory)()
    client = Client()
    await database_sync_to_async(client.force_login)(user)

    for somebody in (None, client):
        assert await socket_of(somebody).connect(timeout=10) == (False, 4401)


@pytest.mark.parametrize("how", ["signs out", "is barred", "gets a new password", "is no agent"])
async def test_S2_a_session_that_ended_closes_the_socket(agent, browser, monkeypatch, how):
    monkeypatch.setattr(consumer, "BEAT_SECONDS", 0.5)

    def end():
        user = agent.user
        if how == "signs out":
            browser.post("/sign-out/")
        elif how == "is barred":
            type(user).objects.filter(pk=user.pk).update(is_active=False)
        elif how == "gets a new password":
            user.set_password("another")
            user.save()
        else:
            agent.status_periods.all().delete()
            agent.delete()

    async with open_desk(browser) as (socket, _):
        await database_sync_to_async(end)()

        assert await closed_with(socket) == 4401


async def test_S2_nothing_is_drawn_for_a_session_that_ended(agent, browser):
    async with open_desk(browser) as (socket, _):
        await database_sync_to_async(browser.post)("/sign-out/")
        await database_sync_to_async(change)(agent)

        assert await closed_with(socket) == 4401


async def test_S11_a_frame_over_64_kilobytes_closes_the_desk(browser):
    async with open_desk(browser) as (socket, _):
        await socket.send_to("x" * (64 * 1024 + 1))

        assert await closed_with(socket) == 4413


async def test_S11_more_than_twenty_frames_a_second_close_the_desk(browser):
    async with open_desk(browser) as (socket, _):
        for _ in range(22):
            await socket.send_to('{"type": "heartbeat"}')

        assert await closed_with(socket) == 4429


@pytest.mark.parametrize(
    "frame", ["nonsense", "[]", '{"type": 3}', '{"type": "accept"}', "[" * 5000, '"\\ud800"']
)
async def test_unknown_frames_are_answered_with_a_sentence(browser, frame):
    async with open_desk(browser) as (socket, _):
        await socket.send_to(frame)

        answer = await next_frame(socket, "error")

        assert answer["sentence"] == "The desk sends heartbeats only."


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "id", "now"]) | st.text(max_size=5), inner)
    ),
    max_leaves=6,
)
texts = st.text(st.characters(codec="utf-8"), max_size=200)
frames = json_values.map(json.dumps) | texts | st.binary(max_size=200)


@given(st.lists(frames.filter(lambda frame: "heartbeat" not in str(frame)), max_size=12))
@hypothesis_settings(max_examples=15)
async def test_S11_whatever_a_frame_holds_the_desk_answers_and_goes_on(browser, sent):
    async with open_desk(browser) as (socket, _):
        for frame in sent:
            kind = "bytes" if isinstance(frame, bytes) else "text"
            await socket.send_input({"type": "websocket.receive", kind: frame})

        for _ in sent:
            answer = await next_frame(socket, "error")
            assert answer["sentence"] == "The desk sends heartbeats only."
        await socket.send_to('{"type": "heartbeat"}')
        while not (await next_frame(socket, "beat"))["heard"]:
            pass


@pytest.mark.parametrize("desks", [1, 10])
async def test_a_look_costs_four_queries_for_however_many_desks(transactional_db, desks):
    def look() -> tuple[int, int]:
        keys = {}
        for agent in AgentFactory.create_batch(desks):
            client = Client()
            client.force_login(agent.user)
            keys[client.cookies["sessionid"].value] = agent.pk
        with CaptureQueriesContext(connection) as queries:
            _, seen = watch._look_at(keys)
        return len(seen), len(queries)

    # the clock, sessions, versions, what waits in the queues
    assert await database_sync_to_async(look)() == (desks, 4)


async def test_S2_the_database_is_asked_again_where_a_session_could_not_be_checked(
    browser, agent, monkeypatch
):
    really_draw = consumer._draw_desk
    user = agent.user
    failed = threading.Event()

    def draw(session_key):
        """Fails once, when the session has just ended."""
        if not failed.is_set() and not type(user).objects.filter(password=user.password).exists():
            failed.set()
            raise OperationalError("the database is gone")
        return really_draw(session_key)

    def give_a_new_password():
        changed = type(user).objects.get(pk=user.pk)
        changed.set_password("another")
        changed.save()

    monkeypatch.setattr(consumer, "_draw_desk", draw)
    async with open_desk(browser) as (socket, _):
        await database_sync_to_async(give_a_new_password)()

        assert await closed_with(socket) == 4401


async def test_S3_a_desk_hears_only_of_itself(browser):
    def change_another():
        other = AgentFactory()
        active_interaction(other)
        change(other)

    async with open_desk(browser) as (socket, _):
        await database_sync_to_async(change_another)()

        assert "desk" not in await kinds_of_frames(socket, seconds=1.5)


async def test_the_last_desk_to_close_stops_the_watch(browser):
    async with open_desk(browser):
        assert len(watch.watch()._tasks) == 2
    await asyncio.sleep(0)

    assert watch.watch()._tasks == []
    assert watch.watch()._desks == {}
