"""Signing in: too many tries, the second factor, and how long it lasts."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from io import StringIO
from urllib.parse import urlencode, urlsplit

import pytest
import time_machine
from axes.models import AccessAttempt
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from agents.enums import Role
from agents.models import AuditEntry
from agents.services.invitations import invitation_path
from agents.services.signing_in import (
    CodeRefused,
    check_code,
    device_to_enrol,
    enrol,
    has_second_factor,
)
from routing.models import Tally
from smsdesk.console.consumer import _agent_of_session
from smsdesk.door.addresses import client_address
from smsdesk.door.gate import supervisor_of_session
from smsdesk.lib import clock
from tests.factories import AgentFactory
from tests.races.together import call, crew, errors, together

pytestmark = pytest.mark.django_db

PAGES = ["sign-in", "admin:login"]
TWO_FACTOR = "two-factor"


@pytest.fixture
def supervisor():
    return User.objects.create_superuser("sue", password="right")


def code_of(user: User, steps: int = 0) -> str:
    """What the user's app shows now, or some steps of 30 seconds later."""
    device = TOTPDevice.objects.get(user=user)
    totp = TOTP(device.bin_key, drift=steps)
    totp.time = timezone.now().timestamp()
    return f"{totp.token():06d}"


def entry(act: str) -> AuditEntry:
    return AuditEntry.objects.get(act=act)


class TestThrottle:
    @pytest.fixture(autouse=True)
    def _counted(self, settings):
        settings.AXES_ENABLED = True

    def tries(self, page, password="wrong", *, name="sue", times=1, address="192.0.2.1", **headers):
        answers = [
            Client(REMOTE_ADDR=address, **headers).post(
                reverse(page), {"username": name, "password": password}
            )
            for _ in range(times)
        ]
        return answers[-1]

    @pytest.mark.parametrize("page", PAGES)
    def test_N21_too_many_wrong_passwords_are_told_to_wait(self, supervisor, page):
        assert "Too many" not in self.tries(page, times=4).text
        assert "Try again in 15 minutes" in self.tries(page).text
        # The right one does not help now, and asking does not make it longer.
        with time_machine.travel(timezone.now() + timedelta(minutes=10)):
            assert "Try again in 5 minutes" in self.tries(page, "right").text
        with time_machine.travel(timezone.now() + timedelta(minutes=16)):
            assert self.tries(page, "right").status_code == 302

    def test_N21_a_stranger_locks_out_nobody_elsewhere_and_nobody_else(self, supervisor):
        User.objects.create_superuser("ann", password="right")
        self.tries("sign-in", times=6)

        assert self.tries("sign-in", "right", address="192.0.2.9").status_code == 302
        assert self.tries("sign-in", "right", name="ann").status_code == 302
        assert "Too many" in self.tries("sign-in", "right").text

    def test_N21_a_browser_that_lies_about_its_address_is_counted_all_the_same(self, supervisor):
        for n in range(6):
            answer = self.tries("sign-in", HTTP_X_FORWARDED_FOR=f"198.51.100.{n}")

        assert "Too many" in answer.text

    def test_N21_success_forgives_what_went_before(self, supervisor):
        self.tries("sign-in", times=4)
        assert self.tries("sign-in", "right").status_code == 302

        assert "Too many" not in self.tries("sign-in", times=4).text

    def test_N21_a_supervisor_unlocks(self, client, supervisor):
        kim = User.objects.create_user("kim", password="right")
        self.tries("sign-in", name="kim", times=5)
        client.force_login(supervisor)
        page = client.post(
            reverse("admin:auth_user_changelist"),
            {"action": "unlock", "_selected_action": [kim.pk]},
            follow=True,
        )

        assert "kim may try again." in page.text
        assert self.tries("sign-in", "right", name="kim").status_code == 302
        assert not AccessAttempt.objects.exists()
        assert entry("unlocked signing in").subject_label == "kim"


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("aim", ["https://evil.example/", "//evil.example", "javascript:x"])
def test_N21_signing_in_leads_to_our_own_pages_only(client, supervisor, page, aim):
    form = {"username": "sue", "password": "right", "next": aim}
    answer = client.post(f"{reverse(page)}?{urlencode({'next': aim})}", form)

    assert answer.status_code == 302
    assert urlsplit(answer.url).netloc == ""
    assert answer.url.startswith("/")
    assert "evil" not in answer.url


@pytest.mark.parametrize("page", PAGES)
def test_N21_signing_in_begins_a_session_of_its_own(client, supervisor, page):
    client.get(reverse(page))
    session = client.session
    session["planted"] = True
    session.save()
    planted = session.session_key

    client.post(reverse(page), {"username": "sue", "password": "right"})

    assert client.session.session_key != planted
    assert not Session.objects.filter(session_key=planted).exists()


