"""N21: a form of the admin that was sent after its session had ended is sent again, not lost."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.forms import PasswordInput
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from agents.models import Team
from smsdesk.door.gate import SEEN
from smsdesk.door.kept import PAGE, SECRET

pytestmark = pytest.mark.django_db
ADD_TEAM = "admin:agents_team_add"
FIELD = re.compile(r'<textarea name="([^"]+)" hidden>\n(.*?)</textarea>', re.DOTALL)


@pytest.fixture
def supervisor():
    return User.objects.create_superuser("sue", password="right")


@pytest.fixture
def idle(client, supervisor):
    """A supervisor's browser in which nothing was done for too long."""
    client.force_login(supervisor)
    session = client.session
    session[SEEN] = int((timezone.now() - timedelta(minutes=31)).timestamp())
    session.save()
    return client


def sign_in(client, **who):
    sent = {"username": "sue", "password": "right", **who, "next": reverse(PAGE)}
    return client.post(reverse("admin:login"), sent, follow=True)


def fields_of(page) -> dict[str, str]:
    return {name: html.unescape(value) for name, value in FIELD.findall(page.text)}


def test_N21_a_form_that_came_too_late_is_sent_again_after_signing_in(idle):
    typed = {"name": "\n<Blue> & “co”", "limit": "3", "_continue": "1"}
    asked = idle.post(reverse(ADD_TEAM), typed, follow=True)
    assert "What you sent just now is kept: sign in, and send it again." in asked.text

    page = sign_in(idle)

    assert "You were signed out before your last form arrived" in page.text
    assert f'action="{reverse(ADD_TEAM)}"' in page.text
    assert fields_of(page) == typed
    assert not Team.objects.exists()
    again = idle.post(reverse(ADD_TEAM), fields_of(page))
    team = Team.objects.get()
    assert (team.name, team.limit) == ("<Blue> & “co”", 3)
    assert again.url == reverse("admin:agents_team_change", args=[team.pk])
    assert "No form of yours is kept any more." in idle.get(reverse(PAGE), follow=True).text


def test_N21_what_is_wrong_in_it_is_said_beside_the_field_as_ever(idle):
    idle.post(reverse(ADD_TEAM), {"name": "Blue", "limit": "99"})

    again = idle.post(reverse(ADD_TEAM), fields_of(sign_in(idle)))

    assert "less than or equal to 12" in again.text
    assert 'value="Blue"' in again.text


def test_N21_the_second_factor_does_not_lose_it(idle, settings):
    settings.REQUIRE_TWO_FACTOR = True
    idle.post(reverse(ADD_TEAM), {"name": "Blue"})

    page = sign_in(idle)
    assert page.redirect_chain[-1][0].startswith(reverse("two-factor"))
    assert "does not open" in idle.post(reverse("two-factor"), {"code": "12"}).text

    settings.REQUIRE_TWO_FACTOR = False
    assert fields_of(idle.get(reverse(PAGE))) == {"name": "Blue"}


def test_N21_secrets_and_files_are_not_kept_and_are_asked_for_again(idle):
    sent = {
        "name": "Acme",
        "auth_token": "s3cret-token",
        "signing_secret": "",
        "import_file": SimpleUploadedFile("a.csv", b"a,b"),
    }
    idle.post(reverse("admin:routing_carrieraccount_add"), sent)
    (session,) = Session.objects.all()
    stored = session.get_decoded()["kept_form"]

    page = sign_in(idle)

    assert "Acme" not in str(stored)
    assert fields_of(page) == {"name": "Acme"}
    assert "s3cret" not in page.text
    assert "Give this again afterwards: auth token, import file." in page.text


def test_N21_every_box_for_a_secret_in_the_admin_has_a_name_that_is_not_kept(rf, supervisor):
    request = rf.get("/")
    request.user = supervisor
    boxes = {
        name
        for page in admin.site._registry.values()
        for name, field in page.get_form(request).base_fields.items()
        if isinstance(field.widget, PasswordInput)
    }
    assert {"auth_token", "password1"} <= boxes
    assert [name for name in boxes if not SECRET.search(name)] == []


@pytest.mark.parametrize(
    "address", ["admin:password_change", "two-factor", "floor", "admin:login", "admin:logout"]
)
def test_N21_only_forms_of_the_admins_pages_are_kept(idle, address):
    idle.post(reverse(address), {"old_password": "right", "code": "123456"})

    assert "No form of yours is kept any more." in sign_in(idle).text


def test_N21_a_long_form_is_said_to_be_lost(idle):
    asked = idle.post(reverse(ADD_TEAM), {"name": "b" * 200_001}, follow=True)

    assert "What you sent just now was not saved." in asked.text


def test_N21_another_site_cannot_have_its_form_kept(supervisor):
    client = Client(enforce_csrf_checks=True)
    client.force_login(supervisor)
    session = client.session
    session[SEEN] = 0
    session.save()

    asked = client.post(reverse(ADD_TEAM), {"name": "Evil"}, follow=True)

    assert "What you sent just now was not saved." in asked.text
    assert "kept_form" not in client.session


def test_N21_it_is_shown_to_nobody_else(idle):
    User.objects.create_superuser("ada", password="hers")
    idle.post(reverse(ADD_TEAM), {"name": "Blue"})

    page = sign_in(idle, username="ada", password="hers")

    assert "No form of yours is kept any more." in page.text
    assert "Blue" not in page.text


def test_N21_whoever_goes_on_with_something_else_leaves_it_behind(idle):
    idle.post(reverse(ADD_TEAM), {"name": "Blue"})
    sign_in(idle)

    idle.post(reverse(ADD_TEAM), {"name": "Green"})

    assert "No form of yours is kept any more." in idle.get(reverse(PAGE), follow=True).text
