"""N14: the reports' page and CSV, and that what is printed is what is counted."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agents.enums import Role
from routing.admin import reports
from routing.admin.csv_files import FORMULA
from routing.models import Tally
from routing.selectors.measures import MEASURES
from routing.selectors.reports import COLUMNS
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


def lines(client, **asked) -> list[list[str]]:
    """The CSV as a spreadsheet reads it."""
    answer = client.get(reverse(CSV), MARCH | asked)
    return list(csv.reader(answer.getvalue().decode("utf-8-sig").splitlines()))


def sheet(client, **asked) -> dict[str, dict[str, str]]:
    """The rows of the CSV by their first cell."""
    head, *rows = lines(client, **asked)
    return {row[0]: dict(zip(head, row, strict=False)) for row in rows if row}


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
    asked = {"each": "period", "by": "queue", "chart": "offered"}
    page = supervisor.get(reverse(PAGE), MARCH | asked)

    assert page.status_code == 200
    for measure in MEASURES:
        assert measure.means in page.text
    for words in (channel.queue.name, "1 min 35 s", "75.0%", "Sold", "2026-03-02: 4"):
        assert words in page.text
    assert page.context["ranked"] == [(channel.queue.name, 100.0, "4")]


def test_N14_an_empty_period_says_so(supervisor):
    page = supervisor.get(reverse(PAGE))

    assert "Nothing happened in this period" in page.text
    assert f'href="{reverse(PAGE)}"' in supervisor.get(reverse("admin:index")).text
    assert page.context["form"]["each"].value() == "day"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"first": "soon"}, "This is no day. Write it as 2026-03-01."),
        ({"first": "2026-04-01"}, "This is before the first day. Choose a later one."),
        ({"first": "2020-01-01"}, "Choose at most 366 days."),
        ({"first": "2026-01-01", "each": "hour"}, "By the hour, choose at most 31 days."),
        ({"zone": "Mars/Olympus"}, "“Mars/Olympus” is no time zone."),
        ({"zone": ""}, "Choose a time zone, such as America/New_York."),
        ({"queue": "99999"}, "This one is gone. Choose another, or all of them."),
        ({"queue": "x'); DROP"}, "This one is gone. Choose another, or all of them."),
        ({"by": "moon"}, "Group by one of those listed."),
        ({"each": "year"}, "Choose rows for one of the times listed."),
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
    day = {"first": "2026-10-25", "last": "2026-10-25", "zone": "Europe/Berlin", "each": "hour"}
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

    whole = {"each": "period"}
    by_agent = sheet(supervisor, **whole, by="agent")
    assert by_agent["Kim"]["Handled"] == "2"
    assert by_agent["Kim"]["Handle time"] == "45.0"
    assert by_agent["'=Avery"]["Handled"] == "5"
    assert by_agent["No agent"]["Conversations"] == "7"
    assert sheet(supervisor, **whole, by="team")["Days"]["Handled"] == "2"
    assert sheet(supervisor, **whole, by="team")["No team"]["Handled"] == "5"
    assert sheet(supervisor, **whole, by="queue")[one.queue.name]["Handled"] == "1"
    assert sheet(supervisor, **whole, by="channel")[other.name]["Handled"] == "6"
    assert sheet(supervisor, **whole, by="queue", agent=kim.pk)["Total"]["Handled"] == "2"
    assert sheet(supervisor, team=team.pk, channel=one.pk)["Total"]["Handled"] == "1"


@pytest.mark.parametrize(
    ("each", "times"),
    [
        ("hour", ["2026-03-02 09:00", "2026-03-02 10:00"]),
        ("day", ["2026-03-02", "2026-03-02"]),
    ],
)
def test_N14_each_hour_or_day_of_each_group(supervisor, each, times):
    kim, avery = AgentFactory(name="Kim"), AgentFactory(name="Avery")
    channel = ChannelFactory()
    TallyFactory(quarter=at(2, 9, 15), channel=channel, agent=avery, handled=1)
    TallyFactory(quarter=at(2, 10), channel=channel, agent=kim, handled=2)
    TallyFactory(quarter=at(2, 10, 30), channel=channel, agent=kim, handled=3)
    TallyFactory(quarter=at(3, 12), channel=channel, conversations=1)
    head, *rows = lines(supervisor, each=each, by="agent")

    assert head[:2] == [each.capitalize(), "Agent"]
    handled = head.index("Handled")
    assert [(row[0], row[1], row[handled]) for row in rows[:2]] == [
        (times[0], "Avery", "1"),
        (times[1], "Kim", "5"),
    ]
    assert rows[2][1] == "No agent"
    assert (rows[3][0], rows[3][handled]) == ("Total", "6")
    page = supervisor.get(reverse(PAGE), MARCH | {"each": each, "by": "agent"})
    assert [names for names, *_ in page.context["rows"]] == [row[:2] for row in rows[:3]]


def test_N14_dispositions_are_counted_for_each_row(supervisor):
    channel, other = ChannelFactory(), ChannelFactory()
    TallyFactory(quarter=at(2, 9), channel=channel, ended=3, dispositions={"Sold": 2, "=1+1": 1})
    TallyFactory(quarter=at(2, 9, 15), channel=channel, ended=1, dispositions={"Sold": 1})
    TallyFactory(quarter=at(3, 9), channel=other, ended=1, dispositions={"Spam": 1})
    TallyFactory(quarter=at(3, 9), channel=channel, ended=1)
    sold, spam, formula = (f"Disposition: {word}" for word in ("Sold", "Spam", "=1+1"))

    by_queue = sheet(supervisor, each="period", by="queue")
    mine, theirs = by_queue[channel.queue.name], by_queue[other.queue.name]
    assert (mine[sold], mine[spam], mine[formula]) == ("3", "0", "1")
    assert (theirs[sold], theirs[spam], theirs[formula]) == ("0", "1", "0")
    assert by_queue["Total"][sold] == "3"
    assert sheet(supervisor)["2026-03-02"][sold] == "3"
    assert sheet(supervisor)["2026-03-03"][sold] == "0"
    page = supervisor.get(reverse(PAGE), MARCH | {"each": "period", "by": "queue"})
    assert page.context["words"] == ["=1+1", "Sold", "Spam"]
    assert {names[0]: said for names, _, said in page.context["rows"]} == {
        channel.queue.name: [1, 3, 0],
        other.queue.name: [0, 0, 1],
    }


def test_N14_more_rows_than_a_page_shows_stand_on_the_next_ones(supervisor, monkeypatch):
    monkeypatch.setattr(reports, "ROWS_PER_PAGE", 20)
    TallyFactory(quarter=at(2, 9), offered=1)
    pages = [supervisor.get(reverse(PAGE), MARCH | {"page": page}) for page in (1, 2, 3, "x")]

    assert [len(page.context["rows"]) for page in pages] == [20, 11, 0, 20]
    assert "Rows 1 to 20. The CSV has all of them." in pages[0].text
    assert "page=2" in pages[0].text
    assert "Rows 21 to 31." in pages[1].text
    assert "There are no rows here any more. Go back to the first ones." in pages[2].text
    assert pages[2].text.count("First rows") == 1
    assert len(lines(supervisor)) > 31


class TestCsv:
    def test_N14_the_csv_says_what_its_figures_mean_and_in_which_time_zone(self, supervisor):
        told = {row[0]: row[1] for row in lines(supervisor, zone="Asia/Kolkata") if len(row) == 2}

        for measure in MEASURES:
            label = next(label for label in told if label.startswith(measure.label))
            assert told[label] == measure.means
        assert told["Time zone"] == "Asia/Kolkata"

    def test_N14_a_spreadsheet_takes_it_for_utf_8_and_nothing_in_it_for_a_formula(self, supervisor):
        for name in ("=1+1", "+1", "-1", "@SUM", "\t=1", "Zoë"):
            agent = AgentFactory(name=name)
            TallyFactory(quarter=at(2, 9), agent=agent, handled=1, dispositions={name: 1})
        raw = supervisor.get(reverse(CSV), MARCH | {"each": "period", "by": "agent"}).getvalue()
        head, *rows = lines(supervisor, each="period", by="agent")

        assert raw.startswith(b"\xef\xbb\xbfAgent,")
        assert {row[0] for row in rows[:6]} == {"'=1+1", "'+1", "'-1", "'@SUM", "'\t=1", "Zoë"}
        assert not [cell for row in [head, *rows] for cell in row if cell.startswith(FORMULA)]

    def test_N14_it_goes_out_in_pieces_as_it_is_read(self, supervisor, monkeypatch):
        monkeypatch.setattr(reports, "PIECE", 10)
        answer = supervisor.get(reverse(CSV), MARCH)

        assert answer.streaming
        assert len(list(answer)) == 1 + 4 + 1  # head, 31 days and their total, what it means


def test_N14_what_a_month_of_many_agents_hours_takes_is_read_a_few_spans_at_a_time(
    supervisor,
):
    agent, start = AgentFactory(), at(1, 0)
    channel = ChannelFactory()
    Tally.objects.bulk_create(
        Tally(
            quarter=start + timedelta(hours=number),
            queue=channel.queue,
            channel=channel,
            agent=agent,
            handled=1,
        )
        for number in range(31 * 24)
    )
    asked = MARCH | {"each": "hour", "by": "agent"}
    with CaptureQueriesContext(connection) as of_a_week:
        supervisor.get(reverse(PAGE), asked | {"last": "2026-03-09"})
    with CaptureQueriesContext(connection) as of_a_month:
        supervisor.get(reverse(PAGE), asked)

    assert len(of_a_month) <= len(of_a_week)
    assert len([row for row in lines(supervisor, **asked) if row and row[1] == agent.name]) == 744


def test_N14_the_guide_says_what_the_page_says():
    guide = (ROOT / "docs" / "reports.md").read_text()

    for measure in MEASURES:
        assert f"| {measure.label} | {measure.means} |" in guide


def test_N14_every_figure_is_of_columns_that_are_counted():
    for measure in MEASURES:
        assert {measure.column or measure.key, *measure.per} <= set(COLUMNS)
        assert measure.of(dict.fromkeys(COLUMNS, 0)) == (None if measure.per else 0)


def test_N14_an_agent_sees_no_reports(client):
    client.force_login(AgentFactory().user)

    assert client.get(reverse(CSV)).status_code == 302
    assert "login" in client.get(reverse(PAGE)).url
