"""N14: what the reports count, held against a slow and obvious recount of the events."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.enums import Author, EndedBy, EventKind, InteractionState, MessageState
from routing.models import Event, Interaction, Message, Tally
from routing.services.handover import transfer_to_queue
from routing.services.interactions import end_interaction, wrap_up
from routing.services.offers import accept_offer, reject_offer
from routing.services.outbound import send_text
from routing.services.parking import park, resume
from routing.services.tallies import count_anew, count_due, quarter_of
from tests.factories import (
    AgentFactory,
    ChannelFactory,
    DestinationFactory,
    InteractionFactory,
    QueueFactory,
    inbound_text,
)
from tests.routing.steps import new_id, offer_to, route

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
COLUMNS = [
    field.name
    for field in Tally._meta.concrete_fields
    if field.name not in {"id", "quarter", "queue", "channel", "agent", "dispositions"}
]
K = EventKind
S = InteractionState


def counted() -> dict:
    """What is counted now: by quarter, queue, channel, agent and column, without zeros."""
    found: dict = {}
    for tally in Tally.objects.all():
        key = (tally.quarter, tally.queue_id, tally.channel_id, tally.agent_id)
        found |= {(*key, name): value for name in COLUMNS if (value := getattr(tally, name))}
        found |= {(*key, "said", word): many for word, many in tally.dispositions.items()}
    return found


def totals() -> dict:
    sums: Counter = Counter()
    for key, amount in counted().items():
        sums[key[4:] if key[4] == "said" else key[4]] += amount
    return dict(sums)


def seconds(number: int) -> timedelta:
    return timedelta(seconds=number)


def test_N14_a_conversation_is_counted_from_its_first_text_to_its_disposition():
    channel = ChannelFactory(queue=QueueFactory(first_response_seconds=60))
    DestinationFactory(price_per_part="0.0100")
    first = AgentFactory(queues=[channel.queue], name="Avery")
    inbound_text(channel, "+14155550123", now=NOON)
    route(channel.queue, now=NOON)
    offer = offer_to(first)
    reject_offer(offer_id=offer.pk, agent_id=first.pk, now=NOON + seconds(10))
    second = AgentFactory(queues=[channel.queue], name="Kim")
    route(channel.queue, now=NOON + seconds(10))
    accept_offer(offer_id=offer_to(second).pk, agent_id=second.pk, now=NOON + seconds(20))
    interaction = Interaction.objects.get()
    of = {"interaction_id": interaction.pk, "agent_id": second.pk}
    send_text(**of, body="Hi!", client_id=new_id(), now=NOON + seconds(50))
    park(**of, until=NOON + seconds(9000), now=NOON + seconds(80))
    resume(**of, now=NOON + seconds(1080))
    inbound_text(channel, "+14155550123", now=NOON + seconds(1090))
    end_interaction(**of, now=NOON + seconds(1100))
    wrap_up(**of, disposition="Sold", note="", now=NOON + seconds(1130))

    count_due()

    assert totals() == {
        "conversations": 1,
        "texts_in": 2,
        "offered": 2,
        "rejected": 1,
        "accepted": 1,
        "waits": 1,
        "wait_ms": 20_000,
        "texts_out": 1,
        "parts": 1,
        "cost": Decimal("0.0100"),
        "first_responses": 1,
        "first_response_ms": 50_000,
        "sla_kept": 1,
        "handled": 1,
        "handle_ms": 80_000,  # 20 to 80, and 1080 to 1100: not while it was parked
        "ended": 1,
        "wrap_ups": 1,
        "wrap_up_ms": 30_000,
        ("said", "Sold"): 1,
    }


def test_N14_a_transfer_counts_for_the_queue_and_agent_that_it_leaves_and_waits_anew():
    channel, other = ChannelFactory(), QueueFactory()
    agent = AgentFactory(queues=[channel.queue])
    inbound_text(channel, "+14155550123", now=NOON)
    route(channel.queue, now=NOON)
    accept_offer(offer_id=offer_to(agent).pk, agent_id=agent.pk, now=NOON + seconds(5))
    transfer_to_queue(
        interaction_id=Interaction.objects.get().pk,
        agent_id=agent.pk,
        queue_id=other.pk,
        note="",
        now=NOON + seconds(30),
    )
    colleague = AgentFactory(queues=[other])
    route(other, now=NOON + seconds(40))
    accept_offer(offer_id=offer_to(colleague).pk, agent_id=colleague.pk, now=NOON + seconds(47))
    count_due()

    left = Tally.objects.get(queue=channel.queue, agent=agent)
    taken = Tally.objects.get(queue=other, agent=colleague)
    assert (left.handed_on, left.handled, left.handle_ms, left.wait_ms) == (1, 1, 25_000, 5_000)
    assert (taken.handed_on, taken.waits, taken.wait_ms) == (0, 1, 17_000)


# What may follow what, as (kind, state from then on); R is a text in between.
AFTER = {
    "": [(K.RECEIVED, ""), (K.STARTED, S.ACTIVE), (K.ANNOUNCED, S.CLOSED)],
    K.RECEIVED: [(K.QUEUED, S.QUEUED), (K.HELD, S.HELD)],
    S.HELD: [(K.QUEUED, S.QUEUED), (K.ACCEPTED, S.ACTIVE), (K.AUTO_REPLIED, "")],
    S.QUEUED: [(K.OFFERED, S.OFFERED), (K.ACCEPTED, S.ACTIVE), (K.OVERFLOWED, "")],
    S.OFFERED: [
        (K.ACCEPTED, S.ACTIVE),
        (K.REJECTED, S.QUEUED),
        (K.LAPSED, S.QUEUED),
        (K.WITHDRAWN, S.QUEUED),
    ],
    S.ACTIVE: [
        (K.ANSWERED, ""),
        (K.RECEIVED, ""),
        (K.TRANSFERRED, S.QUEUED),
        (K.REQUEUED, S.QUEUED),
        (K.TAKEN_OVER, S.QUEUED),
        (K.PARKED, S.PARKED),
        (K.ENDED, S.WRAP_UP),
    ],
    S.PARKED: [(K.RESUMED, S.ACTIVE), (K.RESUMED, S.QUEUED), (K.TRANSFERRED, S.QUEUED)],
    S.WRAP_UP: [(K.EXTENDED, ""), (K.CLOSED, S.CLOSED)],
}


@st.composite
def life_lines(draw):
    """A conversation's entries: kind, state, seconds since the one before, queue, agent, and so."""
    entries, state = [], ""
    for _ in range(draw(st.integers(1, 14))):
        if state == S.CLOSED:
            break
        kind, new = draw(st.sampled_from(AFTER[state]))
        entries.append(
            {
                "kind": kind,
                "state": new,
                "wait": draw(st.integers(0, 1300)),
                "queue": draw(st.integers(0, 1)),
                "agent": draw(st.integers(0, 1)),
                "due": draw(st.sampled_from([None, -5, 0, 5])),
                "by": draw(st.sampled_from(["text", "time"])),
                "timer": draw(st.booleans()),
                "said": draw(st.sampled_from(["", "Sold", "Spam"])),
                "parts": draw(st.integers(1, 3)),
            }
        )
        state = new or state or kind
    return entries


