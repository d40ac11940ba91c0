"""F16, F17, G12, I1: links and numbers wherever the desk shows words, read where they are from."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from agents.models import Agent
from cases.models import CaseLink
from cases.services.notes import add_note
from routing.enums import EventKind, InteractionState
from routing.models import Interaction
from routing.services.lifeline import record
from smsdesk.lib import clock
from tests.factories import (
    AgentFactory,
    CaseFactory,
    ChannelFactory,
    ChatLogFactory,
    CustomerFactory,
    InteractionFactory,
    MessageFactory,
    active_interaction,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from routing.models import Channel

CUSTOMER = "+442071230000"
NAMED = "+442071838750"
WORDS = "See https://a.example/x or\ncall 020 7183 8750"


class Pressed(HTMLParser):
    """The links to other sites, and what would text a number."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[dict[str, str | None]] = []
        self.buttons: list[dict[str, str | None]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "a" and (found.get("href") or "").startswith("http"):
            self.links.append(found)
        if "data-text-to" in found:
            self.buttons.append(found)


@pytest.fixture
def channel(db) -> Channel:
    return ChannelFactory(number="+442079460000")


@pytest.fixture
def talk(agent, channel) -> Interaction:
    return active_interaction(agent, channel=channel, customer_address=CUSTOMER)


def in_a_text(talk: Interaction) -> str:
    MessageFactory(interaction=talk, body=WORDS)
    return f"/desk/conversations/{talk.pk}/"


def in_a_note(talk: Interaction) -> str:
    assert talk.agent_id
    add_note(agent_id=talk.agent_id, interaction_id=talk.pk, body=WORDS, now=clock.now())
    return f"/desk/conversations/{talk.pk}/"


def in_an_event(talk: Interaction) -> str:
    record(
        talk.pk,
        EventKind.TRANSFERRED,
        state=talk.state,
        at=clock.now(),
        note=WORDS,
        to="Claims",
    )
    return f"/desk/conversations/{talk.pk}/"


def in_a_handover(talk: Interaction) -> str:
    Interaction.objects.filter(pk=talk.pk).update(
        handed_over_by=AgentFactory(), handover_note=WORDS
    )
    return f"/desk/conversations/{talk.pk}/"


def past(talk: Interaction, note: str = "") -> Interaction:
    return InteractionFactory(
        channel=talk.channel, customer_address=CUSTOMER, state=InteractionState.CLOSED, note=note
    )


def in_a_past_text(talk: Interaction) -> str:
    old = past(talk)
    MessageFactory(interaction=old, body=WORDS)
    return f"/desk/conversations/{talk.pk}/past/{old.pk}"


def in_a_past_note(talk: Interaction) -> str:
    past(talk, WORDS)
    return f"/desk/conversations/{talk.pk}/"


def in_a_log(talk: Interaction) -> str:
    ChatLogFactory(interaction=past(talk), note=WORDS)
    return f"/desk/conversations/{talk.pk}/pane"


def in_a_transcript(talk: Interaction) -> str:
    log = ChatLogFactory(interaction=past(talk), transcript=f"[0:00] Customer: {WORDS}")
    return f"/desk/logs/{log.pk}/words"


def in_the_log_that_pops(talk: Interaction) -> str:
    ChatLogFactory(interaction=talk, transcript=WORDS)
    Interaction.objects.filter(pk=talk.pk).update(state=InteractionState.CLOSED)
    return f"/desk/conversations/{talk.pk}/pane"


def in_a_subject(talk: Interaction) -> str:
    case = CaseFactory(phone=CUSTOMER, subject=WORDS)
    return f"/desk/cases/{case.pk}/"


def in_a_list_of_cases(talk: Interaction) -> str:
    case = CaseFactory(phone=CUSTOMER, subject=WORDS)
    return f"/desk/customers/{case.customer_id}/"


def in_a_description(talk: Interaction) -> str:
    case = CaseFactory(phone=CUSTOMER, description=WORDS)
    CaseLink.objects.create(interaction=talk, case=case, customer=case.customer)
    return f"/desk/conversations/{talk.pk}/pane"


def in_a_cases_note(talk: Interaction) -> str:
    assert talk.agent_id
    case = CaseFactory(phone=CUSTOMER)
    add_note(agent_id=talk.agent_id, case_id=case.pk, body=WORDS, now=clock.now())
    return f"/desk/cases/{case.pk}/"


def in_a_mention(talk: Interaction) -> str:
    assert talk.agent is not None
    body = f"@{talk.agent.user.get_username()} {WORDS}"
    case = CaseFactory(phone=CUSTOMER)
    add_note(agent_id=AgentFactory().pk, case_id=case.pk, body=body, now=clock.now())
    return "/desk/mentions"


def in_what_is_known_of_a_customer(talk: Interaction) -> str:
    customer = CustomerFactory(phones=[CUSTOMER], notes=WORDS)
    return f"/desk/customers/{customer.pk}/"


WHEREVER = [
    in_a_text,
    in_a_note,
    in_an_event,
    in_a_handover,
    in_a_past_text,
    in_a_past_note,
    in_a_log,
    in_a_transcript,
    in_the_log_that_pops,
    in_a_subject,
    in_a_list_of_cases,
    in_a_description,
    in_a_cases_note,
    in_a_mention,
    in_what_is_known_of_a_customer,
]


@pytest.mark.parametrize("where", WHEREVER)
def test_F16_F17_G12_links_and_numbers_can_be_pressed(
    desk: Client, talk: Interaction, where: Callable[[Interaction], str]
):
    read = Pressed(desk.get(where(talk)).text)

    assert {link["href"] for link in read.links} == {"https://a.example/x"}
    for link in read.links:
        assert (link["target"], link["rel"]) == ("_blank", "noopener noreferrer nofollow")
    assert NAMED in [button["data-text-to"] for button in read.buttons]
    assert all("disabled" not in button for button in read.buttons)


@pytest.mark.parametrize("where", WHEREVER)
def test_I1_without_the_permission_each_button_says_why(
    agent: Agent, desk: Client, talk: Interaction, where: Callable[[Interaction], str]
):
    Agent.objects.filter(pk=agent.pk).update(may_initiate=False)

    read = Pressed(desk.get(where(talk)).text)

    assert NAMED in [button["data-text-to"] for button in read.buttons]
    for button in read.buttons:
        assert "disabled" in button
        assert (button["title"] or "").startswith("You do not have permission to text first.")


def test_G12_every_number_of_the_customers_found_has_a_button(desk, talk):
    CustomerFactory(name="Dana Whitfield", phones=["+442071230001", NAMED])

    for address in (f"/desk/conversations/{talk.pk}/customers", "/desk/find"):
        read = Pressed(desk.get(address, {"words": "dana"}).text)
        assert [one["data-text-to"] for one in read.buttons] == ["+442071230001", NAMED]


def test_I1_in_the_command_bar_the_buttons_say_why_too(agent, desk):
    Agent.objects.filter(pk=agent.pk).update(may_initiate=False)
    CustomerFactory(name="Dana Whitfield", phones=[CUSTOMER])

    (button,) = Pressed(desk.get("/desk/find", {"words": "dana"}).text).buttons

    assert button["aria-disabled"] == "true"
    assert (button["title"] or "").startswith("You do not have permission to text first.")
