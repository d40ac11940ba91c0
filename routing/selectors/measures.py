"""What the reports say, and what each figure means: for the page, the CSV and the guide (N14)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

# How a measure is written: a number, a time in seconds, a share of one, money.
Unit = Literal["count", "time", "share", "money"]


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure: a column of the tallies, or one for each of what other columns counted."""

    key: str
    label: str
    means: str
    unit: Unit = "count"
    column: str = ""
    per: tuple[str, ...] = ()

    def of(self, sums: Mapping[str, int | Decimal]) -> int | float | Decimal | None:
        """The figure of these sums; None where there is nothing to speak of."""
        value = sums[self.column or self.key]
        if not self.per:
            return value
        number = sum(sums[column] for column in self.per)
        if not number:
            return None
        return float(value) / float(number) / (1000 if self.unit == "time" else 1)


MEASURES = (
    Measure(
        "conversations",
        "Conversations",
        "Begun by a customer’s text. Texts that continue an open conversation begin none.",
    ),
    Measure(
        "started",
        "Begun by agents",
        "Conversations that an agent began by texting first. They wait for nobody and have no first"
        " response.",
    ),
    Measure(
        "offered",
        "Offered",
        "Offers made to agents. A conversation that is rejected or lapses is offered again, and"
        " counts again; so does one that was transferred, or was parked and has come back.",
    ),
    Measure("accepted", "Accepted", "Offers that the agent accepted."),
    Measure("rejected", "Rejected", "Offers that the agent rejected."),
    Measure("lapsed", "Lapsed", "Offers that the agent let go by until their time was over."),
    Measure(
        "withdrawn",
        "Withdrawn",
        "Offers taken back without a penalty, for the agent had become unable to take them.",
    ),
    Measure(
        "taken",
        "Taken without offer",
        "Waiting conversations that an agent took by texting their customer, or a supervisor took"
        " over.",
    ),
    Measure(
        "wait",
        "Waiting time",
        "On average, from when a conversation began to wait until an agent took it; counted when it"
        " is taken. It begins to wait with its first text, or when opening hours let it in, again"
        " when it is transferred or given back, and when a customer’s text wakes it from being"
        " parked; not when its time to wake has come. Rejected and lapsed offers and overflow to"
        " another queue do not begin it anew. It counts for the queue where it was taken.",
        "time",
        "wait_ms",
        ("waits",),
    ),
    Measure(
        "first_response",
        "First response",
        "On average, from the customer’s first text, or from when opening hours let it in, to the"
        " first text that an agent sent. Automatic texts answer nothing. Time parked counts.",
        "time",
        "first_response_ms",
        ("first_responses",),
    ),
    Measure(
        "sla_kept",
        "SLA kept",
        "Of the answers that had a target of their queue, first and later ones, those sent in time."
        " Late answers, and conversations that ended after an answer was due and without it, were"
        " not kept. What was not due yet when a conversation ended or was parked does not count.",
        "share",
        per=("sla_kept", "sla_missed"),
    ),
    Measure(
        "handled",
        "Handled",
        "Times that an agent was done with a conversation: ended it, or handed it on. A"
        " conversation that two agents had counts once for each.",
    ),
    Measure(
        "handle_time",
        "Handle time",
        "On average for each handled: how long the agent had it, from taking it to its end or to"
        " handing it on. Not while it was parked, and without wrap-up.",
        "time",
        "handle_ms",
        ("handled",),
    ),
    Measure(
        "handed_on",
        "Handed on",
        "Conversations that an agent transferred or gave back, or that a supervisor moved away."
        " They count for the agent and the queue that they left.",
    ),
    Measure("ended", "Ended", "Conversations that ended, whoever ended them."),
    Measure(
        "timed_out",
        "Abandoned by time-out",
        "Of those that ended, the ones that the inactivity timer ended, for nobody wrote.",
    ),
    Measure(
        "wrap_up",
        "Wrap-up time",
        "On average, from the end to closing; counted when the conversation is closed.",
        "time",
        "wrap_up_ms",
        ("wrap_ups",),
    ),
    Measure("texts_in", "Texts from customers", "Every text received and threaded."),
    Measure("texts_out", "Texts by agents", "Every text that agents sent; a retry is another one."),
    Measure(
        "texts_automatic",
        "Automatic texts",
        "Off-hours replies and the like. They count for no agent, unless one has the conversation.",
    ),
    Measure(
        "texts_campaign",
        "Campaign texts",
        "Texts of campaigns: they begin no conversation, and count for the channel’s queue. A reply"
        " begins an ordinary conversation.",
    ),
    Measure(
        "parts",
        "Parts sent",
        "The parts of all texts by agents, automatic and of campaigns, delivered or not.",
    ),
    Measure(
        "cost",
        "Cost",
        "What those parts cost by the price list of that time, delivered or not. Countries that the"
        " list does not have cost nothing here.",
        "money",
    ),
)
DISPOSITIONS_MEAN = "Chosen when conversations were wrapped up; counted when they were closed."
# What holds for all of them.
COUNTING = (
    (
        "Everything is counted from the life lines of conversations, in the quarter of an hour in"
        " which it happened, and for the queue and the agent that had the conversation then. A"
        " conversation that begins before midnight and ends after it counts for both days."
    ),
    "Teams are those of today: an agent who changed teams takes the past along.",
    (
        "Days and hours are those of the chosen time zone, exact in every zone. Figures are at most"
        " about a minute old."
    ),
    "What was counted stays, also when a person’s data is erased, or life lines are deleted.",
)