@pytest.mark.parametrize(
    ("proxy", "remote", "forwarded", "address"),
    [
        (False, "192.0.2.1", "198.51.100.7", "192.0.2.1"),
        (True, "127.0.0.1", "198.51.100.7", "198.51.100.7"),
        (True, "127.0.0.1", "6.6.6.6, 198.51.100.7", "198.51.100.7"),
        (True, "192.0.2.1", None, "192.0.2.1"),
        (True, "", "nonsense", None),
        (False, "", None, None),
        (False, "2001:db8:1:2:3:4:5:6", None, "2001:db8:1:2::"),
        (False, "::ffff:192.0.2.1", None, "192.0.2.1"),
    ],
)
def test_N21_the_address_is_the_browsers(rf, settings, proxy, remote, forwarded, address):  # noqa: PLR0917
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if proxy else None
    headers = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}

    assert client_address(rf.get("/", REMOTE_ADDR=remote, **headers)) == address


class TestSecondFactor:
    @pytest.fixture(autouse=True)
    def _required(self, settings):
        settings.REQUIRE_TWO_FACTOR = True

    @pytest.fixture
    def desk(self, client, supervisor):
        client.force_login(supervisor)
        return client

    def enrolled(self, desk, supervisor) -> list[str]:
        desk.get(reverse(TWO_FACTOR))
        page = desk.post(reverse(TWO_FACTOR), {"code": code_of(supervisor)})
        return re.findall(r"<code>([a-z2-7]{8})</code>", page.text)

    def test_N21_every_address_of_the_admin_waits_for_it(self, desk):
        root = reverse("admin:index")
        addresses = [root, f"{root}nonsense/", f"{root}jsi18n/", reverse("admin:password_change")]
        for model in admin.site._registry:
            name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
            pages = ["changelist"] if model is Tally else ["changelist", "add"]
            addresses += [reverse(f"{name}_{page}") for page in pages]
        for address in addresses:
            for method in (desk.get, desk.post):
                answer = method(address)
                assert answer.status_code == 302, address
                assert urlsplit(answer.url).path == reverse(TWO_FACTOR), address

    def test_N21_it_is_set_up_after_the_first_sign_in(self, desk, supervisor):
        page = desk.get(reverse("admin:index"), follow=True)
        assert "<svg" in page.text
        wrong = desk.post(reverse(TWO_FACTOR), {"code": "12"})
        assert "This code does not open" in wrong.text
        TOTPDevice.objects.update(throttling_failure_count=0)

        codes = self.enrolled(desk, supervisor)

        assert len(set(codes)) == 10
        assert desk.get(reverse("admin:index")).status_code == 200
        assert not any(code in desk.get(reverse(TWO_FACTOR)).text for code in codes)
        assert entry("set up two-factor sign-in").actor == supervisor

    def test_N21_it_is_asked_with_every_sign_in(self, desk, supervisor):
        self.enrolled(desk, supervisor)
        desk.force_login(supervisor)

        asked = desk.get(reverse("admin:agents_team_changelist"), follow=True)
        assert "authenticator app shows" in asked.text
        assert "<svg" not in asked.text.partition("<form")[0]
        with time_machine.travel(timezone.now() + timedelta(seconds=30)):
            answer = desk.post(
                reverse(TWO_FACTOR),
                {"code": code_of(supervisor), "next": reverse("admin:agents_team_changelist")},
            )
            assert answer.url == reverse("admin:agents_team_changelist")
            assert desk.get(answer.url).status_code == 200

    @pytest.mark.parametrize("aim", ["https://evil.example/", "//evil.example", "javascript:x"])
    def test_N21_it_leads_to_our_own_pages_only(self, desk, supervisor, aim):
        self.enrolled(desk, supervisor)
        with time_machine.travel(timezone.now() + timedelta(seconds=30)):
            code = {"code": code_of(supervisor), "next": aim}
            assert desk.post(reverse(TWO_FACTOR), code).url == reverse("admin:index")

    def test_N21_a_code_is_taken_once(self, desk, supervisor):
        desk.get(reverse(TWO_FACTOR))
        code = code_of(supervisor)
        enrol(user=supervisor, code=code, now=clock.now())

        with pytest.raises(CodeRefused, match="Each works once"):
            check_code(user=supervisor, code=code, now=clock.now())

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize("paper", [False, True])
    def test_N21_a_code_sent_many_times_at_once_opens_once(self, supervisor, paper):
        device_to_enrol(supervisor)
        _, codes = enrol(user=supervisor, code=code_of(supervisor), now=clock.now())
        TOTPDevice.objects.update(last_t=-1)
        code = codes[0] if paper else code_of(supervisor)
        tried = [call(check_code, user=supervisor, code=code, now=clock.now())] * 4

        results = together(*tried)
        crew.disband()

        assert errors(results, CodeRefused) == []
        assert sum(not isinstance(result, CodeRefused) for result in results) == 1

    def test_N21_a_session_planted_before_the_code_is_not_opened_by_it(self, desk, supervisor):
        code = self.enrolled(desk, supervisor)[0]
        desk.force_login(supervisor)
        planted = Client()
        planted.cookies = desk.cookies.copy()

        assert desk.post(reverse(TWO_FACTOR), {"code": code}).status_code == 302

        assert desk.get(reverse("admin:index")).status_code == 200
        assert planted.get(reverse("admin:index")).status_code == 302
        assert planted.session.session_key != desk.session.session_key

    def test_N21_a_password_chosen_by_a_link_opens_no_second_factor(self, desk, supervisor):
        self.enrolled(desk, supervisor)
        link = invitation_path(user=supervisor, actor=None, now=clock.now())
        thief = Client()
        form = thief.get(link, follow=True).redirect_chain[-1][0]
        password = {"new_password1": "brand-New-4711", "new_password2": "brand-New-4711"}
        assert thief.post(form, password).status_code == 302

        assert thief.session["_auth_user_id"] == str(supervisor.pk)
        assert thief.get(reverse("admin:index")).url.startswith(reverse(TWO_FACTOR))
        # The sessions from before the new password are over, and so is the link.
        assert desk.get(reverse("admin:index")).url.startswith(reverse("admin:login"))
        assert "password1" not in Client().get(link, follow=True).text

    @pytest.mark.parametrize(
        "address",
        ["/%61dmin/", "/admin//", "/admin/../admin/", "//admin/", "/admin/login/?next=/admin/"],
    )
    def test_N21_no_spelling_of_an_address_leads_around_it(self, desk, address):
        answer = desk.get(address, follow=True)

        assert answer.status_code == 404 or answer.redirect_chain[-1][0].startswith(
            "/admin/two-factor/"
        )

    def test_N21_guessing_becomes_slow_for_the_right_code_too(self, desk, supervisor):
        codes = self.enrolled(desk, supervisor)
        start = timezone.now() + timedelta(minutes=5)
        with time_machine.travel(start, tick=False) as clock_of_ours:
            for _ in range(4):
                clock_of_ours.shift(timedelta(minutes=1))
                with pytest.raises(CodeRefused, match="does not open"):
                    check_code(user=supervisor, code="000000", now=clock.now())
            with pytest.raises(CodeRefused, match=r"Wait 8 seconds"):
                check_code(user=supervisor, code=code_of(supervisor), now=clock.now())
            # The paper is throttled by itself.
            assert check_code(user=supervisor, code=codes[0].upper(), now=clock.now())

    def test_N21_a_recovery_code_opens_once(self, desk, supervisor):
        code = self.enrolled(desk, supervisor)[3]
        desk.force_login(supervisor)

        assert (
            desk.post(reverse(TWO_FACTOR), {"code": f" {code[:4]} {code[4:]} "}).status_code == 302
        )
        assert desk.get(reverse("admin:index")).status_code == 200
        assert entry("signed in with a recovery code").after == {"codes left": 9}
        desk.force_login(supervisor)
        assert "does not open" in desk.post(reverse(TWO_FACTOR), {"code": code}).text

    def test_N21_a_reset_ends_its_sessions_and_is_written_down(self, desk, supervisor):
        ada = User.objects.create_superuser("ada")
        theirs = Client()
        theirs.force_login(ada)
        self.enrolled(theirs, ada)
        self.enrolled(desk, supervisor)
        page = desk.post(
            reverse("admin:auth_user_changelist"),
            {"action": "reset_two_factor", "_selected_action": [ada.pk]},
            follow=True,
        )

        assert "ada will set it up anew." in page.text
        assert not has_second_factor(ada)
        assert not StaticToken.objects.filter(device__user=ada).exists()
        assert theirs.get(reverse("admin:index")).url.startswith(reverse(TWO_FACTOR))
        assert entry("reset two-factor sign-in").actor == supervisor

    def test_N21_the_last_one_is_helped_by_a_command(self, desk, supervisor):
        self.enrolled(desk, supervisor)
        out = StringIO()
        for _ in range(2):
            call_command("reset_two_factor", "sue", stdout=out)

        assert out.getvalue() == "sue will set it up anew.\nsue had not set it up.\n"
        assert not has_second_factor(supervisor)
        with pytest.raises(CommandError, match="There is no user “ann”"):
            call_command("reset_two_factor", "ann")

    def test_N21_a_supervisor_resets_nobody_above(self, desk, supervisor, settings):
        self.enrolled(desk, supervisor)
        settings.REQUIRE_TWO_FACTOR = False
        sam = User.objects.create_user("sam", is_staff=True)
        sam.groups.add(Group.objects.get(name=Role.SUPERVISOR))
        theirs = Client()
        theirs.force_login(sam)
        page = theirs.post(
            reverse("admin:auth_user_changelist"),
            {"action": "reset_two_factor", "_selected_action": [supervisor.pk]},
            follow=True,
        )

        assert "Not yours to manage: sue." in page.text
        assert has_second_factor(supervisor)

    def test_N21_whoever_has_set_it_up_is_asked_even_where_nobody_must(
        self, desk, supervisor, settings
    ):
        settings.REQUIRE_TWO_FACTOR = False
        assert desk.get(reverse("admin:index")).status_code == 200
        self.enrolled(desk, supervisor)
        desk.force_login(supervisor)

        assert desk.get(reverse("admin:index")).url.startswith(reverse(TWO_FACTOR))

    def test_N21_a_socket_of_the_admin_waits_for_it_too(self, desk, supervisor):
        assert supervisor_of_session(desk.session.session_key) is None
        self.enrolled(desk, supervisor)

        assert supervisor_of_session(desk.session.session_key) == supervisor
        User.objects.filter(pk=supervisor.pk).update(is_staff=False)
        assert supervisor_of_session(desk.session.session_key) is None
        assert supervisor_of_session(None) is None

    def test_N21_agents_have_none_of_it(self, client):
        client.force_login(AgentFactory().user)

        assert client.get(reverse("desk")).status_code == 200
        assert client.get(reverse(TWO_FACTOR)).url.startswith(reverse("admin:login"))


