"""N4: canned replies: where they are offered, and their words filled in."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from cases.models.canned import IF_NOT_KNOWN
from cases.selectors.canned import canned_replies, filled
from tests.factories import CannedReplyFactory, QueueFactory


@pytest.mark.django_db
def test_N4_a_queue_is_offered_its_own_replies_and_those_for_all():
    queue, other = QueueFactory(), QueueFactory()
    CannedReplyFactory(shortcut="zebra")
    CannedReplyFactory(shortcut="both", queues=[queue, other])
    CannedReplyFactory(shortcut="elsewhere", queues=[other])
    CannedReplyFactory(shortcut="retired", active=False)

    assert [reply.shortcut for reply in canned_replies(queue.pk)] == ["both", "zebra"]


def test_N4_the_variables_are_filled_in():
    body = "Hello {first_name}, {agent} of {queue} on {case}. {customer}, {channel}."
    values = {
        "customer": "Dana Whitfield",
        "first_name": "Dana",
        "agent": "Robin",
        "queue": "Claims",
        "case": "#1042",
        "channel": "Acme",
    }

    assert filled(body, values) == "Hello Dana, Robin of Claims on #1042. Dana Whitfield, Acme."


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("Hello {first_name}, about {case}:", "Hello there, about your case:"),
        ("One moment, {first_name}, please.", "One moment, please."),
        ("Take care, {customer}!", "Take care!"),
        ("Dear {customer}, hello.", "Dear customer, hello."),
    ],
)
def test_N4_what_is_not_known_becomes_plain_words(body, text):
    assert filled(body, {"first_name": "", "customer": ""}) == text
    known = {"first_name": "Dana", "customer": "Dana", "case": "#1042"}
    assert filled(body, known).count("Dana") == 1


@given(st.text(), st.dictionaries(st.sampled_from(sorted(IF_NOT_KNOWN)), st.text("ab #1")))
def test_N4_no_variable_is_ever_left_in_braces(body, values):
    text = filled(body, values)

    assert not any(f"{{{name}}}" in text for name in IF_NOT_KNOWN)


def test_N4_a_customers_own_braces_are_not_filled_in():
    assert filled("Hi {customer}", {"customer": "{agent}", "agent": "Robin"}) == "Hi {agent}"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("Hi {frist_name}", "There is no variable {frist_name}. These are filled in: {customer}"),
        ("Hi {}", "There is no variable {}."),
        ("Hi {first_name", "A brace stands alone. Braces are for variables only: {customer}"),
        ("Hi first_name}", "A brace stands alone."),
    ],
)
def test_N4_a_variable_that_nobody_fills_in_is_refused(body, sentence):
    reply = CannedReplyFactory()
    reply.body = body

    with pytest.raises(ValidationError) as refused:
        reply.full_clean()

    assert refused.value.message_dict["body"][0].startswith(sentence)


@pytest.mark.django_db
def test_N4_every_variable_that_is_known_is_taken():
    reply = CannedReplyFactory(body=" ".join(f"{{{name}}}" for name in IF_NOT_KNOWN))

    reply.full_clean()
