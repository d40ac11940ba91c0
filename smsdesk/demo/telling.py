"""Writes conversations that are over as a desk at work would have left them, in a few statements.

Texts, offers with their receipts, life line, case, chat log, and the tallies counted from them: so
the demo's lists, reports and dry runs agree with one another.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from agents.models import Agent
from cases.models import Case, CaseLink, Customer
from cases.services.chatlogs import save_chat_log
from routing.enums import Author, EventKind, InteractionState, MessageState, OfferState
from routing.models import Channel, Event, Interaction, Message, Offer
from routing.selectors.prices import price_list
from routing.services.matching import explain_direct
from routing.services.rules import first_word_of
from routing.services.sla import first_due, next_due
from routing.services.tallies import count_anew
from smsdesk.demo.people import SUPERVISOR_NAME
from smsdesk.lib import phone, segments

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal

    from smsdesk.demo.history import Story

DELIVERED_WITHIN = timedelta(seconds=2)
# When, what, the new state, whose, about which text, and what else.
Entry = tuple[int, EventKind, str, int | None, Message | None, dict[str, Any]]


@dataclass(frozen=True)
class Told:
    """A story and the rows of it."""

    story: Story
    case: Case
    interaction: Interaction
    messages: list[Message]
    agents: Mapping[str, Agent]

    def at(self, seconds: int) -> datetime:
        return self.interaction.initiated_at + timedelta(seconds=seconds)


def tell(stories: Sequence[Story], *, now: datetime) -> None:
    """Write these stories down and count the reports."""
    customers = {one.name: one for one in Customer.objects.prefetch_related("phones")}
    agents = {one.user.username: one for one in Agent.objects.select_related("user")}
    channels = {one.name: one for one in Channel.objects.select_related("queue", "schedule")}
    prices = price_list()
    told = []
    for story in stories:
        customer = customers[story.customer]
        interaction = _interaction(story, channels[story.channel], customer, agents, now)
        messages = _messages(story, interaction, prices)
        told.append(Told(story, _case(story, interaction, customer), interaction, messages, agents))
    # Cases by the order of the stories; conversations by time, for their ids grow with it.
    Case.objects.bulk_create([one.case for one in told])
    told.sort(key=lambda one: one.interaction.initiated_at)
    Interaction.objects.bulk_create([one.interaction for one in told])
    Message.objects.bulk_create([message for one in told for message in one.messages])
    Offer.objects.bulk_create([offer for one in told for offer in _offers(one)])
    Event.objects.bulk_create([event for one in told for event in _life_line(one)])
    CaseLink.objects.bulk_create(
        CaseLink(interaction=one.interaction, customer=one.case.customer, case=one.case)
        for one in told
    )
    for one in told:
        save_chat_log(interaction_id=one.interaction.pk)
    count_anew()


def _interaction(
    story: Story,
    channel: Channel,
    customer: Customer,
    agents: Mapping[str, Agent],
    now: datetime,
) -> Interaction:
    address = customer.phones.all()[0].number
    began = now - story.ago
    return Interaction(
        channel=channel,
        customer_address=address,
        queue=channel.queue,
        agent=agents[story.agent],
        state=InteractionState.CLOSED,
        initiated_at=began,
        queued_at=began,
        waits_since=began,
        accepted_at=began + timedelta(seconds=story.accepted),
        ended_at=began + timedelta(seconds=story.ended),
        ended_by=story.ended_by,
        closed_at=began + timedelta(seconds=story.closed),
        disposition=story.disposition,
        note=story.note,
        revision=len(story.lines),
        routing={
            "first_word": first_word_of(story.lines[0][2]),
            "country": phone.country_of(address),
            "known": True,
            "opted_out": False,
            "rule": None,
            "queue": channel.queue.name,
            "why": "no rule matched",
        },
    )


def _case(story: Story, interaction: Interaction, customer: Customer) -> Case:
    return Case(
        customer=customer,
        phone=interaction.customer_address,
        subject=story.subject,
        state=story.case_state,
        opened_at=interaction.initiated_at,
        updated_at=interaction.initiated_at,
    )


def _messages(
    story: Story, interaction: Interaction, prices: Mapping[str, Decimal]
) -> list[Message]:
    price = prices.get(phone.country_of(interaction.customer_address))
    messages = []
    for seconds, author, body in story.lines:
        at = interaction.initiated_at + timedelta(seconds=seconds)
        message = Message(
            interaction=interaction,
            channel=interaction.channel,
            author=author,
            body=body,
            created_at=at,
            state=MessageState.RECEIVED,
            parts=segments.plan(body).parts,
        )
        if author == Author.AGENT:
            message.agent = interaction.agent
            message.state = MessageState.DELIVERED
            message.sent_at, message.delivered_at = at, at + DELIVERED_WITHIN
            message.price = None if price is None else price * message.parts
        messages.append(message)
    return messages


def _offers(told: Told) -> Iterator[Offer]:
    interval = told.interaction.queue.acceptance_seconds
    for username, state, offered, decided in told.story.offers:
        agent = told.agents[username]
        yield Offer(
            interaction=told.interaction,
            agent=agent,
            state=state,
            offered_at=told.at(offered),
            expires_at=told.at(offered + interval),
            decided_at=told.at(decided),
            receipt=explain_direct(agent.pk, agent.name, "had been idle for the longest time"),
        )


def _life_line(told: Told) -> Iterator[Event]:
    for seconds, kind, state, agent_id, message, detail in _entries(told):
        yield Event(
            interaction=told.interaction,
            kind=kind,
            state=state,
            at=told.at(seconds),
            queue=told.interaction.queue,
            agent_id=agent_id,
            message=message,
            detail=detail,
        )


def _entries(told: Told) -> list[Entry]:
    story, whose = told.story, told.interaction.agent_id
    first, *later = _texts(told)
    entries: list[Entry] = [first, (0, EventKind.QUEUED, InteractionState.QUEUED, None, None, {})]
    for username, state, offered, decided in story.offers:
        agent_id = told.agents[username].pk
        taken = state == OfferState.ACCEPTED
        becomes = InteractionState.ACTIVE if taken else InteractionState.QUEUED
        entries += [
            (offered, EventKind.OFFERED, InteractionState.OFFERED, agent_id, None, {}),
            (decided, EventKind(state), becomes, agent_id, None, {}),
        ]
    if story.whisper:
        said = {"supervisor": SUPERVISOR_NAME, "words": story.whisper[1]}
        entries.append((story.whisper[0], EventKind.WHISPERED, "", whose, None, said))
    by = {"ended_by": story.ended_by.value, "due": ""}
    how = {"disposition": story.disposition}
    entries += [
        *later,
        (story.ended, EventKind.ENDED, InteractionState.WRAP_UP, whose, None, by),
        (story.closed, EventKind.CLOSED, InteractionState.CLOSED, whose, None, how),
    ]
    return sorted(entries, key=lambda entry: entry[0])


def _texts(told: Told) -> Iterator[Entry]:
    """An entry for each text; an answer's says by when it was due."""
    interaction, due = told.interaction, None
    for (seconds, author, _), message in zip(told.story.lines, told.messages, strict=True):
        if author == Author.CUSTOMER:
            due = due or _due(interaction, seconds, message.created_at)
            yield seconds, EventKind.RECEIVED, "", None, message, {}
        else:
            detail = {"due": due.isoformat()} if due else {}
            yield seconds, EventKind.ANSWERED, "", interaction.agent_id, message, detail
            due = None


def _due(interaction: Interaction, seconds: int, at: datetime) -> datetime | None:
    if seconds == 0:
        return first_due(interaction.queue, interaction.channel, at)
    return next_due(interaction, interaction.channel, at)
