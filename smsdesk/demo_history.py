"""What happened at the demo desk before today: closed conversations, their cases and chat logs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from agents.models import Agent
from cases.models import Case, CaseLink, CaseState, Customer
from cases.services.chatlogs import save_chat_log
from routing.enums import Author, EndedBy, EventKind, InteractionState, MessageState
from routing.models import Channel, Event, Interaction, Message
from smsdesk.lib import segments

if TYPE_CHECKING:
    from datetime import datetime

CUSTOMER, AGENT = Author.CUSTOMER, Author.AGENT


@dataclass(frozen=True)
class Story:
    """A closed conversation. ``lines``: seconds since it began, who, what."""

    days_ago: int
    customer: str
    channel: str
    agent: str
    subject: str
    case_state: CaseState
    disposition: str
    note: str
    lines: list[tuple[int, Author, str]]


STORIES = [
    Story(
        days_ago=34,
        customer="Dana Whitfield",
        channel="Acme Policies",
        agent="lea",
        subject="Add a second driver to the policy",
        case_state=CaseState.CLOSED,
        disposition="Policy changed",
        note="Daughter added from the first of next month.",
        lines=[
            (0, CUSTOMER, "Hi, can I add my daughter to my policy? She turned 18 last week."),
            (48, AGENT, "Hello Dana, Lea here. Of course, and congratulations to her!"),
            (70, AGENT, "May I have her full name and the date on her driver’s licence?"),
            (161, CUSTOMER, "Ella Whitfield, licence from the 3rd of this month."),
            (255, AGENT, "Done. She is covered from the first. It is $38 more a month."),
            (301, CUSTOMER, "Great, thank you 🙂"),
        ],
    ),
    Story(
        days_ago=6,
        customer="Dana Whitfield",
        channel="Acme Claims",
        agent="robin",
        subject="Rear bumper, parking lot",
        case_state=CaseState.OPEN,
        disposition="Claim filed",
        note="Waits for the repair shop’s estimate.",
        lines=[
            (0, CUSTOMER, "Somebody backed into my car at the supermarket. Nobody was hurt."),
            (35, AGENT, "I am sorry to hear that, Dana. This is Robin. Did they leave their name?"),
            (92, CUSTOMER, "Yes, and I have photos. What do you need from me?"),
            (150, AGENT, "Their plate, and where it happened. The photos can wait for the shop."),
            (240, CUSTOMER, "7XKD412. Alder Street parking lot, about 5 pm."),
            (322, AGENT, "Thank you. Your claim is filed. Please send us the shop’s estimate."),
        ],
    ),
    Story(
        days_ago=2,
        customer="Priya Raman",
        channel="Acme Claims",
        agent="maya",
        subject="Status of a windshield claim",
        case_state=CaseState.CLOSED,
        disposition="Claim status given",
        note="",
        lines=[
            (0, CUSTOMER, "Has my windshield claim been approved?"),
            (41, AGENT, "Hello Priya, it was approved this morning. The shop has been told."),
            (80, CUSTOMER, "Perfect, thanks"),
        ],
    ),
]


def tell_history(*, now: datetime) -> None:
    for story in STORIES:
        _tell(story, now=now)


def _tell(story: Story, *, now: datetime) -> None:
    began = now - timedelta(days=story.days_ago, hours=2)
    accepted = began + timedelta(seconds=9)
    ended = began + timedelta(seconds=story.lines[-1][0] + 30)
    closed = ended + timedelta(seconds=22)
    customer = Customer.objects.get(name=story.customer)
    agent = Agent.objects.get(user__username=story.agent)
    channel = Channel.objects.get(name=story.channel)
    phone = customer.phones.get().number
    interaction = Interaction.objects.create(
        channel=channel,
        customer_address=phone,
        queue_id=channel.queue_id,
        agent=agent,
        state=InteractionState.CLOSED,
        initiated_at=began,
        queued_at=began,
        accepted_at=accepted,
        ended_at=ended,
        ended_by=EndedBy.AGENT,
        closed_at=closed,
        disposition=story.disposition,
        note=story.note,
        revision=len(story.lines),
    )
    _add_messages(story, interaction=interaction, began=began)
    _add_life_line(interaction, accepted=accepted, ended=ended, closed=closed)
    case = Case.objects.create(
        customer=customer,
        phone=phone,
        subject=story.subject,
        state=story.case_state,
        opened_at=began,
        updated_at=closed,
    )
    CaseLink.objects.create(interaction=interaction, customer=customer, case=case)
    save_chat_log(interaction_id=interaction.pk)


def _add_messages(story: Story, *, interaction: Interaction, began: datetime) -> None:
    for seconds, author, body in story.lines:
        at = began + timedelta(seconds=seconds)
        ours = author == AGENT
        Message.objects.create(
            interaction=interaction,
            channel_id=interaction.channel_id,
            author=author,
            agent_id=interaction.agent_id if ours else None,
            body=body,
            created_at=at,
            state=MessageState.DELIVERED if ours else MessageState.RECEIVED,
            sent_at=at if ours else None,
            delivered_at=at + timedelta(seconds=2) if ours else None,
            parts=segments.plan(body).parts,
        )


def _add_life_line(
    interaction: Interaction, *, accepted: datetime, ended: datetime, closed: datetime
) -> None:
    began, agent_id = interaction.initiated_at, interaction.agent_id
    offered = accepted - timedelta(seconds=6)
    Event.objects.bulk_create(
        Event(interaction=interaction, kind=kind, state=state, at=at, agent_id=by)
        for kind, state, at, by in [
            (EventKind.RECEIVED, "", began, None),
            (EventKind.QUEUED, InteractionState.QUEUED, began, None),
            (EventKind.OFFERED, InteractionState.OFFERED, offered, agent_id),
            (EventKind.ACCEPTED, InteractionState.ACTIVE, accepted, agent_id),
            (EventKind.ENDED, InteractionState.WRAP_UP, ended, agent_id),
            (EventKind.CLOSED, InteractionState.CLOSED, closed, agent_id),
        ]
    )
