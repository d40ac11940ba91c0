"""N19: an Administrator looks at, exports and erases what is held of a person."""

from __future__ import annotations

import io
import json
import re
import zipfile
from dataclasses import replace

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse

from agents.enums import Role
from agents.models import AuditEntry
from cases.models import CaseLink, Customer
from routing.carriers.base import WebRequest
from routing.carriers.twilio import Twilio
from routing.enums import InteractionState
from routing.models import CarrierRequest, Interaction
from tests.factories import (
    AgentFactory,
    CaseFactory,
    ChannelFactory,
    ChatLogFactory,
    ConsentEntryFactory,
    CustomerFactory,
    active_interaction,
    inbound_text,
)

pytestmark = pytest.mark.django_db
NUMBER, UNKNOWN = "+14155550123", "+14155550188"
PAGE = "admin:cases_customer_personal_data"


@pytest.fixture
def desk(client):
    user = User.objects.create_user("ada", is_staff=True)
    user.groups.add(Group.objects.get(name=Role.ADMINISTRATOR))
    client.force_login(user)
    return client


@pytest.fixture
def customer():
    customer = CustomerFactory(name="Dana <b>Smith", phones=[NUMBER])
    inbound_text(ChannelFactory(), NUMBER, "Where is my <order>?")
    Interaction.objects.update(state=InteractionState.CLOSED)
    log = ChatLogFactory(
        case=CaseFactory(customer=customer, subject="The order"),
        interaction=Interaction.objects.get(),
        transcript="[0:00] Customer: Where",
    )
    CaseLink.objects.create(interaction=log.interaction, customer=customer, case=log.case)
    ConsentEntryFactory(address=NUMBER)
    return customer


def page_of(customer) -> str:
    return f"{reverse(PAGE)}?of={customer.pk}"


def exported(answer) -> dict[str, str]:
    """The files of the archive, by their names."""
    assert answer.streaming
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    assert archive.testzip() is None
    return {name: archive.read(name).decode() for name in archive.namelist()}


def told(desk, customer) -> dict:
    return json.loads(exported(desk.post(page_of(customer), {"act": "export"}))["data.json"])


def test_N19_the_page_says_what_is_held_by_counts(desk, customer):
    page = desk.get(page_of(customer))

    assert page.context["counts"] == {
        "customer": 1,
        "phone numbers": 1,
        "conversations": 1,
        "texts": 1,
        "cases": 1,
        "chat logs": 1,
        "notes": 0,
        "campaign texts": 0,
        "carrier requests": 1,
        "consent entries": 1,
        "blocks": 0,
    }
    assert "Dana &lt;b&gt;Smith" in page.content.decode()


def test_N19_everything_is_exported_as_one_file_and_it_is_written_down(desk, customer):
    found = told(desk, customer)

    assert found["customer"][0]["name"] == customer.name
    assert found["phone numbers"][0]["number"] == "+1 415-555-0123"
    assert found["texts"][0]["text"] == "Where is my <order>?"
    assert found["cases"][0]["subject"] == "The order"
    assert found["chat logs"][0]["transcript"] == "[0:00] Customer: Where"
    assert found["consent"][0]["opted out"] == "yes"
    assert "From=%2B14155550123" in found["carrier requests"][0]["text"]
    entry = AuditEntry.objects.get(act="exported personal data")
    assert (entry.actor_name, entry.subject_label) == ("ada", f"customer {customer.pk}")


def test_N19_the_readable_file_has_the_same_and_no_markup_of_theirs(desk, customer):
    answer = desk.post(page_of(customer), {"act": "export"})
    found = exported(answer)["data.html"]

    assert "attachment" in answer["Content-Disposition"]
    assert "Where is my &lt;order&gt;?" in found
    assert "<b>" not in found
    for title in ("Customer", "Texts", "Chat logs", "Carrier requests", "Campaign texts"):
        assert f"<h2>{title}</h2>" in found


