"""N8: a changed rule is tried on last week's texts, by what routes texts; nothing is written."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import InternalError, connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from routing.admin.rules import RuleAdmin
from routing.models import Interaction, Queue, Rule
from routing.selectors import first_texts
from routing.selectors.first_texts import FirstText
from routing.selectors.queues import QueueTerms
from routing.selectors.rules import ChannelWay, Terms
from routing.services.dry_run import Difference, Setup, Way, differences, effects, median_waits
from routing.services.overflow import Waiting
from routing.services.rules import Course, matches
from smsdesk.lib import clock
from tests.factories import (
    ChannelFactory,
    InteractionFactory,
    QueueFactory,
    RuleFactory,
    ScheduleFactory,
    inbound_text,
)
from tests.routing.test_rules import OFFICE, facts, terms

RULE = "admin:routing_rule_dry_run"
texts = st.lists(st.builds(FirstText, st.integers(), st.just("+1"), st.just(7), facts, st.none()))
CHANNELS = {1: ChannelWay(7), 2: ChannelWay(8, OFFICE)}
QUEUES = {pk: QueueTerms(Queue(pk=pk, priority=pk)) for pk in (7, 8)}


@given(texts, st.lists(terms, max_size=4))
def test_N8_no_change_makes_no_difference(sample, rules):
    setup = Setup(rules, CHANNELS, QUEUES)

    assert differences(sample, setup, setup) == []


@given(texts, st.lists(terms, max_size=4), terms)
def test_N8_only_texts_that_the_new_rule_matches_go_another_way(sample, rules, new):
    found = differences(
        sample, Setup(rules, CHANNELS, QUEUES), Setup([new, *rules], CHANNELS, QUEUES)
    )

    assert all(matches(new, one.text.facts) and one.after.course.rule == new for one in found)


def test_N8_what_would_be_different_is_counted_in_words():
    rule = Terms(1, "Tours", reply="Welcome!", campaign_tag="Summer")
    own = Way(Course(7, 0, None, held=False), Waiting(7, 0, None, ()), "", for_taker=True)
    moved = Way(Course(8, 0, rule, held=True), Waiting(8, 0, None, ()), "Welcome!", for_taker=False)
    relaxed = replace(own, waits=Waiting(7, 3, 0, ()))
    found = [Difference(None, own, moved), Difference(None, own, relaxed)]

    assert effects(found) == [
        (1, "in another queue"),
        (1, "held for opening hours"),
        (1, "at another priority in the same queue"),
        (1, "with another skill level asked in the same queue"),
        (1, "not offered to who accepted them, for want of the skill or as no member"),
        (1, "with another automatic text"),
        (1, "with another campaign tag"),
    ]


def test_N8_waits_are_those_that_half_of_the_texts_exceeded():
    waited = [FirstText(0, "+1", 7, None, timedelta(seconds=n)) for n in (10, 90, 20)]

    assert median_waits([*waited, FirstText(0, "+1", 8, None, None)]) == {7: timedelta(seconds=20)}


@pytest.mark.django_db
class TestTheSample:
    @pytest.fixture
    def channel(self):
        return ChannelFactory()

    def test_N8_it_is_what_customers_began_in_seven_days_the_newest_first(self, channel):
        now = clock.now()
        for days in (8, 6, 1):
            inbound_text(channel, f"+1212555000{days}", "#Tour", now=now - timedelta(days=days))
        InteractionFactory(channel=channel)  # an agent's, or of before facts were kept

        sample = first_texts.first_texts(now)

        assert [text.address for text in sample.texts] == ["+12125550001", "+12125550006"]
        assert sample.texts[0].facts.first_word == "#tour"
        assert sample.whole_week is True

    def test_N8_it_is_bounded_and_says_so(self, channel, monkeypatch):
        monkeypatch.setattr(first_texts, "MOST", 2)
        for number in range(3):
            inbound_text(channel, f"+1212555000{number}")

        sample = first_texts.first_texts(clock.now())

        assert [text.address for text in sample.texts] == ["+12125550002", "+12125550001"]
        assert sample.whole_week is False

    def test_N8_it_is_read_in_pages_and_rows_of_others_count(self, channel, monkeypatch):
        monkeypatch.setattr(first_texts, "PAGE", 3)
        monkeypatch.setattr(first_texts, "MOST_ROWS", 6)
        InteractionFactory.create_batch(10, channel=channel)

        now = clock.now()

        with CaptureQueriesContext(connection) as queries:
            sample = first_texts.first_texts(now)

        assert (len(sample.texts), sample.whole_week, len(queries)) == (0, False, 3)


@pytest.mark.django_db
class TestTheButton:
    @pytest.fixture
    def channel(self):
        return ChannelFactory(queue=QueueFactory(name="Claims"))

    def form(self, **fields):
        form = {"name": "Tours", "position": 10, "active": "on", "priority": 0}
        queue = fields.pop("queue", None) or QueueFactory(name="Help").pk
        return form | {"in_schedule": "True", "queue": queue, **fields}

    def test_N8_it_stands_beside_save(self, admin_client):
        rule = RuleFactory()

        added = admin_client.get(reverse("admin:routing_rule_add")).text
        changed = admin_client.get(reverse("admin:routing_rule_change", args=[rule.pk])).text

        assert f'hx-post="{reverse(RULE)}"' in added
        assert f'hx-post="{reverse(RULE, args=[rule.pk])}"' in changed

    def test_N8_a_new_rule_is_tried_and_nothing_is_written(self, admin_client, channel):
        inbound_text(channel, "+14155550101", "#ADVENTUREME")
        inbound_text(channel, "+14155550102", "hello")
        tour = Interaction.objects.get(customer_address="+14155550101")

        page = admin_client.post(reverse(RULE), self.form(keyword="#adventureme"))

        assert "Looked at 2 texts: all" in page.text
        assert "<b>1</b> in another queue" in " ".join(page.text.split())
        assert reverse("admin:routing_interaction_change", args=[tour.pk]) in page.text
        assert "Claims (no rule)" in page.text
        assert "Help (rule “Tours”)" in page.text
        assert not Rule.objects.exists()

    def test_N8_a_changed_rule_is_tried_against_itself_as_it_is(self, admin_client, channel):
        rule = RuleFactory(name="Tours", keyword="#TOUR", queue=QueueFactory(name="Tours"))
        inbound_text(channel, "+14155550101", "#tour")
        url = reverse(RULE, args=[rule.pk])

        same = admin_client.post(url, self.form(keyword="#TOUR", queue=rule.queue_id))
        off = self.form(keyword="#TOUR", queue=rule.queue_id)
        del off["active"]
        switched_off = admin_client.post(url, off)

        assert "Nothing would have been different." in same.text
        assert "Claims (no rule)" in switched_off.text
        rule.refresh_from_db()
        assert (rule.active, rule.position) == (True, 100)

    def test_N8_a_form_that_cannot_be_saved_says_why(self, admin_client, channel):
        page = admin_client.post(reverse(RULE), self.form(countries="Mars"))

        assert "“MARS” is no country" in page.text

    def test_N8_a_rule_that_would_never_match_is_warned_of_before_it_is_saved(
        self, admin_client, channel
    ):
        RuleFactory(name="Everybody", position=1)

        page = admin_client.post(reverse(RULE), self.form())

        assert "“Everybody” is asked before it" in page.text

    def test_N8_the_database_refuses_to_write_while_it_is_tried(self, admin_client, monkeypatch):
        monkeypatch.setattr(RuleAdmin, "setups", lambda *given: given[1].save())

        with pytest.raises(InternalError, match="in a read-only transaction"):
            admin_client.post(reverse(RULE), self.form())

        assert not Rule.objects.exists()

    def test_N8_waits_of_the_queues_are_told(self, admin_client, channel):
        inbound_text(channel, "+14155550101", now=clock.now() - timedelta(minutes=5))
        Interaction.objects.update(
            accepted_at=Interaction.objects.get().waits_since + timedelta(seconds=80)
        )

        page = admin_client.post(reverse(RULE), self.form())

        words = " ".join(page.text.split())
        assert "accepted there: Claims 1 min 20 s." in words

    def test_N8_many_texts_cost_no_more_queries(self, admin_client, channel):
        def queries() -> int:
            with CaptureQueriesContext(connection) as captured:
                admin_client.post(reverse(RULE), self.form(queue=channel.queue_id, priority=1))
            return len(captured)

        inbound_text(channel, "+14155550100")
        few = queries()
        for number in range(30):
            inbound_text(channel, f"+121255500{number:02}")

        assert queries() == few

    def test_N8_K3_who_may_not_add_rules_may_not_try_one(self, client, django_user_model):
        clerk = django_user_model.objects.create_user("clerk", is_staff=True)
        client.force_login(clerk)

        assert client.post(reverse(RULE), self.form()).status_code == 403
        assert client.get(reverse(RULE)).status_code in {403, 405}

    def test_N8_K3_who_may_only_look_is_not_offered_to_try(self, client, django_user_model):
        rule = RuleFactory()
        clerk = django_user_model.objects.create_user("clerk", is_staff=True)
        clerk.user_permissions.add(Permission.objects.get(codename="view_rule"))
        client.force_login(clerk)

        page = client.get(reverse("admin:routing_rule_change", args=[rule.pk]))

        assert page.status_code == 200
        assert "Try it on last week" not in page.text

    def test_N8_N10_a_changed_schedule_is_tried_with_its_unsaved_hours(self, admin_client):
        schedule = ScheduleFactory(spans=[(day, time(0), time(0)) for day in range(7)])
        channel = ChannelFactory(queue=QueueFactory(name="Claims"), schedule=schedule)
        inbound_text(channel, "+14155550101")
        form = {
            "name": schedule.name,
            "timezone": "UTC",
            "spans-TOTAL_FORMS": 0,
            "spans-INITIAL_FORMS": 0,
            "holidays-TOTAL_FORMS": 0,
            "holidays-INITIAL_FORMS": 0,
        }

        url = reverse("admin:routing_schedule_dry_run", args=[schedule.pk])
        page = admin_client.post(url, form)

        assert "<b>1</b> held for opening hours" in " ".join(page.text.split())
        assert schedule.spans.count() == 7
