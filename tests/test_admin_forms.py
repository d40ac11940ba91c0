"""What the supervisors' forms refuse, and what they never show."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from agents.models import StatusCode
from routing.enums import RequestKind, RequestState
from routing.models import CarrierAccount, CarrierRequest, Rule
from smsdesk.lib import clock
from tests.factories import AccountFactory, ChannelFactory, QueueFactory, inbound_text

pytestmark = pytest.mark.django_db
CHANGE_USER = "admin:auth_user_change"


@pytest.fixture
def supervisor():
    return User.objects.create_superuser("supervisor", password="secret")


@pytest.fixture
def desk(client, supervisor):
    client.force_login(supervisor)
    return client


def user_form(user: User, **changes: str) -> dict[str, str]:
    marks = dict.fromkeys(("is_active", "is_staff", "is_superuser"), "on")
    joined = {"date_joined_0": f"{user.date_joined:%Y-%m-%d}", "date_joined_1": "00:00:00"}
    form = {"username": user.username, **joined, **marks, **changes}
    return {name: value for name, value in form.items() if value}


class TestSupervisors:
    def test_cannot_delete_themselves(self, desk, supervisor):
        User.objects.create_superuser("another")
        page = desk.post(
            reverse("admin:auth_user_delete", args=[supervisor.pk]), {"post": "yes"}, follow=True
        )

        assert "You cannot delete your own user" in page.text
        assert User.objects.count() == 2

    def test_cannot_delete_themselves_among_others(self, desk, supervisor):
        other = User.objects.create_user("other")
        page = desk.post(
            reverse("admin:auth_user_changelist"),
            {
                "action": "delete_selected",
                "_selected_action": [supervisor.pk, other.pk],
                "post": "yes",
            },
            follow=True,
        )

        assert "You cannot delete your own user" in page.text
        assert User.objects.count() == 2

    def test_the_last_one_stays(self, client, supervisor):
        clerk = User.objects.create_user("clerk", is_staff=True)
        clerk.user_permissions.set(
            _permissions("view_user", "change_user", "delete_user", "add_user")
        )
        client.force_login(clerk)
        page = client.post(
            reverse("admin:auth_user_delete", args=[supervisor.pk]), {"post": "yes"}, follow=True
        )

        assert page.status_code == 403
        assert User.objects.filter(pk=supervisor.pk).exists()

    def test_others_are_deleted(self, desk):
        others = [User.objects.create_superuser(name) for name in ("one", "two", "three")]
        desk.post(reverse("admin:auth_user_delete", args=[others[0].pk]), {"post": "yes"})
        selected = {"action": "delete_selected", "_selected_action": [o.pk for o in others[1:]]}
        asked = desk.post(reverse("admin:auth_user_changelist"), selected)
        assert "Are you sure" in asked.text
        desk.post(reverse("admin:auth_user_changelist"), {**selected, "post": "yes"})

        assert [user.username for user in User.objects.all()] == ["supervisor"]

    @pytest.mark.parametrize("mark", ["is_active", "is_staff", "is_superuser"])
    def test_the_last_one_keeps_every_mark(self, desk, supervisor, mark):
        form = user_form(supervisor, **{mark: ""})
        page = desk.post(reverse(CHANGE_USER, args=[supervisor.pk]), form)

        assert "This is the last supervisor who can sign in here" in page.text
        supervisor.refresh_from_db()
        assert getattr(supervisor, mark)

    def test_one_of_two_may_go(self, desk, supervisor):
        other = User.objects.create_superuser("other")
        form = user_form(other, is_active="")
        desk.post(reverse(CHANGE_USER, args=[other.pk]), form)

        other.refresh_from_db()
        assert not other.is_active


class TestCarrierAccounts:
    @pytest.fixture
    def account(self):
        return AccountFactory(auth_token="an old token", base_url="https://api.twilio.com")

    def post(self, desk, account, **changes):
        fields = ("name", "carrier", "account_sid", "base_url")
        form = {name: getattr(account, name) for name in fields} | {"auth_token": ""} | changes
        return desk.post(reverse("admin:routing_carrieraccount_change", args=[account.pk]), form)

    def test_token_is_never_shown_and_stays_when_left_empty(self, desk, account):
        page = desk.get(reverse("admin:routing_carrieraccount_change", args=[account.pk]))
        assert "an old token" not in page.text

        self.post(desk, account, name="Renamed")
        account.refresh_from_db()
        assert (account.name, account.auth_token) == ("Renamed", "an old token")

        self.post(desk, account, auth_token="a new token")
        account.refresh_from_db()
        assert account.auth_token == "a new token"

    def test_new_account_needs_a_token(self, desk):
        form = {"name": "Ours", "carrier": "twilio", "account_sid": "AC1", "auth_token": ""}
        page = desk.post(
            reverse("admin:routing_carrieraccount_add"),
            {**form, "base_url": "https://api.twilio.com"},
        )

        assert "Write the auth token of this account" in page.text
        assert not CarrierAccount.objects.exists()

    def test_both_addresses_are_shown_whole(self, desk, account, settings):
        settings.PUBLIC_URL = "https://desk.example.org"
        page = desk.get(reverse("admin:routing_carrieraccount_change", args=[account.pk]))

        for path in (account.inbound_path, account.status_path):
            assert f"https://desk.example.org{path}" in page.text

    @pytest.mark.parametrize(
        ("field", "value", "sentence"),
        [
            ("base_url", "https://api.twilio.com?x=1", "with nothing behind them"),
            ("base_url", "https://api.twilio.com/#x", "with nothing behind them"),
            ("base_url", "https://me:secret@api.twilio.com", "with nothing behind them"),
            ("account_sid", "AC1/../2", "letters, digits"),
            ("account_sid", "AC 1", "letters, digits"),
            ("carrier", "pigeon", "There is no carrier “pigeon” here"),
        ],
    )
    def test_nonsense_is_refused_with_a_sentence(self, desk, account, field, value, sentence):
        page = self.post(desk, account, **{field: value})

        assert sentence in page.text
        before = getattr(account, field)
        account.refresh_from_db()
        assert getattr(account, field) == before

    def test_path_and_port_are_taken(self, desk, account):
        self.post(desk, account, base_url="http://127.0.0.1:8000/handset/carrier/")

        account.refresh_from_db()
        assert account.base_url == "http://127.0.0.1:8000/handset/carrier"


def test_a_keyword_with_blanks_is_refused(desk):
    queue = QueueFactory()
    form = {"position": 1, "name": "First", "keyword": "two words", "queue": queue.pk}
    page = desk.post(reverse("admin:routing_rule_add"), {**form, "priority": 0})

    assert "A keyword is a text’s first word: write it without blanks." in page.text
    assert not Rule.objects.exists()


def test_a_long_reply_off_hours_is_refused(desk):
    channel = ChannelFactory()
    form = {"off_hours_reply": "a" * 1501, "name": channel.name, "number": channel.number}
    page = desk.post(reverse("admin:routing_channel_change", args=[channel.pk]), form)

    assert "The reply has 1501 characters and may have 1500." in page.text


def test_status_names_differ_by_more_than_case(desk):
    form = {"name": "on break", "kind": "AWAY", "position": 5}
    page = desk.post(reverse("admin:agents_statuscode_add"), form)
    desk.post(reverse("admin:agents_statuscode_add"), {**form, "name": "Lunch"})

    assert "There is a status “On Break” already." in page.text
    assert StatusCode.objects.filter(name="Lunch").exists()
    assert not StatusCode.objects.filter(name="on break").exists()


def test_the_inbox_shows_seconds_numbers_and_first_words(desk):
    request = inbound_text(
        ChannelFactory(number="+14155550199"), "+14155550123", "my claim, please"
    )
    for body in (b"", b"\xff\x00=&&&%zz", b"From", b"{}"):
        CarrierRequest.objects.create(
            kind=RequestKind.INBOUND,
            url="http://testserver/",
            body=body,
            received_at=clock.now(),
            state=RequestState.QUARANTINED,
        )
    page = desk.get(reverse("admin:routing_carrierrequest_changelist"))

    assert f"{request.received_at:%Y-%m-%d %H:%M:%S}" in page.text
    assert "+14155550123 → +14155550199" in page.text
    assert "my claim, please" in page.text


def _permissions(*names: str):
    return Permission.objects.filter(codename__in=names)
