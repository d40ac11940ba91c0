"""N19: a person's data is erased everywhere, and what is counted stays."""

from __future__ import annotations

import uuid
from urllib.parse import urlencode

import pytest
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.fields import ArrayField
from django.contrib.sessions.models import Session
from django.db.models import BinaryField, CharField, JSONField, TextField

from agents.services.audit import record_act
from cases.models import (
    Campaign,
    CampaignRecipient,
    Case,
    CaseLink,
    ChatLog,
    Customer,
    CustomerPhone,
    Note,
)
from cases.selectors.person import person_of, person_with
from cases.services.erasure import NotErased, erase_customer, erase_number
from cases.services.notes import add_note
from routing.enums import Author, EventKind, InteractionState, MessageState, RequestState
from routing.models import (
    BlockedNumber,
    CarrierRequest,
    ConsentEntry,
    Event,
    Interaction,
    Message,
    Offer,
    Receipt,
    TextPart,
)
from routing.selectors.announcements import unreachable
from routing.selectors.consent import consent_of, opted_out
from routing.services.inbox import handle_due_requests
from routing.services.lifeline import record
from smsdesk.console.sessions import SessionStore
from smsdesk.door.kept import KEPT
from smsdesk.handset.models import Call, Direction, OptOut, Phone, Text
from smsdesk.lib import clock
from smsdesk.lib.sealed import seal
from tests.factories import (
    AgentFactory,
    BlockedNumberFactory,
    CampaignFactory,
    CaseFactory,
    ChannelFactory,
    ChatLogFactory,
    CustomerFactory,
    InteractionFactory,
    MessageFactory,
    active_interaction,
    inbound_text,
    started_campaign,
)
from tests.support.everywhere import found_anywhere

pytestmark = pytest.mark.django_db
NUMBER, SHARED = "+14155550123", "+14155550177"
WORD, NAME = "zanzibar", "Dana Quillfeather"
NEEDLES = ("4155550123", "415-555-0123", "(415) 555-0123", WORD, "Quillfeather")
# Of a person's rows, what is none of their words: chosen from lists, or the carrier's or ours.
NO_WORDS = {
    Interaction: {"customer_address", "campaign_tag", "disposition"},
    Message: {"carrier_message_id", "error_code"},
    CarrierRequest: {"found_as"},
    ConsentEntry: {"address"},
    Case: {"phone"},
    ChatLog: {"agent_name", "ended_by", "disposition"},
    Note: set(),
    Event: set(),
    Customer: set(),
}

# Each of them is in the person of the tests below, and says the word before they are erased.
ERASED_WITH_THEM = {
    BlockedNumber, Call, Campaign, CampaignRecipient, CarrierRequest, Case, ChatLog, ConsentEntry,
    Customer, CustomerPhone, Event, Interaction, LogEntry, Message, Note, OptOut, Phone, Text,
    # Sealed, hashed, or in words that are ours.
    Offer, Receipt, Session, TextPart,
}  # fmt: skip
NOTHING_OF_CUSTOMERS = {
    # who works here, and how they sign in
    "auth.User", "auth.Group", "auth.Permission", "agents.Agent", "agents.Team",
    "agents.StatusCode", "otp_static.StaticDevice", "otp_static.StaticToken",
    "otp_totp.TOTPDevice", "axes.AccessAttempt", "axes.AccessFailureLog", "axes.AccessLog",
    # the trail, by ADR 10
    "agents.AuditEntry",
    # how the desk is set up
    "contenttypes.ContentType", "cases.Article", "cases.CannedReply", "cases.Disposition",
    "routing.CarrierAccount", "routing.Channel", "routing.Destination", "routing.Holiday",
    "routing.Keyword", "routing.NumberCapability", "routing.Queue", "routing.Rule",
    "routing.Schedule", "routing.SendingPolicy", "routing.Skill", "routing.SmsSwitch",
    "handset.Scenario",
    # figures, and who ended many at once
    "routing.Tally", "routing.Disconnect", "routing.Outage",
}  # fmt: skip


def say_it_everywhere() -> None:
    """Put the word into each column of the person's rows that takes words; a new one, too."""
    for model, kept in NO_WORDS.items():
        words = {
            field.name: f"{WORD} of {NAME}, {NUMBER}"[: field.max_length or 100]
            for field in model._meta.concrete_fields
            if isinstance(field, CharField | TextField)
            and not field.choices
            and not field.unique
            and field.name not in kept
        }
        if words:
            model._default_manager.update(**words)


def about_phones(channel) -> None:
    """What the simulated carrier remembers of them, and of somebody else."""
    for number in (NUMBER, SHARED):
        Phone.objects.create(number=number, label=f"{WORD} of {number}")
        OptOut.objects.create(phone=number, business_number=channel.number)
        text = Text.objects.create(
            sid=f"SM{number}",
            direction=Direction.SENT,
            phone=number,
            business_number=channel.number,
            body=f"{WORD} of {number}",
            at=clock.now(),
        )
        params = {"From": number, "Body": text.body}
        Call.objects.create(text=text, params=params, url=WORD, due_at=clock.now())


