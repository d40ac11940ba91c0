"""The environment: whatever is wrong with a setting is said in one sentence that names it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured

from smsdesk.settings.environment import ROOT, Environment, read_environment

HOSTS = (
    "must be host names without scheme, port or path, with commas between them, such as"
    " desk.example.org, not"
)
PUBLIC = (
    "must be http:// or https://, a host and perhaps a port, with nothing behind them, such as"
    " https://desk.example.org, not"
)
EMBED = (
    "must be origins with https and nothing behind the host and port, with commas between them,"
    " such as https://crm.example.org, not"
)


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch):
    for name in Environment.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("PRESENCE_TIMEOUT_SECONDS", "abc", "must be a whole number, not 'abc'."),
        ("PRESENCE_TIMEOUT_SECONDS", "2.5", "must be a whole number, not '2.5'."),
        ("PRESENCE_TIMEOUT_SECONDS", "1", "must be at least 2, not '1'."),
        ("PRESENCE_TIMEOUT_SECONDS", "99999", "must be at most 3600, not '99999'."),
        ("CARRIER_TIMEOUT_SECONDS", "soon", "must be a number, not 'soon'."),
        ("CARRIER_TIMEOUT_SECONDS", "0", "must be more than 0, not '0'."),
        ("CARRIER_TIMEOUT_SECONDS", "inf", "must be at most 600, not 'inf'."),
        ("HANDSET", "maybe", "must be 1 or 0, not 'maybe'."),
        ("TRUSTED_PROXY", "2", "must be 1 or 0, not '2'."),
        ("LOG_LEVEL", "LOUD", "must be DEBUG, INFO, WARNING, ERROR or CRITICAL, not 'LOUD'."),
        ("ALLOWED_HOSTS", "a.example,http://b", f"{HOSTS} 'http://b'."),
        ("ALLOWED_HOSTS", "a.example:80", f"{HOSTS} 'a.example:80'."),
        ("PUBLIC_URL", "desk.example.org", f"{PUBLIC} 'desk.example.org'."),
        ("PUBLIC_URL", "ftp://desk", f"{PUBLIC} 'ftp://desk'."),
        ("PUBLIC_URL", "https://desk/sms", f"{PUBLIC} 'https://desk/sms'."),
        ("PUBLIC_URL", "https://desk?a=b", f"{PUBLIC} 'https://desk?a=b'."),
        ("PUBLIC_URL", "https://me@desk", f"{PUBLIC} 'https://me@desk'."),
        ("PUBLIC_URL", "https://desk:99999", "names a port that is no number from 0 to 65535."),
        (
            "SEALING_KEYS",
            f"{'k' * 32},short",
            "must be keys of 32 characters or more, with commas between them.",
        ),
        ("EMBED_ORIGINS", "https://a.example,b.example", f"{EMBED} 'b.example'."),
        ("EMBED_ORIGINS", "http://crm.example.org", f"{EMBED} 'http://crm.example.org'."),
        ("EMBED_ORIGINS", "https://crm.example.org/", f"{EMBED} 'https://crm.example.org/'."),
        ("EMBED_ORIGINS", "*", f"{EMBED} '*'."),
        ("EMBED_ORIGINS", "https://*.example.org", f"{EMBED} 'https://*.example.org'."),
        ("EMBED_ORIGINS", "https://a.example; x", f"{EMBED} 'https://a.example; x'."),
        ("EMBED_ORIGINS", "https://a:99999", "names a port that is no number from 0 to 65535."),
        # Their values may have a password in them.
        ("DATABASE_URL", "mysql://u:secret@h/x", "must begin with postgresql://."),
        ("DATABASE_URL", "postgres://h:p/x", "names a port that is no number from 0 to 65535."),
        ("DATABASE_URL", "postgresql://[x", "is no URL."),
        ("REDIS_URL", "http://h", "must begin with redis://, rediss:// or unix://."),
        ("REDIS_URL", "redis://h:p", "names a port that is no number from 0 to 65535."),
    ],
)
def test_nonsense_is_refused_with_a_sentence(monkeypatch, name, value, sentence):
    monkeypatch.setenv(name, value)

    with pytest.raises(ImproperlyConfigured) as refusal:
        read_environment()

    assert str(refusal.value) == f"{name} {sentence}"


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("PRESENCE_TIMEOUT_SECONDS", "", 30),
        ("VAR_DIR", "", ROOT / "var"),
        ("PUBLIC_URL", "https://desk.example.org:8443/", "https://desk.example.org:8443"),
        ("PUBLIC_URL", "http://[::1]:8000", "http://[::1]:8000"),
        ("ALLOWED_HOSTS", " a.example, .b.example,[::1],*", " a.example, .b.example,[::1],*"),
        (
            "EMBED_ORIGINS",
            "https://a.example, http://localhost:3000",
            "https://a.example, http://localhost:3000",
        ),
        ("LOG_LEVEL", "warning", "WARNING"),
        ("DATABASE_URL", "postgresql://u@/x?host=/tmp/s", "postgresql://u@/x?host=/tmp/s"),
    ],
)
def test_sense_is_taken(monkeypatch, name, value, read):
    monkeypatch.setenv(name, value)

    assert getattr(read_environment(), name.lower()) == read


def test_every_way_of_starting_says_the_sentence():
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={**os.environ, "PUBLIC_URL": "desk"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    last = done.stderr.splitlines()[-1]
    assert last == f"django.core.exceptions.ImproperlyConfigured: PUBLIC_URL {PUBLIC} 'desk'."