class TestSessions:
    def test_N21_the_admin_ends_after_idleness_and_says_so(self, client, supervisor):
        client.force_login(supervisor)
        start = timezone.now()
        for minutes in (25, 50, 75):
            with time_machine.travel(start + timedelta(minutes=minutes)):
                assert client.get(reverse("admin:index")).status_code == 200
        with time_machine.travel(start + timedelta(minutes=106)):
            page = client.get(reverse("admin:agents_team_changelist"), follow=True)

        assert "You were signed out, for nothing was done here in 30 minutes." in page.text
        assert page.redirect_chain[0][0].endswith("next=%2Fadmin%2Fagents%2Fteam%2F")
        assert not Session.objects.filter(session_key=client.session.session_key).exists()

    def test_N21_the_admin_ends_in_the_end_however_busy(self, client, supervisor):
        client.force_login(supervisor)
        start = timezone.now()
        for minutes in range(20, 12 * 60, 20):
            with time_machine.travel(start + timedelta(minutes=minutes)):
                assert client.get(reverse("admin:password_change")).status_code == 200
        with time_machine.travel(start + timedelta(hours=12, minutes=1)):
            assert client.get(reverse("admin:index")).url.startswith(reverse("admin:login"))

    def test_N21_a_desk_ends_by_its_own_setting_and_idleness_ends_none(self, client):
        agent = AgentFactory()
        client.force_login(agent.user)
        key, start = client.session.session_key, timezone.now()
        with time_machine.travel(start + timedelta(hours=15, minutes=50)):
            assert client.get(reverse("desk")).status_code == 200
            assert _agent_of_session(key) == agent
            page = client.get(reverse("desk")).text
        # The page knows its end, so that it forgets nothing then.
        (ends,) = re.findall(r'data-ends="([^"]+)"', page)
        assert abs(datetime.fromisoformat(ends) - start - timedelta(hours=16)) < timedelta(
            minutes=1
        )
        with time_machine.travel(start + timedelta(hours=16, minutes=1)):
            # The open desk is told to sign in again, and keeps what was typed.
            assert _agent_of_session(key) is None
            answer = client.get(reverse("desk"), headers={"HX-Request": "true"})
            assert answer.headers["HX-Redirect"] == reverse("sign-in")

    def test_N21_a_new_password_ends_the_other_sessions(self, client, supervisor):
        kim = AgentFactory(user__username="kim").user
        theirs = Client()
        theirs.force_login(kim)
        key = theirs.session.session_key
        client.force_login(supervisor)
        client.post(
            reverse("admin:auth_user_password_change", args=[kim.pk]),
            {"password1": "brand-New-4711", "password2": "brand-New-4711"},
        )

        assert theirs.get(reverse("desk")).url.startswith(reverse("sign-in"))
        assert _agent_of_session(key) is None

    def test_N21_old_sessions_are_cleared_away(self, client, supervisor):
        client.force_login(supervisor)
        with time_machine.travel(timezone.now() + timedelta(hours=13)):
            call_command("clearsessions", stdout=StringIO())

        assert not Session.objects.exists()
