"""The demo desk of ``make run``."""

from __future__ import annotations

import json
import stat
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Sum

from agents.models import Agent, StatusCode, Team
from cases.models import Article, Case, ChatLog, Customer, CustomerPhone, Disposition
from routing.models import (
    BlockedNumber,
    CarrierAccount,
    Channel,
    Interaction,
    Queue,
    Tally,
    TallyDue,
)
from routing.selectors.first_texts import first_texts
from smsdesk.demo.people import USERNAMES
from smsdesk.handset.models import Phone
from smsdesk.lib import clock
from tests.factories import ChannelFactory
from tests.faults.invariants import assert_invariants

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo_file(tmp_path: Path) -> Path:
    return tmp_path / "var" / "demo.json"


@pytest.fixture
def seed(demo_file, settings):
    def run(public_url="http://127.0.0.1:8000"):
        settings.PUBLIC_URL = public_url
        call_command("seed_demo", file=demo_file, stdout=StringIO())
        return json.loads(demo_file.read_text())

    return run


def everything():
    models = [Agent, Team, StatusCode, Queue, Channel, CarrierAccount, Customer, CustomerPhone]
    models += [Article, Case, ChatLog, Disposition, Interaction, Phone]
    return {model.__name__: model.objects.count() for model in models}


def test_file_has_all_that_a_person_and_a_test_need(seed, demo_file):
    document = seed()

    assert document["base_url"] == "http://127.0.0.1:8000"
    assert document["handset_url"] == "http://127.0.0.1:8000/handset/"
    for person in [document["supervisor"], *document["agents"]]:
        assert authenticate(username=person["username"], password=person["password"])
    account = CarrierAccount.objects.get()
    assert document["channels"][0] == {
        "name": "Acme Claims",
        "number": "+14155550199",
        "carrier": "twilio",
        "account_sid": account.account_sid,
        "auth_token": account.auth_token,
        "inbound_url": f"http://127.0.0.1:8000{account.inbound_path}",
        "status_url": f"http://127.0.0.1:8000{account.status_path}",
    }
    assert stat.S_IMODE(demo_file.stat().st_mode) == 0o600


def test_desk_is_as_the_first_issue_asks(seed):
    document = seed()

    assert len(document["agents"]) == 4
    assert Agent.objects.filter(may_reject=False).count() == 1
    assert Agent.objects.filter(skills__isnull=True, queues__isnull=False).distinct().count() == 1
    assert Team.objects.count() == 2
    claims, policy_help = Queue.objects.order_by("id")
    assert (claims.acceptance_seconds, claims.wrap_up_seconds) == (20, 60)
    assert (claims.disposition_required, claims.skill) == (True, None)
    assert policy_help.skill is not None
    assert Channel.objects.exclude(schedule=None).exclude(off_hours_reply="").count() == 2
    assert CustomerPhone.objects.filter(number="+14155550101").count() == 1
    assert CustomerPhone.objects.filter(number="+14155550102").count() == 2
    assert StatusCode.objects.filter(name="Lunch").exists()
    assert Article.objects.count() == 3


def test_history_is_closed_and_logged(seed):
    seed()

    assert not Interaction.objects.exclude(state="CLOSED").exists()
    assert ChatLog.objects.count() == Interaction.objects.count() > 0
    assert all(log.case.customer for log in ChatLog.objects.all())


def test_second_run_changes_nothing(seed):
    before, rows = seed(), everything()

    assert seed() == before
    assert everything() == rows


def test_another_port_moves_the_carrier(seed):
    seed()

    document = seed("http://127.0.0.1:9001")

    assert CarrierAccount.objects.get().base_url == "http://127.0.0.1:9001/handset/carrier"
    assert document["channels"][1]["inbound_url"].startswith("http://127.0.0.1:9001/carriers/")


def test_people_who_were_deleted_are_put_back(seed):
    before, rows = seed(), everything()
    # Jonas has no history yet; whoever has one cannot be deleted.
    User.objects.filter(username__in=["supervisor", "jonas"]).delete()

    after = seed()

    assert everything() == rows
    people = [after["supervisor"], *after["agents"]]
    assert {person["username"] for person in people} == set(USERNAMES)
    for person in people:
        assert authenticate(username=person["username"], password=person["password"])
    kept = {person["username"]: person["password"] for person in before["agents"]}
    assert after["agents"][0]["password"] == kept["robin"]
    assert Agent.objects.get(user__username="jonas").queues.count() == 2


@pytest.mark.parametrize("damage", ["lost", "broken", "of another database"])
def test_file_that_is_lost_gives_new_passwords(seed, demo_file, damage):
    before = seed()
    if damage == "lost":
        demo_file.unlink()
    elif damage == "broken":
        demo_file.write_text("{")
    else:
        before["channels"][0]["auth_token"] = "another"
        demo_file.write_text(json.dumps(before))

    after = seed()

    assert after["supervisor"]["password"] != before["supervisor"]["password"]
    for person in [after["supervisor"], *after["agents"]]:
        assert authenticate(username=person["username"], password=person["password"])


def test_desk_in_use_is_left_alone(seed, demo_file):
    ChannelFactory()

    with pytest.raises(CommandError, match="needs an empty one"):
        seed()

    assert not demo_file.exists()
    assert not Agent.objects.exists()


def test_without_the_simulated_carrier_there_is_no_demo(seed, settings):
    settings.HANDSET = False

    with pytest.raises(CommandError, match="HANDSET=1"):
        seed()


def test_everything_that_must_be_true_of_a_desk_is_true_of_the_demo(seed):
    seed()

    with connection.cursor() as cursor:
        assert_invariants(cursor)


def test_N14_reports_tell_of_two_weeks_and_agree_with_the_rows(seed):
    seed()

    figures = Tally.objects.aggregate(
        conversations=Sum("conversations"), accepted=Sum("accepted"), closed=Sum("wrap_ups")
    )
    assert set(figures.values()) == {Interaction.objects.count()}
    assert not TallyDue.objects.exists()
    assert Tally.objects.dates("quarter", "day").count() >= 14
    for column in ("rejected", "lapsed", "timed_out", "sla_kept", "sla_missed"):
        assert Tally.objects.filter(**{f"{column}__gt": 0}).exists(), column


def test_N8_there_is_something_to_try_a_rule_on(seed):
    seed()

    texts = first_texts(clock.now()).texts

    assert {text.queue_id for text in texts} == set(Queue.objects.values_list("id", flat=True))
    assert all(text.waited for text in texts)


def test_N11_the_supervisor_has_a_desk_to_take_over_to_and_is_offered_nothing(seed):
    seed()

    assert Agent.objects.get(user__username="supervisor").queues.count() == 0


def test_N19_one_number_is_blocked_and_has_a_phone_to_try_it(seed):
    seed()

    assert Phone.objects.filter(number=BlockedNumber.objects.get().number).exists()
