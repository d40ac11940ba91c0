"""Every address of the desk at once: what others own is not found, and nonsense is only refused.

The addresses come from the URL configuration, so that a new one is tried here from its first day.
"""

from __future__ import annotations

import json
import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pytest
from django import forms as django_forms
from django.core import serializers
from django.db import transaction
from django.test import Client
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.models import Agent, StatusCode
from cases.models import Case, Customer, Mention, Note
from routing.enums import Author, InteractionState, MessageState
from routing.models import Event, Interaction, Message, Offer
from smsdesk.console import case_forms, forms, urls
from smsdesk.lib import clock
from tests.console.conftest import offer_text, signed_in
from tests.factories import (
    AgentFactory,
    ChannelFactory,
    ChatLogFactory,
    CustomerFactory,
    InteractionFactory,
    MessageFactory,
    active_interaction,
)

if TYPE_CHECKING:
    from django.urls import URLPattern

    from routing.models import Channel

pytestmark = pytest.mark.django_db

PATTERNS = urls.urlpatterns
WITH_IDS = [pattern for pattern in PATTERNS if pattern.pattern.converters]
# Everybody may read and note on any case (K2); what a case page may do is tried in its own tests.
EVERYBODYS = {"case_id", "customer_id", "log_id", "slug"}
OWNED = [each for each in WITH_IDS if not EVERYBODYS.issuperset(each.pattern.converters)]


def name_of(pattern: URLPattern) -> str:
    return str(pattern.name)


class Work:
    """What one agent holds: a conversation, a text that failed, an offer, a customer and a case."""

    def __init__(self, channel: Channel, number: str) -> None:
        self.agent = AgentFactory(queues=[channel.queue], name="Robin Castillo")
        self.browser = signed_in(self.agent)
        self.interaction = active_interaction(self.agent, channel=channel, customer_address=number)
        MessageFactory(interaction=self.interaction)
        self.message = MessageFactory(
            interaction=self.interaction, author=Author.AGENT, state=MessageState.FAILED
        )
        self.offer = offer_text(channel, f"{number[:-1]}9")
        Agent.objects.exclude(pk=self.agent.pk).update(present=False)
        self.customer = CustomerFactory(phones=[number])
        now = clock.now()
        self.case = Case.objects.create(
            customer=self.customer, subject="Hail", phone=number, opened_at=now, updated_at=now
        )
        self.log = ChatLogFactory(case=self.case)
        note = Note.objects.create(case=self.case, agent=self.agent, body="hm", created_at=now)
        self.mention = Mention.objects.create(note=note, agent=self.agent)
        self.past = InteractionFactory(
            channel=channel, customer_address=number, state=InteractionState.CLOSED
        )

    def arguments(self, pattern: URLPattern) -> dict[str, Any]:
        """An argument for each part of the address: of ours, as far as it is anybody's."""
        known = {
            "interaction_id": self.interaction.pk,
            "message_id": self.message.pk,
            "offer_id": self.offer.pk,
            "case_id": self.case.pk,
            "customer_id": self.customer.pk,
            "mention_id": self.mention.pk,
            "past_id": self.past.pk,
            "log_id": self.log.pk,
        }
        return {name: known.get(name, 1) for name in pattern.pattern.converters}


def snapshot() -> list[dict[str, Any]]:
    """Everything that a foreign request must leave as it is."""
    rows: list[Any] = []
    for model in (Interaction, Message, Offer, Event, Case, Customer, Note, Mention):
        rows += json.loads(serializers.serialize("json", model.objects.order_by("pk")))
    return rows


@pytest.fixture
def work(channel) -> Work:
    return Work(channel, "+14155550150")


@pytest.mark.parametrize("pattern", OWNED, ids=name_of)
def test_S3_what_another_agent_holds_is_not_found_and_stays_as_it_is(work, pattern):
    arguments = work.arguments(pattern)
    colleague = AgentFactory(queues=[ChannelFactory().queue])
    thief = signed_in(colleague)
    path = reverse(pattern.name, kwargs=arguments)
    form = dict.fromkeys(FIELDS, "1") | {"client_id": str(uuid.uuid4()), "body": "mine now"}
    before = snapshot()

    answers = [thief.get(path), thief.post(path, form)]

    assert {answer.status_code for answer in answers} <= {404, 405}
    assert HTTPStatus.NOT_FOUND in {answer.status_code for answer in answers}
    assert snapshot() == before


