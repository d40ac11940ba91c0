"""N1, N16: one confirmation and never two, help, and no machine that talks with a machine."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F

from routing.enums import Author, AutoReply, EventKind, KeywordAnswers, MessageState
from routing.models import Channel, Event, Interaction, Message
from routing.selectors.threads import events_of
from routing.services.autoreplies import (
    MOST_IN_A_LOOP,
    RATION,
    answers_keyword,
    why_kept_quiet,
)
from routing.services.delivery import deliver_message
from smsdesk.lib import clock
from tests.factories import (
    AccountFactory,
    AgentFactory,
    ChannelFactory,
    MessageFactory,
    ScheduleFactory,
    active_interaction,
    inbound_text,
)
from tests.routing.steps import life_line
from tests.routing.test_delivery import delivered_with, http  # noqa: F401 - a fixture
from tests.routing.test_off_hours import SUNDAY

pytestmark = pytest.mark.django_db
CUSTOMER = "+14155550123"
NOW = SUNDAY
MINUTE = timedelta(minutes=1)


@pytest.fixture
def channel():
    return ChannelFactory(name="Claims", keyword_answers=KeywordAnswers.DESK)


def answers() -> list[tuple[str, str]]:
    ours = Message.objects.filter(author=Author.AUTOMATIC).order_by("pk")
    return list(ours.values_list("auto_reply", "body"))


def reasons() -> list[str]:
    return [reason for reason, _ in answers()]


def test_N1_an_opting_out_is_confirmed_once_and_never_twice(channel):
    for word in ("STOP", "stop", "QUIT"):
        inbound_text(channel, CUSTOMER, word)

    assert answers() == [
        (AutoReply.STOP, "Claims: You get no more texts from us. Text START to get them again.")
    ]


def test_N1_the_confirmation_is_handed_over_though_nothing_else_is(channel, http):  # noqa: F811
    inbound_text(channel, CUSTOMER, "STOP")

    message = delivered_with(http, Message.objects.get(author=Author.AUTOMATIC))

    assert message.state == MessageState.SENT


def test_N1_opting_in_again_is_confirmed(channel):
    inbound_text(channel, CUSTOMER, "STOP")
    inbound_text(channel, CUSTOMER, "START")

    assert reasons() == [AutoReply.STOP, AutoReply.START]


def test_N1_start_of_who_never_opted_out_changes_nothing_and_is_not_confirmed(channel):
    inbound_text(channel, CUSTOMER, "START")

    assert answers() == []


@pytest.mark.parametrize("word", ["HELP", "info?"])
def test_N1_help_is_given_to_who_opted_out_too(channel, word):
    inbound_text(channel, CUSTOMER, "STOP")
    inbound_text(channel, CUSTOMER, word)

    assert reasons() == [AutoReply.STOP, AutoReply.HELP]


@pytest.mark.parametrize(
    ("carrier", "chosen", "word", "desk"),
    [
        ("twilio", "", "STOP", False),
        ("twilio", "", "INFO", False),
        ("twilio", "", "OPT OUT", True),  # no word that Twilio knows
        ("telnyx", "", "STOP ALL", False),
        ("telnyx", "", "REVOKE", True),
        ("vonage", "", "STOP", True),
        ("kannel", "", "STOP", True),
        ("8x8", "", "STOP", True),
        ("twilio", KeywordAnswers.DESK, "STOP", True),
        ("twilio", KeywordAnswers.CARRIER, "OPT OUT", False),
        ("kannel", KeywordAnswers.CARRIER, "STOP", False),
    ],
)
def test_N1_the_carrier_answers_or_the_desk_does_and_never_both(carrier, chosen, word, desk):
    account = AccountFactory(carrier=carrier)

    channel = ChannelFactory(account=account, keyword_answers=chosen)
    assert answers_keyword(channel, word) is desk


def test_N1_what_the_carrier_answers_the_desk_does_not():
    inbound_text(ChannelFactory(keyword_answers=KeywordAnswers.CARRIER), CUSTOMER, "STOP")

    assert answers() == []


def test_N1_what_the_carrier_says_it_answered_is_not_answered_again(channel):
    inbound_text(channel, CUSTOMER, "STOP", OptOutType="STOP")

    assert answers() == []


@pytest.mark.parametrize("word", ["STOP", "HELP"])
def test_N1_without_words_nothing_is_sent(channel, word):
    Channel.objects.update(stop_reply="", help_reply="")
    channel.refresh_from_db()

    inbound_text(channel, CUSTOMER, word)

    assert answers() == []


def test_N1_help_off_hours_has_one_answer(channel):
    channel.schedule, channel.off_hours_reply = ScheduleFactory(), "We are open {hours}."
    channel.save()

    inbound_text(channel, CUSTOMER, "HELP", now=SUNDAY)

    assert reasons() == [AutoReply.HELP]


def off_hours(channel) -> None:
    channel.schedule, channel.off_hours_reply = ScheduleFactory(), "We are open {hours}."
    channel.save()


def begin_anew() -> None:
    """The customer's conversation is over; the next text begins another."""
    Interaction.objects.update(
        state="CLOSED", closed_at=F("queued_at"), ended_at=F("queued_at"), held_until=None
    )


