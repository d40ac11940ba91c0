"""N19 J7: nothing is deleted by default, and what has a period goes when it is over."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from agents.models import AuditEntry
from agents.services.audit import record_act
from cases.models import CaseLink, ChatLog, Kept, Note, RetentionPeriod
from cases.services import retention
from cases.services.notes import add_note
from cases.services.retention import apply_retention
from cases.tasks import apply_retention as nightly
from routing.enums import EventKind, InteractionState, RequestState
from routing.models import CarrierRequest, Event, Interaction, Message, Offer
from routing.selectors.consent import opted_out
from routing.services.lifeline import record
from routing.services.tallies import count_due
from smsdesk.lib import clock
from tests.factories import (
    AgentFactory,
    CaseFactory,
    ChannelFactory,
    ChatLogFactory,
    ConsentEntryFactory,
    InteractionFactory,
    MessageFactory,
    active_interaction,
    inbound_text,
)

pytestmark = pytest.mark.django_db
NOW = timezone.now()
OLD, NEW = NOW - timedelta(days=40), NOW - timedelta(days=5)
NUMBER = "+14155550123"


def keep(kind: Kept, days: int | None) -> None:
    RetentionPeriod.objects.filter(kind=kind).update(days=days)


def a_request(at=OLD, state=RequestState.HANDLED) -> CarrierRequest:
    request = inbound_text(ChannelFactory(), NUMBER, "hello")
    CarrierRequest.objects.filter(pk=request.pk).update(received_at=at, state=state)
    Interaction.objects.filter(messages__request=request).update(
        state=InteractionState.CLOSED, closed_at=at
    )
    return request


def a_log(at=OLD) -> ChatLog:
    interaction = InteractionFactory(
        state=InteractionState.CLOSED, closed_at=at, note="words", customer_address=NUMBER
    )
    MessageFactory(interaction=interaction, body="words", parts=3)
    record(interaction.pk, EventKind.WHISPERED, at=at, supervisor="sue", words="words")
    record(interaction.pk, EventKind.CLOSED, at=at)
    return ChatLogFactory(interaction=interaction, case=CaseFactory(), terminated_at=at)


def test_J7_by_default_nothing_is_ever_deleted():
    a_log()
    a_request()
    tables = [Interaction, Message, ChatLog, Event, CarrierRequest, AuditEntry]
    before = [list(table.objects.order_by("pk").values()) for table in tables]

    assert {period.kind for period in RetentionPeriod.objects.all()} == set(Kept.values)
    assert apply_retention() == {}
    assert [list(table.objects.order_by("pk").values()) for table in tables] == before


def test_N19_requests_over_their_time_go_and_their_texts_stay():
    old, new = a_request(), a_request(NEW)
    waiting, forged = (a_request(OLD, state) for state in ("STORED", "QUARANTINED"))
    keep(Kept.REQUESTS, 30)

    assert apply_retention() == {"carrier requests": 1}

    left = set(CarrierRequest.objects.values_list("pk", flat=True))
    assert left == {new.pk, waiting.pk, forged.pk}
    assert Message.objects.filter(request=None).count() == 1
    assert old.pk not in left

    keep(Kept.QUARANTINE, 30)
    assert apply_retention() == {"requests in quarantine": 1}


def test_N19_of_old_conversations_the_words_go_and_what_is_counted_stays():
    old, new = a_log(), a_log(NEW)
    still_open = active_interaction(AgentFactory(), customer_address="+14155550188")
    MessageFactory(interaction=still_open, body="words", created_at=OLD)
    keep(Kept.TEXTS, 30)

    counts = apply_retention()

    assert counts == {
        "texts": 1,
        "words of conversations": 1,
        "words in life lines": 1,
        "transcripts": 1,
    }
    old.refresh_from_db()
    message = old.interaction.messages.get()
    assert (message.body, message.parts) == ("Erased.", 3)
    assert (old.transcript, Interaction.objects.get(pk=old.interaction_id).note) == ("Erased.", "")
    assert new.interaction.messages.get().body == "words"
    assert still_open.messages.get().body == "words"
    assert apply_retention() == {}


def test_N19_notes_life_lines_and_the_trail_go_by_their_own_periods():
    old = a_log()
    note = add_note(agent_id=AgentFactory().pk, case_id=old.case_id, body="words", now=OLD)
    record_act(actor=None, act="sold", subject="a hat", now=OLD)
    keep(Kept.NOTES, 30)
    keep(Kept.EVENTS, 30)
    keep(Kept.AUDIT, 30)
    count_due()

    counts = apply_retention()

    assert counts == {"notes": 1, "entries of life lines": 3}
    assert not Note.objects.filter(pk=note.note.pk).exists()
    assert not AuditEntry.objects.filter(act="sold").exists()
    assert AuditEntry.objects.filter(act="pruned").exists()


@pytest.mark.parametrize("kind", Kept)
def test_N19_no_period_touches_an_open_conversation_however_short(kind):
    """Nor its notes, and those of its case."""
    agent = AgentFactory()
    a_request()
    Interaction.objects.update(state=InteractionState.QUEUED, closed_at=None)
    talk = active_interaction(agent, customer_address=NUMBER)
    Interaction.objects.filter(pk=talk.pk).update(draft="words")
    MessageFactory(interaction=talk, body="words", created_at=OLD)
    record(talk.pk, EventKind.WHISPERED, at=OLD, supervisor="sue", words="words")
    case = CaseFactory()
    CaseLink.objects.create(interaction=talk, case=case)
    add_note(agent_id=agent.pk, interaction_id=talk.pk, body="words", now=OLD)
    add_note(agent_id=agent.pk, case_id=case.pk, body="words", now=OLD)
    tables = [Interaction, Message, Event, Offer, Note, CarrierRequest]
    before = [list(table.objects.order_by("pk").values()) for table in tables]
    keep(kind, 7)
    count_due()

    assert apply_retention() == {}
    assert [list(table.objects.order_by("pk").values()) for table in tables] == before

    Interaction.objects.update(state=InteractionState.CLOSED, closed_at=OLD)
    MessageFactory(interaction=talk, body="of yesterday")
    count_due()
    assert bool(apply_retention()) is (kind not in {Kept.AUDIT, Kept.QUARANTINE})


def test_N19_N1_an_opt_out_outlasts_every_period():
    log = a_log()
    ConsentEntryFactory(address=NUMBER, channel=log.interaction.channel, at=OLD)
    RetentionPeriod.objects.update(days=7)
    count_due()

    assert {"texts", "transcripts", "entries of life lines"} <= set(apply_retention())
    assert opted_out(log.interaction.channel_id, NUMBER)


def test_N19_the_trail_goes_in_batches_each_of_which_says_so(monkeypatch):
    for _ in range(5):
        record_act(actor=None, act="sold", subject="a hat", now=OLD)
    keep(Kept.AUDIT, 30)
    monkeypatch.setattr(retention, "AUDIT_BATCH", 2)

    apply_retention()

    pruned = AuditEntry.objects.filter(act="pruned").order_by("pk")
    assert [entry.after["entries"] for entry in pruned] == [2, 2, 1]
    assert not AuditEntry.objects.filter(act="sold").exists()


def test_N19_the_admins_own_log_goes_with_the_trail():
    user = User.objects.create_user("sue")
    for at in (OLD, NEW):
        LogEntry.objects.create(user=user, action_time=at, object_repr="Dana", action_flag=CHANGE)
    keep(Kept.AUDIT, 30)

    assert apply_retention() == {"lines of the admin's own log": 1}
    assert LogEntry.objects.get().action_time == NEW


def test_N19_a_run_is_one_line_of_the_trail_with_counts():
    a_request()
    keep(Kept.REQUESTS, 30)

    nightly()
    nightly()

    entry = AuditEntry.objects.get(act="deleted what was over its time")
    assert (entry.actor_name, entry.after) == ("", {"carrier requests": 1})


def test_N19_it_goes_in_batches_and_goes_on_where_it_stopped(monkeypatch):
    for _ in range(5):
        a_request()
    keep(Kept.REQUESTS, 30)
    monkeypatch.setattr(retention, "BATCH", 2)
    monkeypatch.setattr(retention, "MOST_BATCHES", 2)

    assert [apply_retention(), apply_retention()] == [
        {"carrier requests": 4},
        {"carrier requests": 1},
    ]


@pytest.mark.django_db(transaction=True)
def test_N19_what_somebody_holds_is_left_for_the_next_night():
    held, free = a_request(), a_request()
    keep(Kept.REQUESTS, 30)
    other = connection.copy()
    try:
        with transaction.atomic(), other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute(
                "SELECT 1 FROM routing_carrierrequest WHERE id = %s FOR UPDATE", [held.pk]
            )
            first = apply_retention()
            cursor.execute("ROLLBACK")
    finally:
        other.close()

    assert first == {"carrier requests": 1}
    assert not CarrierRequest.objects.filter(pk=free.pk).exists()
    assert apply_retention() == {"carrier requests": 1}
    assert clock.now()
