"""Texts that no person writes: what they say, how many are enough, and when none goes (N1, N16)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from routing.carriers.base import Wish, carrier
from routing.enums import Author, AutoReply, EventKind, KeywordAnswers
from routing.models import Event, Message
from routing.services.lifeline import record
from routing.services.outbound import queue_automatic_reply

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from routing.models import Channel, Interaction

    Sent = tuple[str, str, datetime]

# One for each reason is enough for so long (N16).
RATION = timedelta(hours=1)
# Whoever has just been written to by a person needs no machine's answer (N16).
AFTER_AN_AGENT = timedelta(minutes=10)
# Two robots that answer each other end here, and a person reads what they wrote (N16).
LOOP_WINDOW = timedelta(days=1)
MOST_IN_A_LOOP = 6
ASKED_FOR = {AutoReply.STOP, AutoReply.START, AutoReply.HELP}


def reply_automatically(
    *, interaction: Interaction, body: str, reason: AutoReply, now: datetime
) -> Message | None:
    """Queue an automatic text in the caller's transaction, where one is due.

    None where there were enough, or the sending policy says no; the life line tells of the former,
    once for each reason, and so does the thread: a person is to see a robot.
    """
    why = why_kept_quiet(reason, _sent(interaction, since=now - LOOP_WINDOW), now)
    if why:
        kept = Event.objects.filter(interaction=interaction, kind=EventKind.KEPT_QUIET)
        if kept.filter(detail__note=why).exists():
            return None
        record(interaction.pk, EventKind.KEPT_QUIET, at=now, note=why)
        return None
    return queue_automatic_reply(interaction=interaction, body=body, reason=reason, now=now)


def answer_wish(
    wish: Wish, *, word: str, interaction: Interaction, changed: bool, now: datetime
) -> bool:
    """Confirm an opting out or in that ``changed`` something, or give help, where the desk does.

    ``word`` is what was texted. Returns whether a text went out. In the caller's transaction.
    """
    channel = interaction.channel
    if not answers_keyword(channel, word) or not (changed or wish is Wish.HELP):
        return False
    text = {
        Wish.STOP: channel.stop_reply,
        Wish.START: channel.start_reply,
        Wish.HELP: channel.help_reply,
    }[wish]
    reason = AutoReply[wish.name]
    body = text.replace("{channel}", channel.name)
    return bool(body) and bool(
        reply_automatically(interaction=interaction, body=body, reason=reason, now=now)
    )


def answers_keyword(channel: Channel, word: str) -> bool:
    """Whether this keyword is answered here, not by the carrier: never by both.

    One that the carrier does not know by itself would be answered by nobody.
    """
    if channel.keyword_answers:
        return channel.keyword_answers == KeywordAnswers.DESK
    return word not in carrier(channel.account.carrier).answered_words


def why_kept_quiet(reason: AutoReply, sent: Iterable[Sent], now: datetime) -> str:
    """Why no automatic text goes out, in a sentence; empty where one does.

    ``sent`` are author, reason and time of our texts to the number within LOOP_WINDOW.
    """
    automatic = [(why, at) for author, why, at in sent if author == Author.AUTOMATIC and why]
    if len(automatic) >= MOST_IN_A_LOOP:
        return f"The number got {len(automatic)} automatic texts within a day; it may be a robot."
    if any(why == reason and at > now - RATION for why, at in automatic):
        return "The same went to the number within the hour."
    written = (at for author, _, at in sent if author == Author.AGENT)
    if reason not in ASKED_FOR and any(at > now - AFTER_AN_AGENT for at in written):
        return "An agent has just written to the number."
    return ""


def _sent(interaction: Interaction, *, since: datetime) -> list[Sent]:
    texts = Message.objects.filter(
        interaction__customer_address=interaction.customer_address,
        channel=interaction.channel_id,
        author__in=[Author.AUTOMATIC, Author.AGENT],
        created_at__gt=since,
    )
    return list(texts.values_list("author", "auto_reply", "created_at"))
