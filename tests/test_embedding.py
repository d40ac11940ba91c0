"""F19: the desk in a frame of the origins an operator named, and of no others; J1: as an app."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from smsdesk.settings.environment import ROOT

ASK = """
import json, django
django.setup()
from django.conf import settings
from django.test import Client
client = Client(headers={"host": "localhost"})
found = {}
for path in ("/sign-in/", "/admin/login/"):
    answer = client.get(path)
    found[path] = [answer.headers.get(name, "") for name in
                   ("Content-Security-Policy", "X-Frame-Options")]
found["cookies"] = [settings.SESSION_COOKIE_SAMESITE, settings.CSRF_COOKIE_SAMESITE,
                    settings.SESSION_COOKIE_SECURE, settings.CSRF_COOKIE_SECURE]
print(json.dumps(found))
"""


def headers(origins: str) -> dict:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", ASK],
        cwd=ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "smsdesk.settings.test",
            "EMBED_ORIGINS": origins,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return json.loads(done.stdout)


def test_F19_nobody_frames_the_desk_unless_an_operator_says_so():
    found = headers("")

    policy, old = found["/sign-in/"]
    assert "frame-ancestors 'none'" in policy
    assert old == "DENY"
    assert found["cookies"] == ["Lax", "Lax", False, False]


def test_F19_the_origins_named_frame_the_desk_and_nobody_frames_the_admin():
    found = headers("https://crm.example.org, https://a.example:8443")

    policy, old = found["/sign-in/"]
    assert "frame-ancestors https://crm.example.org https://a.example:8443" in policy
    assert old == ""
    assert found["/admin/login/"] == ["", "DENY"]
    assert found["cookies"] == ["None", "None", True, True]


@pytest.mark.django_db
def test_J1_phones_and_desktops_may_install_the_desk(client):
    page = client.get("/sign-in/").text
    manifest = json.loads((ROOT / "static/app/desk.webmanifest").read_text())

    assert '<link rel="manifest" href="/static/app/desk.webmanifest">' in page
    assert (manifest["start_url"], manifest["display"]) == ("/desk/", "standalone")
    for icon in manifest["icons"]:
        assert (ROOT / "static/app" / icon["src"]).is_file()
