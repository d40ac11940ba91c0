"""N11: the live floor, its reading, its page and its socket."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import Group, User
from django.db import connection, connections
from django.test import Client
from django.urls import reverse

from agents.enums import ON_BREAK, Role
from routing.enums import Author, InteractionState, MessageState
from routing.models import Interaction, Outage
from routing.selectors.floor import narrowed, read_floor
from smsdesk.asgi import application
from smsdesk.floor.board import Wanted, board_of, line, wanted_by
from smsdesk.floor.consumer import FloorConsumer
from smsdesk.lib import clock
from tests.console.test_socket import wait_for_the_desks_threads
from tests.factories import (
    AccountFactory,
    AgentFactory,
    ChannelFactory,
    InteractionFactory,
    MessageFactory,
    QueueFactory,
    TeamFactory,
    active_interaction,
)


def supervisor() -> User:
    sue = User.objects.create_user("sue", password="secret", is_staff=True)
    sue.groups.add(Group.objects.get(name=Role.SUPERVISOR))
    return sue


def crowd(agents: int):
    channel = ChannelFactory()
    made = [
        AgentFactory(queues=[channel.queue], team=TeamFactory(), name=f"Agent {n}")
        for n in range(agents)
    ]
    for agent in made:
        talk = active_interaction(agent, channel=channel)
        MessageFactory(interaction=talk)
    return channel, made


@pytest.mark.django_db
@pytest.mark.parametrize("agents", [1, 10])
def test_N11_one_reading_costs_the_same_for_one_agent_and_for_ten(
    agents, django_assert_num_queries
):
    crowd(agents)

    with django_assert_num_queries(11):
        floor = read_floor(clock.now())
        board_of(floor, Wanted())

    assert len(floor.agents) == agents


@pytest.mark.django_db
def test_N11_the_reading_tells_what_waits_who_is_there_and_what_is_wrong():
    channel, (robin,) = crowd(1)
    AgentFactory(name="Kim", status=ON_BREAK)
    now = clock.now()
    InteractionFactory(
        channel=channel,
        initiated_at=now - timedelta(minutes=5),
        response_due_at=now - timedelta(minutes=1),
    )
    InteractionFactory(channel=channel, response_due_at=now + timedelta(seconds=30))
    MessageFactory(
        interaction=Interaction.objects.get(agent=robin),
        author=Author.AGENT,
        agent=robin,
        state=MessageState.FAILED,
        failure="Off",
    )

    floor = read_floor(now)

    (queue,) = floor.queues
    assert (queue.waiting, queue.active, queue.late, queue.at_risk) == (2, 1, 1, 1)
    assert queue.oldest == now - timedelta(minutes=5)
    assert (floor.failed, floor.available_count, floor.present_count) == (1, 1, 2)
    assert (floor.late_count, floor.risk_count, queue.risk) == (1, 1, "bad")
    assert [one.name for one in floor.agents] == [robin.name, "Kim"]
    assert [talk.state for talk in floor.agents[0].talks] == [InteractionState.ACTIVE]
    assert len(floor.waiting) == 2
    assert sum(one.received for one in floor.minutes) == 1
    assert sum(one.sent for one in floor.minutes) == 1


@pytest.mark.django_db
def test_N18_an_account_that_takes_no_texts_is_on_the_board_with_what_waits(client):
    channel = ChannelFactory(account=AccountFactory(name="Acme <b>"))
    MessageFactory(interaction=InteractionFactory(channel=channel), author="AGENT", state="QUEUED")
    now = clock.now()
    Outage.objects.create(
        account=channel.account, began_at=now, what="The carrier is busy.", paused_until=now
    )
    client.force_login(supervisor())

    html = " ".join(client.get(reverse("floor")).text.split())

    assert "Acme &lt;b&gt;</b> takes no texts since" in html
    assert "The carrier is busy. 1 waits until it does." in html


@pytest.mark.django_db
def test_N11_queues_past_their_target_stand_first_then_those_at_risk():
    now = clock.now()
    for name, seconds in (("Calm", 600), ("Late", -5), ("Risky", 30), ("Also calm", 600)):
        channel = ChannelFactory(queue=QueueFactory(name=name))
        InteractionFactory(channel=channel, response_due_at=now + timedelta(seconds=seconds))

    queues = read_floor(now).queues

    assert [(one.name, one.risk) for one in queues] == [
        ("Late", "bad"),
        ("Risky", "some"),
        ("Also calm", "calm"),
        ("Calm", "calm"),
    ]


@pytest.mark.django_db
def test_N11_it_is_narrowed_to_a_queue_and_a_team():
    channel, (robin, sam) = crowd(2)
    crowd(1)
    floor = read_floor(clock.now())

    of_queue = narrowed(floor, queue_id=channel.queue_id, team_id=None)
    of_team = narrowed(floor, queue_id=channel.queue_id, team_id=sam.team_id)

    assert [one.name for one in of_queue.queues] == [channel.queue.name]
    assert {one.pk for one in of_queue.agents} == {robin.pk, sam.pk}
    assert [one.pk for one in of_team.agents] == [sam.pk]


def test_N11_what_an_address_asks_for_is_read_and_nonsense_is_nothing():
    assert wanted_by({"queue": "3", "wall": "1"}) == Wanted(queue_id=3, wall=True)
    assert wanted_by({"queue": "x", "team": "²", "wall": "yes"}) == Wanted()


def test_N11_a_sparkline_goes_from_left_to_right_within_its_box():
    assert line([0, 2, 4], top=4) == "0.0,60.0 150.0,30.0 300.0,0.0"
    assert line([0, 0], top=0) == "0.0,60.0 300.0,60.0"


@pytest.mark.django_db
def test_N11_the_wall_shows_no_customers_number_and_the_sidebar_leads_to_the_floor(client):
    _, (robin,) = crowd(1)
    talk = Interaction.objects.get(agent=robin)
    client.force_login(supervisor())
    number = read_floor(clock.now()).agents[0].talks[0].number

    assert number in client.get(reverse("floor")).content.decode()
    wall = client.get(f"{reverse('floor')}?wall=1").content.decode()

    assert number not in wall
    assert talk.customer_address not in wall
    assert robin.name in wall
    assert "Live floor" in client.get(reverse("admin:index")).content.decode()


@pytest.mark.django_db(transaction=True)
@pytest.mark.asyncio
class TestSocket:
    @pytest.fixture(autouse=True)
    async def _quiet_database(self, transactional_db):
        """Nobody may still be reading, nor hold a connection, when the tables are emptied."""
        yield
        await sync_to_async(wait_for_the_desks_threads)()
        await sync_to_async(connections.close_all)()

    @pytest.fixture
    def channel(self, transactional_db):
        return crowd(1)[0]

    @pytest.fixture
    def browser(self, channel):
        client = Client()
        user = User.objects.create_superuser("sue", password="secret")
        client.force_login(user)
        return client

    def socket(self, browser, query=""):
        cookie = f"sessionid={browser.cookies['sessionid'].value}"
        return WebsocketCommunicator(
            application,
            f"/admin/floor/socket{query}",
            headers=[(b"cookie", cookie.encode()), (b"origin", b"http://testserver")],
        )

    async def frame(self, socket, words, seconds=15):
        async def look():
            while True:
                frame = json.loads(await socket.receive_from(timeout=seconds))
                if frame["type"] == "floor" and words in frame["html"]:
                    return frame

        return await asyncio.wait_for(look(), seconds)

    async def test_N11_the_socket_shows_the_floor_and_what_changes_on_it(self, browser, channel):
        socket = self.socket(browser)
        connected, _ = await socket.connect(timeout=10)
        assert connected
        await self.frame(socket, "Nobody waits.")

        await asyncio.to_thread(in_thread, lambda: InteractionFactory(channel=channel))

        await self.frame(socket, "<b>1</b> waiting")
        await socket.disconnect()

    async def test_N11_one_reading_serves_everybody_who_watches_in_this_process(
        self, browser, channel
    ):
        queries = ("", "?wall=1", f"?queue={channel.queue_id}")
        sockets = [self.socket(browser, query) for query in queries]
        for socket in sockets:
            await socket.connect(timeout=10)
            await self.frame(socket, "<b>0</b> waiting")

        await asyncio.to_thread(in_thread, lambda: InteractionFactory(channel=channel))

        moments = {(await self.frame(one, "<b>1</b> waiting"))["now"] for one in sockets}
        assert len(moments) == 1
        for socket in sockets:
            await socket.disconnect()

    async def test_N11_a_socket_in_trouble_is_written_down_and_keeps_nobody_else_waiting(
        self, browser, channel, monkeypatch, caplog
    ):
        async def torn(self, html, frame):
            if self.wanted.wall:
                raise OSError("torn")
            await show(self, html, frame)

        show = FloorConsumer.show
        monkeypatch.setattr(FloorConsumer, "show", torn)
        wall, page = self.socket(browser, "?wall=1"), self.socket(browser)
        await wall.connect(timeout=10)
        await page.connect(timeout=10)

        await self.frame(page, "<b>0</b> waiting")

        assert "Could not show the floor" in caplog.text
        await wall.disconnect()
        await page.disconnect()

    async def test_N21_the_last_watcher_whose_session_ended_is_told_to_sign_in_again(
        self, browser, monkeypatch
    ):
        monkeypatch.setattr("smsdesk.floor.consumer.BEAT_SECONDS", 0)
        socket = self.socket(browser)
        await socket.connect(timeout=10)
        await self.frame(socket, "waiting")

        await asyncio.to_thread(in_thread, browser.logout)

        async def closed():
            while True:
                output = await socket.receive_output(timeout=15)
                if output["type"] == "websocket.close":
                    return output["code"]

        assert await asyncio.wait_for(closed(), 15) == 4401

    async def test_N11_an_agents_session_opens_no_floor(self, channel):
        client = Client()
        agent = await asyncio.to_thread(in_thread, AgentFactory)
        await asyncio.to_thread(in_thread, lambda: client.force_login(agent.user))
        connected, code = await self.socket(client).connect(timeout=10)
        assert (connected, code) == (False, 4401)


def in_thread(work):
    try:
        return work()
    finally:
        connection.close()
