"""What a supervisor changes is on every open desk at once, and loses nothing that was begun there.

An open desk looks again when its version has grown. What a frame does not draw itself, the tile's
letters tell the open conversation to fetch: they are other ones than before, and the page's.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from django.urls import reverse

from agents.models import StatusCode
from cases.models import Disposition
from routing.models import NumberCapability, QueueMember, SmsSwitch
from tests.admin.conftest import version
from tests.console.conftest import html_of, offer_text, signed_in
from tests.factories import (
    AgentFactory,
    ChannelFactory,
    DestinationFactory,
    DispositionFactory,
    QueueFactory,
    SendingPolicyFactory,
    TeamFactory,
    active_interaction,
    inbound_text,
)
from tests.support.admin_forms import change

if TYPE_CHECKING:
    from django.test import Client

    from agents.models import Agent
    from routing.models import Channel, Interaction

pytestmark = pytest.mark.django_db
CUSTOMER = "+14155550123"


@dataclass
class Floor:
    """An agent with a talk, one in wrap-up and an offer; and the rows a supervisor changes."""

    agent: Agent
    browser: Client
    channel: Channel
    talk: Interaction
    wrap_up: Interaction
    lunch: StatusCode
    disposition: Disposition

    @property
    def queue(self):
        return self.channel.queue

    def frame(self) -> str:
        return " ".join(html_of(self.agent).split())

    def page(self, of: Interaction) -> str:
        return " ".join(self.browser.get(f"/desk/conversations/{of.pk}/").text.split())


@pytest.fixture
def floor() -> Floor:
    channel = ChannelFactory(allow_agent_initiated=True, queue=QueueFactory(name="Claims"))
    disposition = DispositionFactory(name="Claim filed")
    lunch = StatusCode.objects.create(name="Lunch")
    agent = AgentFactory(queues=[channel.queue], team=TeamFactory(limit=8))
    browser = signed_in(agent)
    talk = active_interaction(agent, channel=channel, customer_address=CUSTOMER)
    ended = active_interaction(agent, channel=channel, customer_address="+14155550124")
    browser.post(f"/desk/conversations/{ended.pk}/end")
    offer_text(channel, "+14155550125")
    agent.refresh_from_db()
    return Floor(agent, browser, channel, talk, ended, lunch, disposition)


def membership(floor: Floor) -> dict[str, Any]:
    member = QueueMember.objects.get(agent=floor.agent)
    inbound_text(floor.channel, "+14155550126")
    return {"memberships-0-id": member.pk, "memberships-0-DELETE": "on"}


Made: TypeAlias = Callable[[Floor], tuple[Any, dict[str, Any]]]

# What is changed: the row and its fields; and the words that the desk has from then on.
ON_THE_FRAME: dict[str, tuple[Made, str]] = {
    "limit of their own": (lambda on: (on.agent, {"limit": 7}), "/7</span>"),
    "the team's limit": (lambda on: (on.agent.team, {"limit": 9}), "/9</span>"),
    "another team": (lambda on: (on.agent, {"team": TeamFactory(limit=10).pk}), "/10</span>"),
    "may reject": (
        lambda on: (on.agent, {"may_reject": None}),
        "Rejecting needs a permission you do not have",
    ),
    "may text first": (
        lambda on: (on.agent, {"may_initiate": None}),
        "You do not have permission to text first.",
    ),
    "channel may be texted first from": (
        lambda on: (on.channel, {"allow_agent_initiated": None}),
        "None of your queues has a number that agents may text first from.",
    ),
    "account for SMS": (
        lambda on: (on.agent, {"sms_capable": None}),
        "Your account is not for SMS",
    ),
    "a status": (lambda on: (on.lunch, {"name": "Luncheon"}), "</span>Luncheon</button>"),
    "in the queue no more": (lambda on: (on.queue, membership(on)), "queue:</span> nobody waits"),
    "the queue's name": (lambda on: (on.queue, {"name": "Storm"}), "Storm · waiting"),
}
ON_THE_TALK: dict[str, tuple[Made, str]] = {
    "the channel's name": (lambda on: (on.channel, {"name": "Storm line"}), "Storm line<"),
    "the channel's state": (lambda on: (on.channel, {"state": "SUSPENDED"}), "is suspended"),
    "the media policy": (lambda on: (on.channel, {"media_policy": "PLAIN"}), "Plain text only"),
    "the company's switch": (
        lambda _: (SmsSwitch.objects.get(), {"sms_on": None, "reason": "We move."}),
        "switched off for the whole company: We move",
    ),
    "the account": (lambda on: (on.agent, {"sms_capable": None}), "Your account is not for SMS"),
    "a sending policy": (
        lambda on: (SendingPolicyFactory(name="Bears", agents=[on.agent]), {"sms_on": None}),
        "switched off by the sending policy “Bears”",
    ),
    "a country": (
        lambda _: (DestinationFactory(country="US"), {"allowed": None, "reason": "Too dear"}),
        "Texts to United States are not allowed: Too dear.",
    ),
    "what numbers can do": (
        lambda on: (
            NumberCapability.objects.get(country="US", number_type=on.channel.number_type),
            {"outbound": None},
        ),
        "only receives",
    ),
}
ON_THE_WRAP_UP: dict[str, tuple[Made, str]] = {
    "a disposition's name": (lambda on: (on.disposition, {"name": "Filed"}), "<option>Filed<"),
    "a disposition taken out": (
        lambda on: (on.disposition, {"active": None}),
        "Choose…</option></select>",
    ),
    "a disposition of other queues": (
        lambda on: (on.disposition, {"queues": [QueueFactory().pk]}),
        "Choose…</option></select>",
    ),
    "a disposition is required": (
        lambda on: (on.queue, {"disposition_required": "on"}),
        'id="disposition-required"',
    ),
    "more time": (lambda on: (on.queue, {"wrap_up_extension_seconds": 45}), "45 seconds more"),
    "the channel's name": (lambda on: (on.channel, {"name": "Storm line"}), "Storm line<"),
}


@pytest.mark.parametrize("what", ON_THE_FRAME)
def test_N20_what_a_supervisor_changes_is_in_the_next_frame(supervisor, floor, what):
    made, words = ON_THE_FRAME[what]
    row, fields = made(floor)
    seen, before = version(floor.agent), floor.frame()

    change(supervisor, row, **fields)

    assert words not in before
    assert version(floor.agent) > seen
    assert words in floor.frame()


@pytest.mark.parametrize("what", ON_THE_TALK)
def test_N20_what_a_supervisor_changes_reaches_the_open_talk(supervisor, floor, what):
    made, words = ON_THE_TALK[what]

    reaches(supervisor, floor, floor.talk, made(floor), words)


@pytest.mark.parametrize("what", ON_THE_WRAP_UP)
def test_H3_H2_what_a_supervisor_changes_reaches_the_open_wrap_up(supervisor, floor, what):
    made, words = ON_THE_WRAP_UP[what]

    reaches(supervisor, floor, floor.wrap_up, made(floor), words)


def reaches(supervisor, floor, of, changes, words) -> None:
    row, fields = changes
    seen, old_page, old_letters = version(floor.agent), floor.page(of), letters(floor, of)

    change(supervisor, row, **fields)

    page = floor.page(of)
    assert words not in old_page
    assert words in page
    assert version(floor.agent) > seen
    # The tile's letters are other ones, so that the open page is fetched; and the page's own.
    assert letters(floor, of) != old_letters
    setup, locked = letters(floor, of)
    assert f'data-setup="{setup}"' in page
    assert f'data-locked="{locked}"' in page or of == floor.wrap_up


def letters(floor, of):
    """What the tile says of what its page shows of the settings, and of what its composer does."""
    tile = floor.frame().partition(f'id="tile-{of.pk}"')[2]
    return tuple(re.search(rf'{name}="(.*?)"', tile)[1] for name in ("data-setup", "data-locked"))


def test_H3_open_desks_follow_the_dispositions(supervisor):
    agent = AgentFactory()
    before = version(agent)

    form = {"name": "Claim filed", "position": 10, "active": "on"}
    supervisor.post(reverse("admin:cases_disposition_add"), form)

    assert Disposition.objects.exists()
    assert version(agent) > before


def test_H3_a_new_disposition_and_one_that_is_deleted_reach_the_open_wrap_up(supervisor, floor):
    seen = [letters(floor, floor.wrap_up)]
    form = {"name": "Sold", "position": 10, "active": "on"}

    supervisor.post(reverse("admin:cases_disposition_add"), form)
    seen.append(letters(floor, floor.wrap_up))
    sold = Disposition.objects.get(name="Sold")
    supervisor.post(reverse("admin:cases_disposition_delete", args=[sold.pk]), {"post": "yes"})

    assert seen[1] != seen[0] == letters(floor, floor.wrap_up)


@pytest.mark.parametrize("by", ["page", "list"])
def test_D4_deleted_a_teams_limit_is_nobodys_any_more(supervisor, floor, by):
    team, seen = floor.agent.team, version(floor.agent)
    if by == "page":
        supervisor.post(reverse("admin:agents_team_delete", args=[team.pk]), {"post": "yes"})
    else:
        form = {"action": "delete_selected", "_selected_action": [team.pk], "post": "yes"}
        supervisor.post(reverse("admin:agents_team_changelist"), form)

    assert version(floor.agent) > seen
    assert "/6</span>" in floor.frame()


def test_H2_C3_timers_that_run_keep_their_time_and_the_next_ones_have_the_new(supervisor, floor):
    offer, wrap_up = floor.agent.offers.get(), floor.wrap_up
    wrap_up.refresh_from_db()
    due = wrap_up.wrap_up_due_at

    change(supervisor, floor.queue, wrap_up_seconds=5, acceptance_seconds=5)

    wrap_up.refresh_from_db()
    assert (floor.agent.offers.get().expires_at, wrap_up.wrap_up_due_at) == (offer.expires_at, due)
    floor.browser.post(f"/desk/conversations/{floor.talk.pk}/end")
    floor.talk.refresh_from_db()
    assert (floor.talk.wrap_up_due_at - floor.talk.ended_at).total_seconds() == 5
