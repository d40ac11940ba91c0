"""What supervisors take out of lists as CSV files, and choose from them (A2, B2, N19, N20)."""

from __future__ import annotations

import csv
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agents.models import AuditEntry
from cases.models import Case, CaseState
from routing.models import CarrierRequest
from tests.factories import (
    AgentFactory,
    CaseFactory,
    ChannelFactory,
    CustomerFactory,
    QueueFactory,
    SkillFactory,
    TeamFactory,
    inbound_text,
)

pytestmark = pytest.mark.django_db


def export(client, model: str, ids, **more) -> list[list[str]]:
    answer = client.post(
        reverse(f"admin:{model}_changelist"),
        {"action": "export_rows", "_selected_action": list(ids), **more},
    )
    assert answer.status_code == 200, answer.content
    assert answer["Content-Disposition"].startswith("attachment; filename=")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_A2_channels_go_out_with_the_columns_of_their_list(admin_client):
    channel = ChannelFactory(name="Claims", number="+14155550199")

    head, row = export(admin_client, "routing_channel", [channel.pk])

    assert head[:3] == ["Name", "Number", "Number type"]
    assert row[:4] == ["Claims", "'+14155550199", "long code", "United States"]


def test_N19_customers_go_out_with_their_numbers_and_no_cell_is_a_formula(admin_client):
    customer = CustomerFactory(name='=HYPERLINK("http://evil")', phones=["+14155550123"])

    _, row = export(admin_client, "cases_customer", [customer.pk])

    assert row[:3] == [str(customer.pk), '\'=HYPERLINK("http://evil")', "'+1 415-555-0123"]


def test_N20_the_trail_says_who_took_how_many_rows(admin_client, admin_user):
    customers = [CustomerFactory(), CustomerFactory()]

    export(admin_client, "cases_customer", [customer.pk for customer in customers])

    entry = AuditEntry.objects.get(act="exported")
    assert (entry.actor, entry.after["rows"]) == (admin_user, 2)


def test_N20_of_carrier_requests_what_customers_wrote_stays_here(admin_client):
    inbound_text(ChannelFactory(), "+14155550123", "My card is 4111")

    rows = export(admin_client, "routing_carrierrequest", [CarrierRequest.objects.get().pk])

    assert len(rows) == 2
    assert "4111" not in str(rows)


def test_all_that_a_search_leaves_goes_out_in_as_many_queries(admin_client):
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            rows = export(admin_client, "routing_queue", [QueueFactory().pk], select_across="1")
        assert len(rows) > 1
        return len(queries)

    cost()
    few = cost()
    for _ in range(20):
        QueueFactory(skill=SkillFactory())

    assert cost() == few


@pytest.mark.parametrize(
    "model",
    [
        "routing_channel",
        "routing_queue",
        "routing_skill",
        "routing_blockednumber",
        "routing_interaction",
        "routing_carrierrequest",
        "cases_customer",
        "cases_case",
    ],
)
def test_every_long_list_offers_it(admin_client, model):
    page = admin_client.get(reverse(f"admin:{model}_changelist"))

    assert page.status_code == 200
    assert "export_rows" in dict(page.context["cl"].model_admin.get_actions(page.wsgi_request))


def test_B2_skills_say_who_has_them_and_who_asks(admin_client):
    asked, idle = SkillFactory(name="Spanish"), SkillFactory(name="Latin")
    QueueFactory(name="Ventas", skill=asked)
    AgentFactory(skills={asked: 3})

    _, row = export(admin_client, "routing_skill", [asked.pk])
    lacking = admin_client.get(reverse("admin:routing_skill_changelist"), {"asked": "no"})
    unheld = admin_client.get(reverse("admin:routing_skill_changelist"), {"asked": "unheld"})

    assert row == ["Spanish", "1", "Ventas"]
    for page in (lacking, unheld):
        assert list(page.context["cl"].queryset) == [idle]


def test_customers_are_found_by_whether_they_have_cases_or_numbers(admin_client):
    both = CustomerFactory(phones=["+14155550123"])
    CaseFactory(customer=both)
    neither = CustomerFactory(phones=[])

    def found(**query):
        page = admin_client.get(reverse("admin:cases_customer_changelist"), query)
        return list(page.context["cl"].queryset)

    assert found(cases="yes") == found(numbers="yes") == [both]
    assert found(cases="no") == found(numbers="no") == [neither]
    assert found(cases="nonsense") == [neither, both]


def test_K2_several_cases_are_closed_at_once_and_each_is_in_the_trail(admin_client):
    first, second, closed = CaseFactory(), CaseFactory(), CaseFactory(state=CaseState.CLOSED)

    answer = admin_client.post(
        reverse("admin:cases_case_changelist"),
        {"action": "close", "_selected_action": [first.pk, second.pk, closed.pk]},
        follow=True,
    )

    assert "2 cases closed. 1 was closed already." in answer.text
    assert not Case.objects.exclude(state=CaseState.CLOSED).exists()
    assert AuditEntry.objects.filter(act="closed").count() == 2


def test_a_team_that_is_deleted_names_who_has_none_then(admin_client):
    agent = AgentFactory(name="Lea Berg", team=TeamFactory())

    page = admin_client.get(reverse("admin:agents_team_delete", args=[agent.team_id]))

    assert "Who has no team then: Lea Berg" in page.text