@settings(max_examples=60)
@given(lines=st.lists(life_lines(), min_size=1, max_size=3), data=st.data())
def test_N14_tallies_equal_a_slow_recount_however_the_events_come(lines, data):
    with transaction.atomic():
        queues = [QueueFactory(), QueueFactory()]
        agents = [AgentFactory(), AgentFactory()]
        told: dict[Interaction, list] = {}
        clocks = {}
        for line in lines:
            interaction = InteractionFactory(initiated_at=NOON)
            Event.objects.filter(interaction=interaction).delete()
            told[interaction], clocks[interaction] = [*line], NOON
        while any(told.values()):  # the lines are written in any order, and counted in between
            interaction = data.draw(st.sampled_from([one for one in told if told[one]]))
            entry = told[interaction].pop(0)
            clocks[interaction] += seconds(entry["wait"])
            tell(interaction, entry, clocks[interaction], queues, agents)
            if data.draw(st.integers(0, 3)) == 0:
                count_due()
        count_due()

        assert counted() == recount()
        count_anew()
        assert counted() == recount()
        transaction.set_rollback(True)


def tell(interaction, entry, at, queues, agents) -> None:
    """Write an entry, as services would: whoever has it is who writes, and so on."""
    owners = Event.objects.filter(
        interaction=interaction, kind__in=[K.ACCEPTED, K.STARTED, K.OFFERED]
    ).order_by("-pk")
    last = owners.first()
    agent = agents[entry["agent"]]
    chooses = entry["kind"] in {K.OFFERED, K.STARTED} or (
        entry["kind"] == K.ACCEPTED and (last is None or last.kind != K.OFFERED)
    )
    has_agent = {K.RECEIVED, K.QUEUED, K.HELD, K.AUTO_REPLIED, K.OVERFLOWED, K.ANNOUNCED}
    if not chooses and last is not None:
        agent = last.agent
    detail = {}
    if entry["due"] is not None and entry["kind"] in {K.ANSWERED, K.ENDED}:
        detail["due"] = (at + seconds(entry["due"])).isoformat()
    if entry["kind"] == K.ENDED:
        detail["ended_by"] = EndedBy.TIMER if entry["timer"] else EndedBy.AGENT
    if entry["kind"] == K.RESUMED:
        detail["by"] = entry["by"]
    if entry["kind"] == K.CLOSED:
        detail["disposition"] = entry["said"]
    message = None
    if entry["kind"] in {K.RECEIVED, K.ANSWERED, K.AUTO_REPLIED, K.ANNOUNCED}:
        message = Message.objects.create(
            interaction=interaction,
            channel=interaction.channel,
            author=Author.CUSTOMER,
            state=MessageState.RECEIVED,
            created_at=at,
            parts=entry["parts"],
            price=None if entry["parts"] == 2 else Decimal(entry["parts"]) / 100,
        )
    moves = entry["kind"] in {K.TRANSFERRED, K.OVERFLOWED}
    before = Event.objects.filter(interaction=interaction).order_by("-pk").first()
    stays = before.queue if before else queues[entry["queue"]]
    Event.objects.create(
        interaction=interaction,
        kind=entry["kind"],
        state=entry["state"],
        at=at,
        queue=queues[entry["queue"]] if moves else stays,
        agent=None if entry["kind"] in has_agent else agent,
        message=message,
        detail=detail,
    )


