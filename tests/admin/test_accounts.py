"""Carrier accounts in the admin: what each carrier needs is asked for, kept and tried."""

from __future__ import annotations

import base64

import pytest
import responses
from django.conf import settings
from django.contrib.auth.models import User
from django.urls import reverse

from agents.models import AuditEntry
from routing.carriers.base import Check, carrier
from routing.enums import RequestKind, RequestState
from routing.models import CarrierAccount, CarrierRequest
from smsdesk.lib import clock
from tests.carriers.test_generic import WRITTEN
from tests.factories import AccountFactory

pytestmark = pytest.mark.django_db
ADD = "admin:routing_carrieraccount_add"
GOOD = {
    "auth_token": "a-token-of-ours",
    "signing_secret": "Bearer0123456789abcdef",
    "base_url": "https://carrier.example",
}
KEY = base64.b64encode(bytes(32)).decode()


@pytest.fixture
def desk(client):
    client.force_login(User.objects.create_superuser("root", password="secret"))
    return client


def form(slug: str, **changes: str) -> dict[str, str]:
    """What a careful administrator writes for a carrier."""
    values = {"name": f"Ours at {slug}", "carrier": slug, "account_sid": "AC123"}
    values |= WRITTEN if slug == "generic" else {}
    for asked in carrier(slug).credentials:
        values.setdefault(asked.field, GOOD.get(asked.field, ""))
    if slug == "telnyx":
        values["signing_secret"] = KEY
    return {"base_url": "", **values, **changes}


def change(account: CarrierAccount) -> str:
    return reverse("admin:routing_carrieraccount_change", args=[account.pk])


def test_K1_a_new_account_begins_with_the_choice_of_a_carrier(desk):
    page = desk.get(reverse(ADD))

    for slug in settings.CARRIERS:
        assert f'href="?carrier={slug}"' in page.text
        assert carrier(slug).name in page.text


@pytest.mark.parametrize("slug", settings.CARRIERS)
def test_K1_the_form_asks_for_what_the_carrier_needs(desk, slug):
    page = desk.get(reverse(ADD), {"carrier": slug})
    fields = page.context["adminform"].form.fields
    asked = {each.field for each in carrier(slug).credentials}

    assert set(fields) == {"name", "carrier", "base_url"} | asked
    for each in carrier(slug).credentials:
        assert fields[each.field].label.lower() == each.label.lower()
    assert page.context["adminform"].form["base_url"].value() == carrier(slug).base_url


@pytest.mark.parametrize("slug", settings.CARRIERS)
def test_K1_S4_an_account_of_each_carrier_is_kept_and_no_secret_shown_again(desk, slug):
    written = form(slug)
    answer = desk.post(reverse(ADD), written)

    assert answer.status_code == 302, answer.context["adminform"].form.errors
    account = CarrierAccount.objects.get()
    for name in ("auth_token", "signing_secret"):
        assert getattr(account, name) == written.get(name, "")
    page = desk.get(change(account))
    assert account.inbound_path in page.text
    for name in ("auth_token", "signing_secret"):
        assert not written.get(name) or written[name] not in page.text


def test_S4_the_carriers_own_sentence_stands_at_its_field(desk):
    page = desk.post(reverse(ADD), form("telnyx", signing_secret="too short"))

    assert page.context["adminform"].form.errors == {
        "signing_secret": ["This is no public key of Telnyx: copy it whole, it has 44 characters."]
    }
    assert not CarrierAccount.objects.exists()


def test_K1_options_are_kept_by_their_names(desk):
    desk.post(reverse(ADD), form("vonage", **{"options.method": "sha512"}))
    account = CarrierAccount.objects.get()

    assert account.options == {"method": "sha512"}
    assert 'value="sha512"' in desk.get(change(account)).text


def test_S4_a_new_secret_leaves_the_former_one_until_it_is_forgotten(desk):
    desk.post(reverse(ADD), form("kannel", signing_secret="the-first-password"))
    account = CarrierAccount.objects.get()
    desk.post(change(account), form("kannel", auth_token="", signing_secret="the-second-password"))
    account.refresh_from_db()
    assert account.secrets == ("the-second-password", "the-first-password")

    desk.post(change(account), form("kannel", auth_token="", signing_secret=""))
    account.refresh_from_db()
    assert account.secrets == ("the-second-password", "the-first-password")

    kept = form("kannel", auth_token="", signing_secret="", forget_previous="on")
    desk.post(change(account), kept)
    account.refresh_from_db()
    assert account.secrets == ("the-second-password",)