def test_N19_the_export_says_it_in_a_customers_words(desk, customer):
    found = told(desk, customer)

    (talk,) = found["conversations"]
    (text,) = found["texts"]
    assert (talk["state"], talk["number"]) == ("closed", "+1 415-555-0123")
    assert text["conversation"] == talk["our reference"]
    assert (text["written by"], text["channel"]) == ("customer", talk["channel"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", talk["began"])
    lists = [rows for rows in found.values() if isinstance(rows, list)]
    titles = {title for rows in lists for row in rows for title in row}
    assert not [title for title in titles if "_" in title]


def test_N19_the_archive_explains_itself(desk, customer):
    files = exported(desk.post(page_of(customer), {"act": "export"}))

    assert list(files) == ["README.txt", "data.html", "data.json"]
    assert f"What is held of {customer.name}\n" in files["README.txt"]
    assert all("UTC" in file for file in files.values())
    for name in ("data.html", "data.json"):
        assert name in files["README.txt"]


def test_N19_a_request_that_brought_others_texts_as_well_is_left_out_and_says_so(
    desk, customer, monkeypatch
):
    """Some carriers bring the texts of several people with one request."""
    request = CarrierRequest.objects.get()
    ours = Twilio().read(WebRequest.stored(request))
    theirs = replace(ours[0], sender=UNKNOWN, body="of Kim", carrier_message_id="SMkim")
    request.body = bytes(request.body) + b"&Second=of+Kim"
    request.save()
    monkeypatch.setattr(Twilio, "read", lambda *_: [*ours, theirs])

    files = exported(desk.post(page_of(customer), {"act": "export"}))

    (left_out,) = json.loads(files["data.json"])["carrier requests"]
    assert left_out["text"].startswith("Left out: it may speak of other people as well.")
    assert not any(of_others in file for file in files.values() for of_others in ("Kim", "kim"))
    assert json.loads(files["data.json"])["texts"][0]["text"] == "Where is my <order>?"


def test_N19_no_password_of_a_carrier_is_handed_out(desk, customer):
    """Some carriers prove who they are by a password in the headers, or by the address."""
    request = CarrierRequest.objects.get()
    request.headers = {"Authorization": "Basic c2VjcmV0"}
    request.url += "?text=hello"
    request.save()

    (told_of,) = told(desk, customer)["carrier requests"]

    assert told_of["url"] == "text=hello"
    assert "c2VjcmV0" not in str(told_of)
    assert request.account.key.hex not in str(told_of)


def test_N19_a_number_that_is_no_customers_is_looked_up(desk):
    inbound_text(ChannelFactory(), UNKNOWN, "hello")

    page = desk.get(reverse(PAGE), {"number": "(415) 555-0188"})

    assert page.context["person"].numbers == [UNKNOWN]
    assert page.context["counts"]["texts"] == 1


def test_N19_a_customers_number_leads_to_the_customer_and_nonsense_is_told(desk, customer):
    found = desk.get(reverse(PAGE), {"number": NUMBER}).content.decode()
    nonsense = desk.get(reverse(PAGE), {"number": "Dana"}).content.decode()

    assert f'href="?of={customer.pk}"' in found
    assert "has letters in it; a phone number has digits only." in nonsense


def test_N19_erasing_is_confirmed_by_typing_and_written_down_without_the_person(desk, customer):
    refused = desk.post(page_of(customer), {"act": "erase", "confirm": "Dana"})
    assert "Nothing was erased" in refused.content.decode()
    assert 'value="Dana"' in refused.content.decode()
    assert Customer.objects.exists()

    done = desk.post(page_of(customer), {"act": "erase", "confirm": customer.name}, follow=True)

    assert "Erased, for good: customer: 1" in done.content.decode()
    assert not Customer.objects.exists()
    entry = AuditEntry.objects.get(act="erased personal data")
    assert (entry.subject_id, entry.after["texts"]) == (str(customer.pk), 1)
    trail = str(list(AuditEntry.objects.values_list("subject_label", "before", "after")))
    assert "Smith" not in trail
    assert "5550123" not in trail


def test_N19_what_is_under_way_is_said_instead_of_the_button(desk):
    customer = CustomerFactory(phones=[NUMBER])
    active_interaction(AgentFactory(name="Anna"), customer_address=NUMBER)

    page = desk.get(page_of(customer)).content.decode()
    desk.post(page_of(customer), {"act": "erase", "confirm": customer.name})

    assert "A conversation with Anna over" in page
    assert "Erase for good" not in page
    assert Customer.objects.exists()


def test_N19_supervisors_are_not_let_in(client, customer):
    sue = User.objects.create_user("sue", is_staff=True)
    sue.groups.add(Group.objects.get(name=Role.SUPERVISOR))
    client.force_login(sue)

    assert client.get(page_of(customer)).status_code == 403
    assert client.post(page_of(customer), {"act": "export"}).status_code == 403


def test_N19_the_customers_pages_lead_there(desk, customer):
    of_one = desk.get(reverse("admin:cases_customer_change", args=[customer.pk])).content.decode()
    of_all = desk.get(reverse("admin:cases_customer_changelist")).content.decode()
    link = reverse("admin:cases_customer_personal_data_of", args=[customer.pk])

    assert link in of_one
    assert desk.get(link).url == page_of(customer)
    assert reverse("admin:cases_customer_personal_data_of_number") in of_all


def test_N19_an_export_is_not_compressed_piece_by_piece(desk, customer):
    gzip = {"accept-encoding": "gzip"}
    answer = desk.post(page_of(customer), {"act": "export"}, headers=gzip)

    assert json.loads(exported(answer)["data.json"])["texts"]
    assert desk.get(page_of(customer), headers=gzip)["Content-Encoding"] == "gzip"