def recount() -> dict:
    """Each measure by looking back from each event, with no state but the events themselves."""
    found: Counter = Counter()
    for interaction in Interaction.objects.all():
        line = list(interaction.events.order_by("pk").select_related("message"))
        for place, event in enumerate(line):
            for name, amount, queue, agent in adds(line, place):
                said = name if isinstance(name, tuple) else (name,)
                quarter = quarter_of(event.at)
                found[(quarter, queue, interaction.channel_id, agent, *said)] += amount
    return {key: amount for key, amount in found.items() if amount}


def back(line, place, *, wanted):
    return next((one for one in reversed(line[:place]) if wanted(one)), None)


def ms(since, event) -> int:
    return int((event.at - since.at).total_seconds()) * 1000


def owner(line, place):
    """Whose it is after the entry at ``place``."""
    for event in reversed(line[: place + 1]):
        if event.kind in {K.ACCEPTED, K.STARTED}:
            return event.agent_id
        if event.state in {S.QUEUED, S.HELD}:
            return None
    return None


def adds(line, place):  # noqa: C901, PLR0912, PLR0915 - every measure, one after the other
    event = line[place]
    mine, queue = owner(line, place), event.queue_id
    if event.kind == K.RECEIVED:
        yield "texts_in", 1, queue, mine
        if place == 0:
            yield "conversations", 1, queue, None
    offers = {K.OFFERED: "offered", K.REJECTED: "rejected", K.LAPSED: "lapsed"}
    offers |= {K.WITHDRAWN: "withdrawn", K.STARTED: "started"}
    if event.kind in offers:
        yield offers[event.kind], 1, queue, event.agent_id
    if event.kind == K.ACCEPTED:
        offered = line[place - 1].kind == K.OFFERED
        yield ("accepted" if offered else "taken"), 1, queue, mine
        began = back(line, place, wanted=lambda one: one.kind in STARTS_WAIT)
        if began.kind == K.QUEUED and line[line.index(began) - 1].kind == K.RECEIVED:
            began = line[0]
        if began.kind not in {K.HELD, K.TAKEN_OVER} and began.detail.get("by") != "time":
            yield "waits", 1, queue, mine
            yield "wait_ms", ms(began, event), queue, mine
    sends = {K.ANSWERED: "texts_out", K.AUTO_REPLIED: "texts_automatic"}
    sends |= {K.ANNOUNCED: "texts_campaign"}
    if event.kind in sends:
        yield sends[event.kind], 1, queue, mine
        yield "parts", event.message.parts, queue, mine
        yield "cost", event.message.price or 0, queue, mine
    answered = [one for one in line[:place] if one.kind == K.ANSWERED]
    if event.kind == K.ANSWERED:
        if line[0].kind == K.RECEIVED and not answered:
            let_in = [n for n, one in enumerate(line[:place]) if one.kind == K.QUEUED]
            since = line[let_in[0]] if let_in and let_in[0] > 1 else line[0]
            yield "first_responses", 1, queue, mine
            yield "first_response_ms", ms(since, event), queue, mine
        if event.detail.get("due"):
            kept = event.at <= datetime.fromisoformat(event.detail["due"])
            yield ("sla_kept" if kept else "sla_missed"), 1, queue, mine
    took = back(line, place, wanted=lambda one: one.kind in {K.ACCEPTED, K.STARTED, K.RESUMED})
    if event.kind in {K.TRANSFERRED, K.REQUEUED, K.TAKEN_OVER}:
        left = (line[place - 1].queue_id, owner(line, place - 1))
        yield "handed_on", 1, *left
        yield "handled", 1, *left
        parked = back(line, place, wanted=lambda one: one.state).state == S.PARKED
        yield "handle_ms", 0 if parked else ms(took, event), *left
    if event.kind == K.PARKED:
        yield "handle_ms", ms(took, event), queue, mine
    if event.kind == K.ENDED:
        yield "ended", 1, queue, mine
        yield "handled", 1, queue, mine
        yield "handle_ms", ms(took, event), queue, mine
        yield "timed_out", int(event.detail["ended_by"] == EndedBy.TIMER), queue, mine
        due = event.detail.get("due")
        yield "sla_missed", int(bool(due) and event.at > datetime.fromisoformat(due)), queue, mine
    if event.kind == K.CLOSED:
        ended = back(line, place, wanted=lambda one: one.kind == K.ENDED)
        yield "wrap_ups", 1, queue, mine
        yield "wrap_up_ms", ms(ended, event), queue, mine
        if event.detail["disposition"]:
            yield ("said", event.detail["disposition"]), 1, queue, mine


STARTS_WAIT = {K.TAKEN_OVER, K.QUEUED, K.HELD, K.TRANSFERRED, K.REQUEUED, K.RESUMED}
