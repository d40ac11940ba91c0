"""N14: the reports' page and CSV, and that what is printed is what is counted."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from agents.enums import Role
from routing.selectors.charts import HEIGHT, WIDTH, bars
from routing.selectors.measures import MEASURES
from routing.selectors.reports import COLUMNS, total
from smsdesk.settings.environment import ROOT
from tests.factories import AgentFactory, ChannelFactory, TallyFactory, TeamFactory

pytestmark = pytest.mark.django_db
PAGE = "admin:routing_tally_changelist"
CSV = "admin:routing_tally_csv"
MARCH = {"first": "2026-03-01", "last": "2026-03-31", "zone": "UTC"}


@pytest.fixture
def supervisor(client):
    user = User.objects.create_user("sue", is_staff=True)
    user.groups.add(Group.objects.get(name=Role.SUPERVISOR))
    client.force_login(user)
    return client


def at(day: int, hour: int, minute: int = 0, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def sheet(client, **asked) -> dict[str, dict[str, str]]:
    """The rows of the CSV by their first cell."""
    answer = client.get(reverse(CSV), MARCH | asked)
    lines = list(csv.reader(answer.text.splitlines()))
    return {line[0]: dict(zip(lines[0], line, strict=False)) for line in lines[1:] if line}


def test_N14_the_page_shows_each_figure_with_what_it_means(supervisor):
    channel = ChannelFactory()
    TallyFactory(
        quarter=at(2, 12),
        channel=channel,
        offered=4,
        accepted=3,
        waits=3,
        wait_ms=95_000 * 3,
        sla_kept=3,
        sla_missed=1,
        dispositions={"Sold": 2},
    )
    page = supervisor.get(reverse(PAGE), MARCH | {"by": "queue", "chart": "offered"})

    assert page.status_code == 200
    for measure in MEASURES:
        assert measure.means in page.text
    for words in (channel.queue.name, "1 min 35 s", "75.0%", "Sold", "2026-03-02: 4"):
        assert words in page.text


def test_N14_an_empty_period_says_so(supervisor):
    page = supervisor.get(reverse(PAGE))

    assert "Nothing happened in this period" in page.text
    assert f'href="{reverse(PAGE)}"' in supervisor.get(reverse("admin:index")).text
    assert page.context["form"]["by"].value() == "day"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"first": "soon"}, "This is no day. Write it as 2026-03-01."),
        ({"first": "2026-04-01"}, "This is before the first day. Choose a later one."),
        ({"first": "2020-01-01"}, "Choose at most 366 days."),
        ({"first": "2026-01-01", "by": "hour"}, "By the hour, choose at most 31 days."),
        ({"zone": "Mars/Olympus"}, "“Mars/Olympus” is no time zone."),
        ({"zone": ""}, "Choose a time zone, such as America/New_York."),
        ({"queue": "99999"}, "This one is gone. Choose another, or all of them."),
        ({"queue": "x'); DROP"}, "This one is gone. Choose another, or all of them."),
        ({"by": "moon"}, "Group by one of those listed."),
        ({"chart": "moon"}, "Choose one of the figures listed."),
    ],
)
def test_N14_what_cannot_be_reported_is_said_in_a_sentence(supervisor, asked, said):
    page = supervisor.get(reverse(PAGE), MARCH | asked)
    instead = supervisor.get(reverse(CSV), MARCH | asked)

    assert page.status_code == 200
    assert said in page.text
    assert instead.status_code == 302
    assert said in supervisor.get(instead.url).text


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("UTC", "2026-03-02"),
        ("Asia/Kolkata", "2026-03-03"),  # whose midnight is 18:30 in UTC
        ("Asia/Kathmandu", "2026-03-03"),  # and 18:15
        ("America/New_York", "2026-03-02"),
    ],
)
def test_N14_days_are_those_of_the_chosen_zone_to_the_quarter(supervisor, zone, day):
    TallyFactory(quarter=at(2, 18, 15), offered=1)
    TallyFactory(quarter=at(2, 18, 30), offered=2)
    found = sheet(supervisor, zone=zone)

    on_the_third = {"Asia/Kolkata": 2, "Asia/Kathmandu": 3}.get(zone, 0)
    assert int(found["2026-03-03"]["Offered"]) == on_the_third
    assert int(found["2026-03-02"]["Offered"]) == 3 - on_the_third
    assert found["Total"]["Offered"] == "3"
    assert len([label for label in found if label.startswith("2026-03-")]) == 31


def test_N14_the_hour_that_comes_twice_is_shown_twice(supervisor):
    TallyFactory(quarter=at(25, 0, month=10), offered=1)
    TallyFactory(quarter=at(25, 1, month=10), offered=2)
    day = {"first": "2026-10-25", "last": "2026-10-25", "zone": "Europe/Berlin", "by": "hour"}
    found = sheet(supervisor, **day)

    assert found["2026-10-25 02:00"]["Offered"] == "1"
    assert found["2026-10-25 02:00 (+0100)"]["Offered"] == "2"
    assert len([label for label in found if label.startswith("2026-10-25 ")]) == 25


def test_N14_by_queue_agent_team_and_channel_and_of_one_only(supervisor):
    team = TeamFactory(name="Days")
    kim = AgentFactory(name="Kim", team=team)
    avery = AgentFactory(name="=Avery")
    one, other = ChannelFactory(), ChannelFactory()
    TallyFactory(quarter=at(2, 9), channel=one, agent=kim, handled=1, handle_ms=60_000)
    TallyFactory(quarter=at(3, 9), channel=other, agent=kim, handled=1, handle_ms=30_000)
    TallyFactory(quarter=at(3, 9), channel=other, agent=avery, handled=5, handle_ms=5_000)
    TallyFactory(quarter=at(3, 9), channel=other, conversations=7)

    by_agent = sheet(supervisor, by="agent")
    assert by_agent["Kim"]["Handled"] == "2"
    assert by_agent["Kim"]["Handle time"] == "45.0"
    assert by_agent["'=Avery"]["Handled"] == "5"
    assert by_agent["No agent"]["Conversations"] == "7"
    assert sheet(supervisor, by="team")["Days"]["Handled"] == "2"
    assert sheet(supervisor, by="team")["No team"]["Handled"] == "5"
    assert sheet(supervisor, by="queue")[one.queue.name]["Handled"] == "1"
    assert sheet(supervisor, by="channel")[other.name]["Handled"] == "6"
    assert sheet(supervisor, by="queue", agent=kim.pk)["Total"]["Handled"] == "2"
    assert sheet(supervisor, team=team.pk, channel=one.pk)["Total"]["Handled"] == "1"


def test_N14_the_csv_says_what_its_figures_mean(supervisor):
    text = supervisor.get(reverse(CSV), MARCH).text

    assert all(measure.means.split(",")[0] in text for measure in MEASURES)


def test_N14_the_guide_says_what_the_page_says():
    guide = (ROOT / "docs" / "reports.md").read_text()

    for measure in MEASURES:
        assert f"| {measure.label} | {measure.means} |" in guide


def test_N14_every_figure_is_of_columns_that_are_counted():
    for measure in MEASURES:
        assert {measure.column or measure.key, *measure.per} <= set(COLUMNS)
        assert measure.of(total([])) == (None if measure.per else 0)


@given(st.lists(st.none() | st.floats(0, 1e9), max_size=60))
def test_N14_bars_stand_side_by_side_within_the_chart(values):
    drawn = bars([("label", value, "words") for value in values])

    assert len(drawn) == len(values)
    for bar, following in pairwise(drawn):
        assert bar.x + bar.width <= following.x + 0.02
    for bar in drawn:
        assert 0 <= bar.y <= HEIGHT
        assert bar.y + bar.height == pytest.approx(HEIGHT)
        assert bar.x + bar.width <= WIDTH + 0.02


def test_N14_an_agent_sees_no_reports(client):
    client.force_login(AgentFactory().user)

    assert client.get(reverse(CSV)).status_code == 302
    assert "login" in client.get(reverse(PAGE)).url
