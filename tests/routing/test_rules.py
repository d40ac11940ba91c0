"""B3 B4 A26: rules are asked in their order; pure, and through a real text."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from django.urls import reverse
from hypothesis import assume, example, given
from hypothesis import strategies as st

from routing.enums import Author, InteractionState
from routing.models import Interaction, Rule
from routing.selectors.rules import Facts, Terms, rules_in_order
from routing.services.consent import opted_out_after
from routing.services.rules import (
    course,
    covers,
    first_match,
    matches,
    never_reached,
    why_matched,
)
from routing.services.wishes import wish_of
from smsdesk.lib.hours import Hours
from tests.factories import (
    ChannelFactory,
    ConsentEntryFactory,
    CustomerFactory,
    QueueFactory,
    RuleFactory,
    ScheduleFactory,
    inbound_text,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday
OFFICE = Hours("UTC", tuple((day, time(9), time(17)) for day in range(5)))
NIGHTS = Hours("UTC", tuple((day, time(20), time(0)) for day in range(7)))
TEXT = Facts(1, "#adventureme", "US", known=False, opted_out=False, at=NOON)
EVERY = Terms(1, "Every text")

facts = st.builds(
    Facts,
    channel_id=st.integers(1, 2),
    first_word=st.sampled_from(["", "hello", "#adventureme"]),
    country=st.sampled_from(["US", "CA", ""]),
    known=st.booleans(),
    opted_out=st.booleans(),
    at=st.integers(0, 7 * 24).map(lambda hours: NOON + timedelta(hours=hours)),
)
terms = st.builds(
    Terms,
    rule_id=st.integers(1, 1000),
    name=st.just("a rule"),
    channel_id=st.sampled_from([None, 1, 2]),
    keyword=st.sampled_from(["", "Hello", "#ADVENTUREME"]),
    countries=st.frozensets(st.sampled_from(["US", "CA", "DE"])),
    known=st.sampled_from([None, True, False]),
    opted_out=st.sampled_from([None, True, False]),
    hours=st.sampled_from([None, OFFICE, NIGHTS]),
    inside=st.booleans(),
    queue_id=st.sampled_from([None, 7, 8]),
)


@pytest.mark.parametrize(
    ("condition", "matched", "missed"),
    [
        ("channel_id", 1, 2),
        ("keyword", "#AdventureMe", "#ADVENTUREMENOW"),
        ("countries", frozenset({"US", "CA"}), frozenset({"DE"})),
        ("known", False, True),
        ("opted_out", False, True),
        ("hours", OFFICE, NIGHTS),
    ],
)
def test_B3_each_condition_is_asked(condition, matched, missed):
    assert matches(EVERY, TEXT)
    assert matches(replace(EVERY, **{condition: matched}), TEXT)
    assert not matches(replace(EVERY, **{condition: missed}), TEXT)


def test_B3_a_rule_may_ask_for_the_time_outside_a_schedule():
    outside = replace(EVERY, hours=OFFICE, inside=False)

    assert not matches(outside, TEXT)
    assert matches(outside, replace(TEXT, at=NOON + timedelta(hours=6)))


def test_N8_a_rule_says_in_words_what_it_asked():
    asked = Terms(1, "Tours", 1, "#ADVENTUREME", frozenset({"US"}), known=False, hours=OFFICE)

    assert why_matched(asked, TEXT) == (
        "rule “Tours” matched: the channel, the first word #ADVENTUREME, a number of US,"
        " a new customer, inside its hours"
    )
    assert why_matched(EVERY, TEXT) == "rule “Every text” matched: it asks nothing"


@given(st.lists(terms, max_size=6), facts)
def test_B3_the_first_that_matches_decides_and_nothing_before_it_matched(rules, text):
    way = course(rules, text, queue_id=99, hours=OFFICE)

    before = [rule for rule in rules if matches(rule, text)]
    assert way.rule == (before[0] if before else None)
    assert way.queue_id == ((before[0].queue_id or 99) if before else 99)
    assert way.held is not OFFICE.is_open(text.at)


@given(st.lists(terms, max_size=6), terms, facts)
def test_B3_a_rule_at_the_end_changes_no_text_that_another_one_matches(rules, last, text):
    assume(first_match(rules, text))

    assert first_match([*rules, last], text) == first_match(rules, text)


@given(terms, terms, facts)
@example(replace(EVERY, countries=frozenset({"US"})), EVERY, replace(TEXT, country="CA"))
def test_B3_a_rule_that_covers_another_matches_whatever_that_one_does(earlier, later, text):
    assume(covers(earlier, later) and matches(later, text))

    assert matches(earlier, text)


@given(st.lists(terms, max_size=6, unique_by=lambda rule: rule.rule_id), facts)
def test_B3_a_rule_that_is_called_unreachable_never_decides(rules, text):
    decides = first_match(rules, text)

    assert decides is None or decides.rule_id not in never_reached(rules)


@pytest.mark.parametrize(
    ("body", "before", "after"),
    [("STOP", False, True), ("hello", True, True), ("start", True, False), ("yes", True, False)],
)
def test_B3_N1_a_text_that_opts_out_or_in_counts_already(body, before, after):
    assert opted_out_after(wish_of(body, is_out=before), before=before) is after


@pytest.mark.django_db
class TestAText:
    CUSTOMER = "+14155550123"

    @pytest.fixture
    def channel(self):
        return ChannelFactory()

    def routed(self, channel, body="hello", sender=CUSTOMER, now=NOON) -> Interaction:
        inbound_text(channel, sender, body, now=now)
        return Interaction.objects.latest("pk")

    def test_B3_country_of_the_number(self, channel):
        germans = RuleFactory(countries="AT, DE")

        assert self.routed(channel, sender="+4915112345678").queue == germans.queue
        assert self.routed(channel, sender="+14155550123").queue == channel.queue

    def test_B3_known_customer_or_not(self, channel):
        CustomerFactory(phones=[self.CUSTOMER])
        new = RuleFactory(known_customer=False)
        known = RuleFactory(known_customer=True)

        assert self.routed(channel).queue == known.queue
        assert self.routed(channel, sender="+14155550124").queue == new.queue

    def test_B3_N1_opted_out_before_or_by_this_very_text(self, channel):
        ConsentEntryFactory(channel=channel, address=self.CUSTOMER)
        rule = RuleFactory(opted_out=True)

        assert self.routed(channel).queue == rule.queue
        assert self.routed(channel, "STOP", sender="+14155550124").queue == rule.queue
        assert self.routed(channel, sender="+14155550125").queue == channel.queue

    def test_B3_N10_inside_and_outside_a_schedule(self, channel):
        night = RuleFactory(schedule=ScheduleFactory(), in_schedule=False)

        assert self.routed(channel).queue == channel.queue
        late = self.routed(channel, sender="+14155550124", now=NOON + timedelta(hours=6))
        assert (late.queue, late.state) == (night.queue, InteractionState.QUEUED)

    def test_A26_B3_a_keyword_answers_tags_and_ranks(self, channel):
        RuleFactory(
            name="Tours",
            keyword="#ADVENTUREME",
            queue=None,
            priority=5,
            reply="Welcome, adventurer!",
            campaign_tag="Summer tours",
        )

        tour = self.routed(channel, "#adventureme please")

        assert (tour.queue, tour.priority, tour.campaign_tag) == (channel.queue, 5, "Summer tours")
        reply = tour.messages.get(author=Author.AUTOMATIC)
        assert (reply.body, reply.agent) == ("Welcome, adventurer!", None)
        assert tour.unanswered == 1

    def test_B3_F12_the_automatic_text_is_sent_once_a_conversation(self, channel):
        RuleFactory(reply="Welcome!")

        self.routed(channel)
        tour = self.routed(channel, "again")

        assert tour.messages.filter(author=Author.AUTOMATIC).count() == 1

    def test_B3_N1_who_opted_out_is_answered_nothing(self, channel):
        RuleFactory(reply="Welcome!")

        assert not self.routed(channel, "STOP").messages.filter(author=Author.AUTOMATIC).exists()

    def test_B3_B7_off_hours_one_automatic_text_is_sent_and_it_says_the_hours(self):
        channel = ChannelFactory(schedule=ScheduleFactory(), off_hours_reply="Open {hours}.")
        RuleFactory(reply="Welcome!")

        held = self.routed(channel, now=NOON + timedelta(hours=6))

        assert held.state == InteractionState.HELD
        replies = held.messages.filter(author=Author.AUTOMATIC)
        assert [reply.body for reply in replies] == ["Open Mon–Fri 09:00–17:00 (UTC)."]

    def test_N8_what_rules_could_ask_is_kept_with_the_rule_that_decided(self, channel):
        rule = RuleFactory(name="Tours", keyword="#ADVENTUREME")

        assert self.routed(channel, "#ADVENTUREME").routing == {
            "first_word": "#adventureme",
            "country": "US",
            "known": False,
            "opted_out": False,
            "rule": rule.pk,
            "queue": rule.queue.name,
            "why": "rule “Tours” matched: the first word #ADVENTUREME",
        }

    def test_B3_the_rules_are_one_read(self, django_assert_num_queries):
        RuleFactory.create_batch(5)

        with django_assert_num_queries(1):
            rules_in_order()

    def test_B3_N10_schedules_of_rules_are_read_together(self, django_assert_num_queries):
        RuleFactory.create_batch(2, schedule=ScheduleFactory())
        RuleFactory(schedule=ScheduleFactory())

        with django_assert_num_queries(4):
            rules_in_order()


@pytest.mark.django_db
class TestTheForm:
    @pytest.fixture
    def supervisor(self, admin_client):
        return admin_client

    def add(self, supervisor, **fields):
        form = {"name": "Tours", "position": 10, "active": "on", "priority": 0}
        form |= {"in_schedule": "True", "queue": QueueFactory().pk, **fields}
        return supervisor.post(reverse("admin:routing_rule_add"), form, follow=True)

    def test_B4_countries_are_stored_in_one_spelling(self, supervisor):
        self.add(supervisor, countries="us,ca US")

        assert Rule.objects.get().countries == "CA, US"

    @pytest.mark.parametrize(
        ("field", "value", "sentence"),
        [
            ("countries", "US, Mars", "“MARS” is no country. Write two letters for each"),
            ("reply", "a" * 1501, "The reply has 1501 characters and may have 1500."),
        ],
    )
    def test_B4_nonsense_is_refused_with_a_sentence(self, supervisor, field, value, sentence):
        assert sentence in self.add(supervisor, **{field: value}).text
        assert not Rule.objects.exists()

    def test_B4_a_rule_that_can_never_match_is_saved_with_a_warning(self, supervisor):
        RuleFactory(name="Everybody", position=1)

        page = self.add(supervisor, keyword="#ADVENTUREME")

        assert "Rule “Tours” can never match: “Everybody” is asked before it" in page.text
        assert Rule.objects.count() == 2

    def test_B4_a_rule_that_hides_a_later_one_says_so_too(self, supervisor):
        RuleFactory(name="Later", position=50, keyword="#ADVENTUREME")

        assert "Rule “Later” can never match: “Tours”" in self.add(supervisor).text

    def test_B4_rules_are_put_into_another_order_in_their_list(self, supervisor):
        first, second = RuleFactory(position=1), RuleFactory(position=2)
        url = reverse("admin:routing_rule_changelist")
        assert 'data-ordering-field="position"' in supervisor.get(url).text

        self.put_in_order(supervisor, [second, first])

        assert list(Rule.objects.all()) == [second, first]

    def put_in_order(self, supervisor, rules):
        form = {"form-TOTAL_FORMS": len(rules), "form-INITIAL_FORMS": len(rules), "_save": "Save"}
        for row, rule in enumerate(Rule.objects.all()):
            form |= {f"form-{row}-id": rule.pk, f"form-{row}-position": rules.index(rule)}
        return supervisor.post(reverse("admin:routing_rule_changelist"), form, follow=True)

    def test_B4_an_order_is_warned_of_once_it_is_whole(self, supervisor):
        everybody = RuleFactory(name="Everybody", position=1)
        tours = RuleFactory(name="Tours", position=2, keyword="#TOUR")

        mended = self.put_in_order(supervisor, [tours, everybody])
        spoilt = self.put_in_order(supervisor, [everybody, tours])

        assert self.warnings(mended) == []
        (warning,) = self.warnings(spoilt)
        assert warning.startswith("Rule “Tours” can never match: “Everybody” is asked before it")

    def warnings(self, page) -> list[str]:
        said = page.context["messages"]
        return [str(each) for each in said if each.level_tag == "warning"]
