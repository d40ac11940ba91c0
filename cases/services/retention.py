"""What is older than its time is deleted, every night, a few rows at a time (N19)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.db.models import Q

from agents.services.audit import prune_audit, record_act
from cases.models import Case, ChatLog, Kept, Note, RetentionPeriod
from routing.enums import InteractionState, OfferState, RequestState
from routing.models import CarrierRequest, Event, Interaction, Message, Offer
from routing.services.erasure import (
    ERASED,
    NOTED,
    WHISPERED,
    WORDS_GONE,
    forget_first_words,
    forget_said,
)
from routing.services.tallies import keep_counted
from smsdesk.lib import clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from django.db.models import QuerySet

    Act = Callable[[QuerySet[Any]], object]

BATCH = 500
AUDIT_BATCH = 5_000
# Of one kind of row in one night: what is left over is the next night's.
MOST_BATCHES = 400
CLOSED = {"interaction__state": InteractionState.CLOSED}
NOT_CLOSED = Interaction.objects.exclude(state=InteractionState.CLOSED)
# Of notes: about a conversation that is not over, or about the case it belongs to.
OF_SOMETHING_OPEN = Q(interaction__in=NOT_CLOSED) | Q(
    case__in=Case.objects.filter(links__interaction__in=NOT_CLOSED)
)
NOT_TO_GO = [RequestState.STORED, RequestState.QUARANTINED]


def apply_retention() -> dict[str, int]:
    """Delete what is over its time, and write down how much. Safe to stop, and to run twice."""
    deleted: dict[str, int] = {}
    for period in RetentionPeriod.objects.filter(days__isnull=False):
        assert period.days is not None
        now = clock.now()
        before = now - timedelta(days=period.days)
        if period.kind == Kept.EVENTS and not keep_counted(before=before):
            continue  # the reports are counted first; the next night deletes
        if period.kind == Kept.AUDIT:
            _prune_trail(before, now)
        for name, rows, act in steps_of(Kept(period.kind), before):
            count = sum(_batches(rows, act))
            if count:
                deleted[name] = count
    if deleted:
        record_act(
            actor=None,
            act="deleted what was over its time",
            subject="retention periods",
            after=deleted,
            now=clock.now(),
        )
    return deleted


def steps_of(kind: Kept, before: datetime) -> Iterator[tuple[str, QuerySet[Any], Act]]:
    """What each kind consists of: its name in the trail, the rows that are over, and what is done.

    Words of a conversation go, and its row stays: what is counted and paid for is kept.
    """
    if kind == Kept.REQUESTS:
        requests = CarrierRequest.objects.filter(received_at__lt=before)
        of_open_ones = Message.objects.filter(interaction__in=NOT_CLOSED, request__isnull=False)
        requests = requests.exclude(pk__in=of_open_ones.values("request"))
        yield "carrier requests", requests.exclude(state__in=NOT_TO_GO), _delete
    elif kind == Kept.QUARANTINE:
        quarantined = CarrierRequest.objects.filter(state=RequestState.QUARANTINED)
        yield "requests in quarantine", quarantined.filter(received_at__lt=before), _delete
    elif kind == Kept.TEXTS:
        messages = Message.objects.filter(**CLOSED, interaction__closed_at__lt=before)
        yield "texts", messages.exclude(body=ERASED), _update(body=ERASED, failure="")
        closed = Interaction.objects.filter(state=InteractionState.CLOSED, closed_at__lt=before)
        yield "words of conversations", closed.exclude(**WORDS_GONE), _update(**WORDS_GONE)
        told = closed.filter(routing__has_key="first_word").exclude(routing__first_word="")
        yield "first words", told, forget_first_words
        events = Event.objects.filter(**CLOSED, interaction__closed_at__lt=before)
        yield "words in life lines", events.filter(NOTED | WHISPERED), forget_said
        logs = ChatLog.objects.filter(**CLOSED, terminated_at__lt=before)
        yield "transcripts", logs.exclude(transcript=ERASED), _update(transcript=ERASED, note="")
    elif kind == Kept.NOTES:
        notes = Note.objects.filter(created_at__lt=before)
        yield "notes", notes.exclude(OF_SOMETHING_OPEN), _delete
    elif kind == Kept.AUDIT:
        log = LogEntry.objects.filter(action_time__lt=before)
        yield "lines of the admin's own log", log, _delete
    elif kind == Kept.EVENTS:
        events = Event.objects.filter(**CLOSED, interaction__closed_at__lt=before)
        yield "entries of life lines", events, _delete
        offers = Offer.objects.filter(**CLOSED, interaction__closed_at__lt=before)
        yield "routing receipts", offers.exclude(state=OfferState.PENDING), _delete


def _prune_trail(before: datetime, now: datetime) -> None:
    """Each transaction leaves a line of its own: so more go in one than of other kinds."""
    for _ in range(MOST_BATCHES):
        if prune_audit(before=before, now=now, most=AUDIT_BATCH) < AUDIT_BATCH:
            return


def _batches(rows: QuerySet[Any], act: Act) -> Iterator[int]:
    """A transaction for each few rows; what somebody else holds now is left for the next night."""
    for _ in range(MOST_BATCHES):
        with transaction.atomic():
            locked = rows.select_for_update(skip_locked=True, of=["self"])
            ids = list(locked.order_by("pk").values_list("pk", flat=True)[:BATCH])
            if ids:
                act(rows.model._base_manager.filter(pk__in=ids))  # noqa: SLF001 - Django's
        yield len(ids)
        if len(ids) < BATCH:
            return


def _delete(rows: QuerySet[Any]) -> None:
    rows.delete()


def _update(**values: Any) -> Act:
    return lambda rows: rows.update(**values)