@pytest.mark.parametrize("pattern", PATTERNS, ids=name_of)
def test_S3_strangers_get_nothing_but_the_way_to_sign_in(work, pattern):
    path = reverse(pattern.name, kwargs=work.arguments(pattern))
    before = snapshot()

    for answer in (Client().get(path), Client().post(path)):
        assert answer.status_code in {302, 405}
        assert answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED or answer["Location"].startswith(
            "/sign-in/"
        )

    assert snapshot() == before


def fields_of_forms() -> list[str]:
    """Every name that a form of the desk reads, and a few that views read themselves."""
    found = {"stop", "before", "seen", "number", "channel", "until", "note", "text"}
    for form in (*vars(forms).values(), *vars(case_forms).values()):
        if isinstance(form, type) and issubclass(form, django_forms.Form):
            found |= set(form.base_fields)
    return sorted(found)


FIELDS = fields_of_forms()
NONSENSE = [
    "",
    "\x00",
    "a\x00b",
    "-1",
    "0",
    "9" * 400,
    str(2**31),
    str(2**63),
    "1e309",
    "NaN",
    "'; DROP TABLE x; --",
    "{{7*7}}{customer}",
    "<img src=x onerror=alert(1)>",
    "\u202e\u2066\ufeff",
    "👩‍👩‍👧‍👦" * 40,
    "@" * 300,
    "/" * 300,
    "2026-13-45T99:99",
    "+1 415 555",
    "x" * 9000,
]
values = st.one_of(st.sampled_from(NONSENSE), st.text(st.characters(codec="utf-8"), max_size=60))


# These send what they are given: a reply, a failed one again, and the first text to somebody.
SENDING = {"desk-send", "desk-retry", "desk-send-first"}


@pytest.mark.parametrize("pattern", PATTERNS, ids=name_of)
def test_F12_no_address_of_the_desk_sends_a_text_but_those_behind_send(work, pattern):
    path = reverse(pattern.name, kwargs=work.arguments(pattern))
    form = dict.fromkeys(FIELDS, "1") | {
        "client_id": str(uuid.uuid4()),
        "seen": str(2**31),
        "body": "to colleagues only",
        "channel": str(work.interaction.channel_id),
        "number": "+14155550177",
        "customer": str(work.customer.pk),
        "disposition": "Claim filed",
        "subject": "Hail",
        "name": "Ada",
    }
    before = Message.objects.count()

    work.browser.get(path, form)
    assert Message.objects.count() == before
    work.browser.post(path, form)

    assert Message.objects.count() == before + (pattern.name in SENDING)


@pytest.mark.parametrize("pattern", PATTERNS, ids=name_of)
def test_nonsense_in_a_form_is_answered_and_never_an_error(channel, pattern):
    """A view that raises fails here: the client hands its exception on."""
    work = Work(channel, "+14155550150")
    path = reverse(pattern.name, kwargs=work.arguments(pattern))
    ids = [str(row.pk) for row in (work.customer, work.case, work.offer, work.agent)]
    statuses = StatusCode.objects.order_by("name").values_list("name", flat=True)
    real = st.sampled_from([*ids, str(uuid.uuid4()), "on", *statuses])

    @given(st.dictionaries(st.sampled_from(FIELDS), values | real, max_size=8))
    @settings(max_examples=10)
    def try_it(form: dict[str, str]) -> None:
        with transaction.atomic():
            for answer in (work.browser.get(path, form), work.browser.post(path, form)):
                assert answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR
            transaction.set_rollback(True)

    try_it()


RAW = [b"body=%ed%a0%80", b"body=%ff%fe&client_id=%00", b"%", b"&&&===", b"body" * 9, b"\x00" * 64]


@pytest.mark.parametrize("pattern", PATTERNS, ids=name_of)
def test_bytes_that_are_no_form_are_answered_and_never_an_error(work, pattern):
    path = reverse(pattern.name, kwargs=work.arguments(pattern))

    for raw in RAW:
        posted = work.browser.post(path, raw, content_type="application/x-www-form-urlencoded")
        asked = work.browser.get(f"{path}?{raw.hex()}&q=%ff%00")

        assert posted.status_code < HTTPStatus.INTERNAL_SERVER_ERROR
        assert asked.status_code < HTTPStatus.INTERNAL_SERVER_ERROR


@pytest.mark.parametrize("pattern", WITH_IDS, ids=name_of)
def test_a_number_no_row_can_have_is_not_found(work, pattern):
    for huge in (2**31, 2**63 - 1, 2**63, 10**30):
        arguments = {
            name: huge if converter.regex == "[0-9]+" else "nowhere"
            for name, converter in pattern.pattern.converters.items()
        }
        path = reverse(pattern.name, kwargs=arguments)

        for answer in (work.browser.get(path), work.browser.post(path)):
            assert answer.status_code in {404, 405}
