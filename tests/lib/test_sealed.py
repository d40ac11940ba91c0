"""Carriers' secrets: unreadable in the database, and a lost key is said, never stumbled over."""

from __future__ import annotations

import importlib
from io import StringIO
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import FieldError
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from agents.models import AuditEntry
from routing.enums import MessageState, RequestState
from routing.models import CarrierAccount, CarrierRequest
from routing.services.delivery import deliver_message
from smsdesk.lib import clock
from smsdesk.lib.sealed import Lost, seal, unseal
from tests.factories import AccountFactory, AgentFactory, MessageFactory, active_interaction
from tests.routing.test_webhooks import FORM, signed
from tests.support.admin_forms import untouched
from tests.support.door import call

OLD, NEW = "o" * 32, "n" * 32


def stored_token(account) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT auth_token FROM routing_carrieraccount WHERE id = %s", [account.pk])
        return cursor.fetchone()[0]


@pytest.fixture
def lost(settings, db):
    """An account whose key is gone."""
    settings.SEALING_KEYS = [OLD]
    account = AccountFactory(name="Ours", auth_token="t0ken")
    settings.SEALING_KEYS = [NEW]
    account.refresh_from_db()
    return account


@given(st.text())
def test_what_is_sealed_is_opened(text):
    assert unseal(seal(text)) == text


def test_the_database_holds_no_token(db):
    account = AccountFactory(auth_token="t0ken")

    assert "t0ken" not in stored_token(account)
    account.refresh_from_db()
    assert account.auth_token == "t0ken"


def test_nothing_is_found_by_a_secret(db):
    with pytest.raises(FieldError):
        CarrierAccount.objects.filter(auth_token="t0ken").exists()


def test_tokens_that_were_there_are_sealed_by_the_migration(db):
    account = AccountFactory()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE routing_carrieraccount SET auth_token = 'pl4in'")
    migration = importlib.import_module("routing.migrations.0005_sealed_tokens")

    migration.change_all(seal)(None, SimpleNamespace(connection=connection))
    account.refresh_from_db()
    assert (account.auth_token, "pl4in" in stored_token(account)) == ("pl4in", False)

    migration.change_all(unseal)(None, SimpleNamespace(connection=connection))
    assert stored_token(account) == "pl4in"


def test_a_key_is_changed_without_a_pause(settings, db):
    account = AccountFactory(auth_token="t0ken")  # by the desk's own key
    entries = AuditEntry.objects.count()
    for keys in ([OLD], [NEW, OLD]):
        settings.SEALING_KEYS = keys
        account.refresh_from_db()
        assert account.auth_token == "t0ken"
        call_command("reseal", stdout=StringIO())
    settings.SEALING_KEYS, settings.SECRET_KEY = [NEW], "another"

    account.refresh_from_db()
    assert account.auth_token == "t0ken"
    assert AuditEntry.objects.count() == entries


def test_resealing_says_what_no_key_opens_and_leaves_it(settings, lost):
    AccountFactory(name="Readable")
    out = StringIO()

    with pytest.raises(CommandError, match="No key opens the secrets of: Ours"):
        call_command("reseal", stdout=out)

    assert out.getvalue() == "Sealed anew: 1.\n"
    settings.SEALING_KEYS = [OLD]
    lost.refresh_from_db()
    assert lost.auth_token == "t0ken"


def test_a_lost_secret_is_empty_and_saved_as_it_is(settings, lost):
    assert (lost.auth_token, isinstance(lost.auth_token, Lost)) == ("", True)
    assert "SEALING_KEYS" in lost.why_unusable
    lost.save()

    settings.SEALING_KEYS = [OLD]
    lost.refresh_from_db()
    assert (lost.auth_token, lost.why_unusable) == ("t0ken", "")


def test_a_lost_token_is_said_in_the_admin_and_written_anew(client, lost):
    client.force_login(User.objects.create_superuser("supervisor"))
    address = reverse("admin:routing_carrieraccount_change", args=[lost.pk])
    page = client.get(address)
    form = untouched(page)
    refused = client.post(address, form | {"auth_token": ""})

    assert "An administrator puts the key back there" in page.text
    assert "An administrator puts the key back there" in refused.text
    assert client.post(address, form | {"auth_token": "a new one"}).status_code == 302
    lost.refresh_from_db()
    assert lost.auth_token == "a new one"


def test_nothing_is_sent_with_a_lost_token_and_the_agent_reads_why(lost):
    talk = active_interaction(AgentFactory(), channel__account=lost)
    message = MessageFactory(
        interaction=talk, author="AGENT", state=MessageState.QUEUED, due_at=clock.now()
    )

    assert deliver_message(message_id=message.pk, now=clock.now())

    message.refresh_from_db()
    assert message.state == MessageState.FAILED
    assert "cannot be read any more" in message.failure


@pytest.mark.django_db(transaction=True)
def test_with_a_lost_token_a_request_is_kept_and_neither_believed_nor_refused(settings):
    settings.SEALING_KEYS = [OLD]
    account = AccountFactory()
    settings.SEALING_KEYS = [NEW]
    path = account.inbound_path
    fields = list(FORM.items())
    account.auth_token = ""  # what a forger would sign with, who knows that it cannot be read

    ((status, _),) = call(path, urlencode(fields).encode(), headers=signed(account, path, fields))

    assert status == 503
    request = CarrierRequest.objects.get()
    assert request.state == RequestState.QUARANTINED
    assert "cannot be read any more" in request.note