def test_N16_one_reply_of_each_reason_within_the_hour(channel):
    off_hours(channel)
    for minutes in (0, 30, 61):
        inbound_text(channel, CUSTOMER, "Anybody?", now=SUNDAY + minutes * MINUTE)
        begin_anew()

    assert reasons() == [AutoReply.OFF_HOURS, AutoReply.OFF_HOURS]
    kept = Event.objects.get(kind=EventKind.KEPT_QUIET)
    assert kept.detail["note"] == "The same went to the number within the hour."


def test_N16_a_thread_tells_once_of_each_reason_that_a_robot_got_no_answer(channel):
    for n in range(12):
        inbound_text(channel, CUSTOMER, "HELP", now=SUNDAY + n * (RATION + MINUTE))
    inbound_text(channel, CUSTOMER, "HELP", now=SUNDAY + 11 * (RATION + MINUTE))

    assert reasons() == [AutoReply.HELP] * MOST_IN_A_LOOP
    (told,) = events_of(Interaction.objects.get().pk)
    assert told.kind == EventKind.KEPT_QUIET
    assert told.detail["note"].endswith("it may be a robot.")


def test_N16_none_right_after_an_agent_wrote(channel):
    off_hours(channel)
    talk = active_interaction(AgentFactory(), channel=channel, customer_address=CUSTOMER)
    MessageFactory(interaction=talk, author=Author.AGENT, created_at=SUNDAY - MINUTE)
    begin_anew()

    inbound_text(channel, CUSTOMER, "Thanks!", now=SUNDAY)

    assert answers() == []
    assert EventKind.KEPT_QUIET in life_line(Interaction.objects.latest("pk"))


def test_N16_two_robots_end_after_a_few_texts(channel):
    for n in range(40):
        word = ("STOP", "START", "HELP")[n % 3]
        inbound_text(channel, CUSTOMER, word, now=SUNDAY + n * (RATION + MINUTE) / 20)

    assert 3 <= len(answers()) <= MOST_IN_A_LOOP


def at(minutes: int):
    return NOW - minutes * MINUTE


@pytest.mark.parametrize(
    ("reason", "sent", "quiet"),
    [
        (AutoReply.RULE, [], False),
        (AutoReply.RULE, [(Author.AUTOMATIC, AutoReply.OFF_HOURS, at(1))], False),
        (AutoReply.RULE, [(Author.AUTOMATIC, AutoReply.RULE, at(59))], True),
        (AutoReply.RULE, [(Author.AUTOMATIC, AutoReply.RULE, at(61))], False),
        (AutoReply.RULE, [(Author.AUTOMATIC, "", at(1))], False),  # a campaign's
        (AutoReply.RULE, [(Author.AGENT, "", at(9))], True),
        (AutoReply.RULE, [(Author.AGENT, "", at(11))], False),
        (AutoReply.STOP, [(Author.AGENT, "", at(1))], False),
        (AutoReply.HELP, [(Author.AUTOMATIC, AutoReply.RULE, at(120 + n)) for n in range(6)], True),
        (
            AutoReply.HELP,
            [(Author.AUTOMATIC, AutoReply.RULE, at(120 + n)) for n in range(5)],
            False,
        ),
    ],
)
def test_N16_when_no_automatic_text_goes(reason, sent, quiet):
    assert bool(why_kept_quiet(reason, sent, NOW)) is quiet


def test_N16_what_is_left_out_is_not_handed_over_either(channel):
    inbound_text(channel, CUSTOMER, "STOP")
    message = Message.objects.get(author=Author.AUTOMATIC)
    Message.objects.filter(pk=message.pk).update(auto_reply=AutoReply.RULE)

    assert deliver_message(message_id=message.pk, now=clock.now()) is True

    message.refresh_from_db()
    assert message.state == MessageState.FAILED
