"""N1: words of the supervisors' own, and texts that come late."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from routing.enums import Author, AutoReply, KeywordMeans
from routing.models import ConsentEntry, Interaction, Keyword, Message
from routing.selectors.consent import opted_out
from smsdesk.lib import clock
from tests.factories import BlockedNumberFactory, ChannelFactory, RuleFactory, inbound_text

pytestmark = pytest.mark.django_db
CUSTOMER = "+14155550123"


@pytest.fixture
def channel():
    return ChannelFactory(name="Claims")


@pytest.fixture
def desk(client):
    client.force_login(User.objects.create_superuser("supervisor"))
    return client


def is_out(channel) -> bool:
    return opted_out(channel.pk, CUSTOMER) is not None


def add(desk, word: str, means: str = KeywordMeans.STOP, channel=None):
    form = {"word": word, "means": means, "channel": channel.pk if channel else ""}
    return desk.post(reverse("admin:routing_keyword_add"), form, follow=True)


def test_N1_a_word_of_ones_own_opts_out_is_confirmed_and_opts_in_again(desk, channel):
    """Twilio answers only the words that it knows itself, so the desk answers these."""
    add(desk, "arrêt !")
    add(desk, "oui", KeywordMeans.START)

    inbound_text(channel, CUSTOMER, "Oui")
    assert not ConsentEntry.objects.exists()
    inbound_text(channel, CUSTOMER, "“Arrêt”")
    assert is_out(channel)
    inbound_text(channel, CUSTOMER, "OUI.")

    assert not is_out(channel)
    ours = Message.objects.filter(author=Author.AUTOMATIC).order_by("pk")
    assert list(ours.values_list("auto_reply", flat=True)) == [AutoReply.STOP, AutoReply.START]


def test_N1_a_word_of_one_channel_is_any_word_over_another(desk, channel):
    add(desk, "no mas", channel=channel)

    inbound_text(ChannelFactory(), CUSTOMER, "no mas")
    assert not ConsentEntry.objects.exists()
    inbound_text(channel, CUSTOMER, "No  más".replace("á", "a"))

    assert is_out(channel)


def test_N1_help_in_ones_own_word(desk, channel):
    add(desk, "AYUDA", KeywordMeans.HELP)

    inbound_text(channel, CUSTOMER, "ayuda")

    assert Message.objects.get(author=Author.AUTOMATIC).auto_reply == AutoReply.HELP


@pytest.mark.parametrize("word", ["stop", "Unsubscribe!", "opt-out", "yes", "HELP"])
def test_N1_the_words_of_the_law_mean_what_it_says(desk, word):
    page = add(desk, word, KeywordMeans.HELP)

    assert "is understood already, and means what the law says." in page.text
    assert not Keyword.objects.exists()


@pytest.mark.parametrize("word", ["?!", "🛑", "_"])
def test_N1_a_word_has_letters(desk, word):
    assert "Write a word with letters or digits." in add(desk, word).text


def test_N1_no_word_means_two_things(desk, channel):
    add(desk, "ARRET", channel=channel)

    for where in (None, channel):
        page = add(desk, "arret", KeywordMeans.HELP, channel=where)
        assert "ARRET stands there already, for Claims. Change that entry." in page.text
    add(desk, "arret", KeywordMeans.HELP, channel=ChannelFactory())

    assert Keyword.objects.count() == 2


def test_B3_N1_rules_know_what_a_word_of_ones_own_or_the_carrier_says(desk, channel):
    add(desk, "ARRET")
    rule = RuleFactory(opted_out=True)

    inbound_text(channel, CUSTOMER, "arret")
    inbound_text(channel, "+14155550124", "genug", OptOutType="STOP")

    assert [talk.queue for talk in Interaction.objects.all()] == [rule.queue] * 2


@pytest.mark.parametrize(("late", "last"), [("START", "STOP"), ("STOP", "START")])
def test_N1_a_text_that_is_found_late_says_nothing_against_a_later_one(channel, late, last):
    """A webhook was lost; the carrier's own list brings its text when the customer went on."""
    now = clock.now()
    inbound_text(channel, CUSTOMER, "STOP", now=now - timedelta(hours=3))
    inbound_text(channel, CUSTOMER, last, now=now - timedelta(hours=1))

    inbound_text(channel, CUSTOMER, late, now=now - timedelta(hours=2))

    assert is_out(channel) is (last == "STOP")


def test_N1_a_blocked_numbers_wish_says_where_its_text_is(channel):
    BlockedNumberFactory(number=CUSTOMER)

    request = inbound_text(channel, CUSTOMER, "STOP")

    line = ConsentEntry.objects.get()
    assert line.note == f"Carrier request {request.pk}, from a blocked number"