def kept_form(**fields: str) -> SessionStore:
    """A session that keeps a form of the admin which came too late."""
    session = SessionStore()
    session[KEPT] = {"user": 1, "path": "/admin/", "fields": seal(urlencode(fields))}
    session.save()
    return session


@pytest.fixture
def customer():
    """Somebody with something of every kind."""
    customer = CustomerFactory(name=NAME, phones=[NUMBER])
    channel = ChannelFactory()
    inbound_text(channel, NUMBER, f"{WORD} please")
    inbound_text(channel, NUMBER, "STOP")
    interaction = Interaction.objects.get()
    assert interaction.routing["first_word"]
    Interaction.objects.filter(pk=interaction.pk).update(state=InteractionState.CLOSED)
    Event.objects.filter(interaction=interaction).update(detail={"note": WORD})
    record(interaction.pk, EventKind.WHISPERED, at=clock.now(), supervisor="sue", words=WORD)
    case = CaseFactory(customer=customer, phone=NUMBER)
    ChatLogFactory(case=case, interaction=interaction)
    CaseLink.objects.create(interaction=interaction, customer=customer, case=case)
    add_note(agent_id=AgentFactory().pk, case_id=case.pk, body=WORD, now=clock.now())
    BlockedNumberFactory(number=NUMBER, reason=WORD)
    inbound_text(channel, NUMBER, f"{WORD}, and blocked")
    CampaignFactory(numbers=f"(415) 555-0123\n{SHARED}")
    recipient = started_campaign(SHARED).recipients.get()
    type(recipient).objects.update(number=NUMBER, name=NAME, state="LEFT_OUT", reason="TALKING")
    LogEntry.objects.create(
        user=User.objects.create_user("sue"),
        content_type=ContentType.objects.get_for_model(Customer),
        object_id=str(customer.pk),
        object_repr=NAME,
        action_flag=CHANGE,
        change_message=f"Added customer phone {NUMBER}",
    )
    about_phones(channel)
    record_act(actor=None, act="took over", subject=interaction, now=clock.now())
    say_it_everywhere()
    customer.refresh_from_db()
    return customer


def test_N19_after_erasure_nothing_of_the_person_stands_in_any_column(customer):
    before = {(table, column) for table, column, _ in found_anywhere(*NEEDLES)}
    assert len(before) >= 20

    erase_customer(customer_id=customer.pk)

    assert {(table, column) for table, column, _ in found_anywhere(*NEEDLES)} == {
        ("handset_call", "params"),
        ("handset_call", "url"),
        ("handset_phone", "label"),
        ("handset_text", "body"),
    }
    assert found_anywhere(NUMBER[1:], "Quillfeather") == []


@pytest.mark.parametrize("model", [Phone, OptOut, Text, Call])
def test_N19_the_simulated_carrier_forgets_them_and_nobody_else(customer, model):
    erase_customer(customer_id=customer.pk)

    (left,) = model.objects.all()
    assert SHARED in (left.number if model is Phone else getattr(left, "text", left).phone)


def test_N19_the_simulated_carrier_forgets_a_text_over_a_number_of_several():
    one, two = CustomerFactory(phones=[SHARED]), CustomerFactory(phones=[SHARED])
    for customer in (one, two):
        talk = InteractionFactory(state=InteractionState.CLOSED, customer_address=SHARED)
        CaseLink.objects.create(interaction=talk, customer=customer)
        message = MessageFactory(interaction=talk, carrier_message_id=f"SM{customer.pk}")
        Text.objects.create(
            sid=message.carrier_message_id,
            direction=Direction.SENT,
            phone=SHARED,
            business_number=talk.channel.number,
            at=clock.now(),
        )

    erase_customer(customer_id=one.pk)

    assert Text.objects.get().sid == f"SM{two.pk}"


@pytest.mark.parametrize("typed", ["Call {name} back", "Call 1 (415) 555-0123"])
def test_N19_a_form_that_is_kept_for_its_sender_goes_with_the_person(customer, typed):
    theirs, others = (
        kept_form(notes=typed.format(name=customer.name.upper())),
        kept_form(notes="Call Kim back"),
    )

    erase_customer(customer_id=customer.pk)

    assert KEPT not in SessionStore(theirs.session_key)
    assert KEPT in SessionStore(others.session_key)


def test_N19_whatever_holds_words_is_erased_or_is_known_to_hold_nothing_of_customers(customer):
    """A new table with a column of words fails here until somebody says which it is."""
    kinds = (CharField, TextField, JSONField, BinaryField, ArrayField)
    with_words = {
        model._meta.label
        for model in apps.get_models(include_auto_created=True)
        if any(isinstance(field, kinds) and not field.choices for field in model._meta.fields)
    }
    named = {model._meta.label for model in ERASED_WITH_THEM}
    kept_form(notes=NAME)
    tables = {table for table, *_ in found_anywhere(*NEEDLES)}

    assert with_words == named | NOTHING_OF_CUSTOMERS
    assert not named & NOTHING_OF_CUSTOMERS
    sealed_or_ours = {Session._meta.db_table, Receipt._meta.db_table, TextPart._meta.db_table}
    sealed_or_ours |= {Offer._meta.db_table}
    assert {model._meta.db_table for model in ERASED_WITH_THEM} - tables == sealed_or_ours