def test_K1_another_carrier_is_asked_for_its_own_secrets(desk):
    account = AccountFactory(carrier="twilio", base_url="https://api.twilio.com")
    moved = form("kannel", auth_token="", signing_secret="", base_url=account.base_url)
    page = desk.post(change(account), moved)

    assert {"auth_token", "signing_secret"} == set(page.context["adminform"].form.errors)

    desk.post(change(account), moved | {"auth_token": "pw", "signing_secret": "x" * 16})
    account.refresh_from_db()
    assert (account.carrier, account.base_url) == ("kannel", carrier("kannel").base_url)
    assert account.secrets == ("x" * 16,)

    desk.post(change(account), form("twilio", auth_token="a token"))
    account.refresh_from_db()
    assert account.secrets == ("a token",)


def test_K1_kannels_whole_get_url_is_shown_but_for_the_password(desk, settings):
    settings.PUBLIC_URL = "https://desk.example"
    account = AccountFactory(carrier="kannel", account_sid="desk", signing_secret="x" * 16)
    page = desk.get(change(account))

    shown = f"https://desk:PASSWORD@desk.example{account.inbound_path}?id=%I&amp;from=%p"
    assert shown in page.text
    assert "x" * 16 not in page.text


@pytest.mark.django_db(transaction=True)  # the carrier is asked behind the commit
@responses.activate
@pytest.mark.parametrize(
    ("status", "sentence"),
    [(200, "The carrier knows this account."), (401, "The carrier does not know these")],
)
def test_K1_test_connection_saves_asks_and_says_what_came_of_it(desk, status, sentence):
    asked = responses.get("https://carrier.example/2010-04-01/Accounts/AC123.json", status=status)
    account = AccountFactory(carrier="twilio", account_sid="AC123")
    posted = form(
        "twilio", auth_token="", base_url=GOOD["base_url"], routing_carrieraccount_save_and_test="1"
    )
    page = desk.post(change(account), posted, follow=True)

    assert sentence in page.text
    assert 'id="id_account_sid"' in page.text
    tried = AuditEntry.objects.get(act="tested the connection of")
    assert (tried.actor_name, tried.subject_id) == ("root", str(account.pk))

    assert "was tested just now" in desk.post(change(account), posted, follow=True).text
    assert asked.call_count == 1


def test_K1_looking_at_an_account_never_asks_the_carrier(desk, monkeypatch):
    asked: list[object] = []
    monkeypatch.setattr(
        type(carrier("twilio")), "check", lambda *given: asked.append(given) or Check(True, "")
    )
    desk.get(
        change(AccountFactory(carrier="twilio")), {"routing_carrieraccount_save_and_test": "1"}
    )

    assert asked == []


def test_N15_the_last_request_and_the_last_failure_are_told(desk):
    account = AccountFactory(carrier="twilio")
    assert "none yet" in desk.get(change(account)).text

    CarrierRequest.objects.create(
        account=account,
        kind=RequestKind.INBOUND,
        url="https://desk.example",
        body=b"",
        received_at=clock.now(),
        state=RequestState.QUARANTINED,
        note="The signature is wrong.",
    )
    assert "The signature is wrong." in desk.get(change(account)).text


@pytest.mark.parametrize(
    ("slug", "fields"),
    [
        ("twilio", {"body": b"From=%2B14155550123&To=%2B14155550100&Body=Bonjour&MessageSid=SM1"}),
        (
            "kannel",
            {
                "method": "GET",
                "url": "https://d.example/?id=1&from=%2B14155550123&to=%2B14155550100&text=Bonjour",
            },
        ),
    ],
)
def test_N15_the_inbox_reads_each_carriers_texts(desk, slug, fields):
    CarrierRequest.objects.create(
        **{
            "account": AccountFactory(carrier=slug),
            "kind": RequestKind.INBOUND,
            "url": "https://desk.example",
            "body": b"",
            "received_at": clock.now(),
            "state": RequestState.QUARANTINED,
            **fields,
        }
    )
    page = desk.get(reverse("admin:routing_carrierrequest_changelist"))

    assert "+14155550123 → +14155550100" in page.text
    assert "Bonjour" in page.text


def test_K1_only_what_is_there_already_can_stay_as_it_is(desk):
    page = desk.get(reverse("admin:routing_carrieraccount_add"), {"carrier": "kannel"})

    assert "Not shown again." in page.text
    assert "it stays as it is" not in page.text


def test_N15_with_a_new_secret_one_is_led_to_what_stands_in_quarantine(desk):
    account = AccountFactory(carrier="twilio", base_url=GOOD["base_url"])
    CarrierRequest.objects.create(
        account=account,
        kind=RequestKind.INBOUND,
        url="https://desk.example",
        body=b"",
        received_at=clock.now(),
        state=RequestState.QUARANTINED,
    )
    kept = form("twilio", auth_token="", base_url=GOOD["base_url"])
    assert "in quarantine" not in desk.post(change(account), kept, follow=True).text

    page = desk.post(change(account), form("twilio"), follow=True)

    assert "Requests of this account in quarantine: 1." in page.text
    there = reverse("admin:routing_carrierrequest_changelist")
    assert f"{there}?state__exact=QUARANTINED&amp;account__id__exact={account.pk}" in page.text
