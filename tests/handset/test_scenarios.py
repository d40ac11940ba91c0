"""N22: the simulated carrier plays scenario files: drawn alike each time, started, stopped."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from agents.models import AuditEntry
from smsdesk.handset import runs, scenario_files
from smsdesk.handset.models import Call, OptOut, Scenario, Text
from smsdesk.handset.scenario_files import BadScenario, load, plan, read
from smsdesk.handset.services import CannotText
from smsdesk.lib import clock
from tests.factories import ChannelFactory
from tests.handset.conftest import basic_auth
from tests.handset.names import NUMBER, PHONE, STATUS_CALLBACK

GOOD = """
title = "Two texts"
about = "For tests."
seed = 4

[[texts]]
count = 2
until = 10
words = ["one", "two"]

[[carrier]]
from = 5
until = 8
failure_code = "20500"
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of scenarios with one in it, "two"."""
    monkeypatch.setattr(scenario_files, "FOLDER", tmp_path)
    (tmp_path / "two.toml").write_text(GOOD)
    return tmp_path


@pytest.fixture
def now(db):
    return clock.now()


def start(name="two", *, now, **options):
    options = {"number": NUMBER, "base_url": "http://testserver", **options}
    return runs.start(name=name, now=now, **options)


def later(now, seconds):
    return now + timedelta(seconds=seconds)


# Files


@pytest.mark.parametrize("name", scenario_files.names())
def test_N22_every_shipped_scenario_can_be_played(name):
    scenario = load(name)
    steps = plan(scenario, scenario.seed)

    assert len(steps) == sum(stream.count for stream in scenario.texts)
    assert steps == sorted(steps, key=lambda step: step.at)
    assert scenario_files.lasts(scenario, steps) <= scenario_files.LONGEST_SECONDS
    assert len(scenario_files.names()) >= 5


def test_N22_a_plan_is_the_same_for_the_same_seed():
    storm = load("campaign-storm")

    assert plan(storm, 1) == plan(storm, 1)
    assert plan(storm, 1) != plan(storm, 2)
    assert {step.calls for step in plan(storm, 1)} == {1, 2}
    webhooks = [step.webhook_at for step in plan(storm, 1)]
    assert webhooks != sorted(webhooks)


def test_N22_each_of_the_words_is_said():
    scenario = load("stop-and-help")
    said = {step.body for step in plan(scenario, 9)}

    assert said >= {word for stream in scenario.texts for word in stream.words}


def test_N22_what_is_held_comes_when_the_outage_is_over():
    held = [step for step in plan(load("carrier-outage"), 3) if step.at > 30]

    assert held
    assert all(step.webhook_at >= 120 for step in held)


def test_N22_some_webhooks_are_lost():
    steps = plan(load("lost-webhooks"), load("lost-webhooks").seed)

    assert 0 < sum(step.webhook_at is None for step in steps) < len(steps)


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ("count = 2", "count =", "x.toml, line 7: Invalid value."),
        ("seed = 4", 'seed = "4', "x.toml, line 4: Illegal character '\\n'."),
        ("count = 2", "count = 501", "line 7: “count” should be less than or equal to 500."),
        ("count = 2", "number = 2", "line 6: “count” is missing."),
        ("count = 2", "count = 2\nwhen = 3", "line 8: “when” is no word of scenario files."),
        ('words = ["one", "two"]', "words = []", "line 9: “words” list should have at least 1"),
        ('words = ["one", "two"]', 'words = ["", "two"]', "line 9: “words” string should have"),
        ("from = 5", "from = 9", "line 11: until is before from."),
        ('failure_code = "20500"', 'failure_code = "no"', "line 14: “failure_code” string should"),
        ('about = "For tests."', "", "line 1: “about” is missing."),
        ("until = 10", "until = 1801", "line 8: “until” should be less than or equal to 1800."),
        (
            "[[carrier]]",
            '[[texts]]\ncount = 499\nuntil = 1\nwords = ["x"]\n\n[[carrier]]',
            "line 1: it has 501 texts, and 500 is the most.",
        ),
    ],
)
def test_N22_what_is_wrong_in_a_file_is_told_with_its_line(before, after, sentence):
    assert before in GOOD

    with pytest.raises(BadScenario) as told:
        read("x.toml", GOOD.replace(before, after, 1).encode())
    assert sentence in str(told.value)


def test_N22_bytes_that_are_no_text_are_told_with_their_line():
    with pytest.raises(BadScenario, match="line 3: this is no UTF-8"):
        read("x.toml", GOOD.encode().replace(b"For tests", b"\xff"))


@pytest.mark.parametrize("name", ["../two", "nobody", "", "two.toml", "a\0b", "x" * 500])
def test_N22_only_a_file_of_the_folder_is_read(folder, name):
    with pytest.raises(BadScenario, match="There is no scenario called"):
        load(name)


# Playing


def test_N22_each_text_is_sent_once_when_it_is_due(
    channel, folder, now, rung, django_capture_on_commit_callbacks
):
    run = start(now=now)
    first, second = (step.at for step in run.steps)

    with django_capture_on_commit_callbacks(execute=True):
        assert runs.play_due(now=later(now, first - 0.1)) == 0
        assert runs.play_due(now=later(now, first)) == 1
        assert runs.play_due(now=later(now, first)) == 0
        assert runs.play_due(now=later(now, second)) == 1

    assert [text.body for text in Text.objects.order_by("id")] == [s.body for s in run.steps]
    assert Call.objects.count() == len(rung) == 2


def test_N22_what_was_due_while_no_worker_ran_is_sent_then(channel, folder, now):
    run = start(now=now)

    assert runs.play_due(now=now + run.lasts + timedelta(seconds=30)) == 2


def test_N22_it_plays_faster(channel, folder, now):
    run = start(now=now, speed=10)

    assert runs.play_due(now=later(now, 1)) == 2
    assert run.lasts == timedelta(seconds=max(8, *(step.at for step in run.steps)) / 10)


def test_N22_progress_is_told_until_it_is_over(channel, folder, now):
    run = start(now=now)
    runs.play_due(now=later(now, run.steps[0].at))

    told = runs.progress(later(now, run.steps[0].at))
    assert told is not None
    assert (told.sent, told.of) == (1, 2)
    assert runs.progress(now + run.lasts) is not None
    assert runs.progress(now + run.lasts + runs.GRACE) is None


def test_N22_another_can_be_started_as_soon_as_one_is_over(channel, folder, now):
    run = start(now=now)
    runs.play_due(now=later(now, 10))

    assert runs.present_run(now + run.lasts) is None
    start(now=now + run.lasts)


def test_N22_stopped_it_sends_nothing_more(channel, folder, now):
    run = start(now=now)
    runs.play_due(now=later(now, run.steps[0].at))

    assert runs.stop(now=later(now, run.steps[0].at)) is True

    assert runs.play_due(now=later(now, 10)) == 0
    assert not Call.objects.exists()
    assert runs.stop(now=now) is False
    entries = AuditEntry.objects.filter(act__endswith="a scenario").order_by("pk")
    acts = entries.values_list("act", flat=True)
    assert list(acts) == [runs.STARTED, runs.STOPPED]


def test_N22_one_scenario_plays_at_a_time(channel, folder, now):
    start(now=now)

    with pytest.raises(CannotText, match="“Two texts” plays already"):
        start(now=later(now, 1))


def test_N22_a_scenario_is_for_numbers_of_the_simulated_carrier_alone(channel, folder, now):
    real = ChannelFactory()

    with pytest.raises(CannotText, match="No channel of the desk has this number"):
        start(now=now, number=real.number)
    assert runs.present_run(now) is None


def test_N22_a_phone_of_a_scenario_is_no_number_of_the_desk(channel, folder, now):
    ChannelFactory(number=f"+{scenario_files.FIRST_PHONE}")

    with pytest.raises(CannotText, match="own number"):
        start(now=now)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"speed": 0}, "between 1 and 60"),
        ({"speed": 61}, "between 1 and 60"),
        ({"seed": -1}, "A seed is a number"),
        ({"name": "nobody"}, "There is no scenario"),
    ],
)
def test_N22_what_cannot_be_played_is_refused_in_words(channel, folder, now, options, sentence):
    with pytest.raises(CannotText, match=sentence):
        start(now=now, **options)


def test_N1_N22_a_phone_that_says_stop_is_heard_by_the_carrier(channel, folder, now):
    (folder / "two.toml").write_text(GOOD.replace('"one", "two"', '"STOP", "STOP"'))
    start(now=now)

    runs.play_due(now=later(now, 10))

    assert OptOut.objects.count() == 2


def test_N22_while_it_plays_the_scenario_decides_how_the_carrier_behaves(channel, folder, now):
    Scenario.objects.create(pk=1, failure_code="30003")
    start(now=now)

    assert runs.behaviour(later(now, 4)).failure_code == "30003"
    assert runs.behaviour(later(now, 6)).failure_code == "20500"
    assert runs.behaviour(later(now, 9)).failure_code == "30003"


def test_N22_the_desks_texts_meet_the_outage(channel, folder, now):
    start(now=later(now, -6))

    answer = Client().post(
        f"/handset/carrier/2010-04-01/Accounts/{channel.account.account_sid}/Messages.json",
        {"To": PHONE, "From": NUMBER, "Body": "x", "StatusCallback": STATUS_CALLBACK},
        headers={"Authorization": basic_auth(channel.account.account_sid, "a secret of two")},
    )

    assert (answer.status_code, answer.json()["code"]) == (500, 20500)


def test_N22_a_file_that_was_broken_meanwhile_ends_what_plays(channel, folder, now):
    start(now=now)
    (folder / "two.toml").write_text("title =")

    assert runs.present_run(now) is None


# The page and the command


def test_N22_the_page_starts_shows_and_stops_a_scenario(channel, folder):
    client = Client()
    assert "Two texts" in client.get(reverse("handset")).text
    script = {"content_type": "application/json"}

    told = client.post(
        reverse("handset-play-scenario"), {"scenario": "two", "to": NUMBER}, **script
    )
    assert told.json()["of"] == 2
    page = client.get(reverse("handset-live")).text
    assert "0 of 2 texts sent" in page
    assert "Stop</button>" in page

    assert client.post(reverse("handset-stop-scenario"), {}, **script).json() == {"stopped": True}
    assert "Start</button>" in client.get(reverse("handset-live")).text


def test_N22_the_page_says_what_is_wrong_in_a_file_and_offers_the_others(channel, folder):
    (folder / "bad.toml").write_text("title =")

    page = Client().get(reverse("handset")).text

    assert "bad.toml, line 1: Invalid value." in page
    assert 'value="bad"' not in page
    assert 'value="two"' in page


@pytest.mark.parametrize(
    ("posted", "sentence"),
    [
        ({"scenario": "nobody"}, "There is no scenario called “nobody”."),
        ({}, "scenario: This field is required."),
        ({"scenario": "two", "speed": 1000}, "speed: "),
        ({"scenario": "two", "to": "+14155559999"}, "No channel of the desk has this number"),
    ],
)
def test_N22_the_page_refuses_in_words(channel, folder, posted, sentence):
    answer = Client().post(
        reverse("handset-play-scenario"), posted, content_type="application/json"
    )

    assert answer.status_code == 400
    assert sentence in answer.json()["error"]


def test_N22_the_command_lists_scenarios_and_plays_one_to_its_end(channel, folder):
    at_once = GOOD.replace("until = 10", "until = 0").partition("[[carrier]]")[0]
    (folder / "two.toml").write_text(at_once)
    (folder / "bad.toml").write_text("title =")
    out, err = StringIO(), StringIO()

    call_command("play_scenario", stdout=out, stderr=err)
    call_command("play_scenario", "two", "--speed", "60", stdout=out)

    assert "two: For tests." in out.getvalue()
    assert "bad.toml, line 1" in err.getvalue()
    assert "Over." in out.getvalue()
    assert Text.objects.count() == 2


def test_N22_the_command_refuses_in_words_and_stops(channel, folder, now):
    with pytest.raises(CommandError, match="There is no scenario"):
        call_command("play_scenario", "nobody")
    start(now=now)
    out = StringIO()
    call_command("play_scenario", "--stop", stdout=out)
    call_command("play_scenario", "--stop", stdout=out)
    assert out.getvalue() == "Stopped.\nNo scenario plays.\n"