def test_N19_what_is_counted_stays(customer):
    Message.objects.update(price="0.0079", parts=2)
    facts = {
        model: model.objects.count()
        for model in (Interaction, Message, Event, Case, ChatLog, Note, CarrierRequest)
    }

    counts = erase_customer(customer_id=customer.pk)

    assert {model: model.objects.count() for model in facts} == facts
    assert set(Message.objects.values_list("parts", flat=True)) == {2}
    assert (
        counts
        | {
            "customer": 1,
            "phone numbers": 1,
            "conversations": 1,
            "texts": 2,
            "cases": 1,
            "chat logs": 1,
            "notes": 1,
            "campaign texts": 1,
            "carrier requests": 3,
            "consent entries": 1,
            "blocks": 1,
        }
        == counts
    )
    assert not BlockedNumber.objects.exists()
    assert Interaction.objects.get().routing["country"] == "US"


def test_N19_N1_an_opt_out_outlives_the_erasure_and_the_number_itself(customer):
    channel = Interaction.objects.get().channel
    erase_customer(customer_id=customer.pk)

    assert opted_out(channel.pk, NUMBER)
    assert unreachable(channel=channel, addresses=[NUMBER]).keys() == {NUMBER}
    (told,) = consent_of([NUMBER])[NUMBER]
    assert (told.channel, told.opted_out) == (channel.name, True)
    assert not opted_out(channel.pk, "+14155550124")


def test_N19_N1_a_number_that_texts_again_has_its_opt_out_and_can_undo_it(customer):
    channel = Interaction.objects.get().channel
    erase_customer(customer_id=customer.pk)

    inbound_text(channel, NUMBER, "START")

    assert opted_out(channel.pk, NUMBER) is None
    assert set(ConsentEntry.objects.values_list("address", flat=True)) == {NUMBER}


def test_N19_others_keep_what_is_theirs(customer):
    other = CustomerFactory(phones=["+14155550188"])
    log = ChatLogFactory(case=CaseFactory(customer=other), transcript="theirs")
    inbound_text(ChannelFactory(), "+14155550188", f"Ask Dana, {NUMBER}")

    erase_customer(customer_id=customer.pk)

    log.refresh_from_db()
    assert log.transcript == "theirs"
    assert Message.objects.get(body__startswith="Ask").body == f"Ask Dana, {NUMBER}"
    assert b"Ask" in bytes(CarrierRequest.objects.latest("pk").body)


def test_N19_of_a_shared_number_only_what_was_linked_to_the_customer_goes():
    one, two = CustomerFactory(phones=[SHARED]), CustomerFactory(phones=[SHARED])
    theirs = [
        InteractionFactory(state=InteractionState.CLOSED, customer_address=SHARED) for _ in "ab"
    ]
    for customer, interaction in zip((one, two), theirs, strict=True):
        MessageFactory(interaction=interaction, body=f"of {customer.pk}")
        CaseLink.objects.create(interaction=interaction, customer=customer)

    person = person_of(one)
    erase_customer(customer_id=one.pk)

    assert (person.numbers, person.shared) == ([], [SHARED])
    assert sorted(Message.objects.values_list("body", flat=True)) == ["Erased.", f"of {two.pk}"]
    assert CustomerPhone.objects.get().customer == two


def test_N19_an_open_conversation_is_ended_first():
    customer = CustomerFactory(phones=[NUMBER])
    agent = AgentFactory(name="Anna")
    active_interaction(agent, customer_address=NUMBER)

    with pytest.raises(NotErased, match=r"A conversation with Anna over .* is not closed yet"):
        erase_customer(customer_id=customer.pk)
    assert Customer.objects.exists()


@pytest.mark.parametrize("state", [MessageState.QUEUED, MessageState.SENDING])
def test_N19_a_text_on_its_way_arrives_first(state):
    interaction = InteractionFactory(state=InteractionState.CLOSED, customer_address=NUMBER)
    MessageFactory(
        interaction=interaction, author=Author.AUTOMATIC, state=state, client_id=uuid.uuid4()
    )

    with pytest.raises(NotErased, match="is on its way"):
        erase_number(number=NUMBER)


def test_N19_a_campaign_that_is_still_to_text_them_is_over_first():
    campaign = started_campaign(NUMBER)

    with pytest.raises(NotErased, match=f"“{campaign.name}” is still to text this person"):
        erase_number(number=NUMBER)


def test_N19_a_number_that_no_customer_has_is_erased_too():
    unknown = ChannelFactory.build(number="+14155559999")
    channel = ChannelFactory()
    unknown.account = channel.account
    parked = inbound_text(unknown, NUMBER, WORD)
    inbound_text(channel, NUMBER, f"{WORD} again")
    Interaction.objects.update(state=InteractionState.CLOSED)
    assert parked.state == RequestState.PARKED
    assert person_with(NUMBER).counts()["carrier requests"] == 2

    erase_number(number=NUMBER)
    handle_due_requests()

    assert found_anywhere("4155550123", WORD) == []
