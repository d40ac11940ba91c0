"""What load balancers and monitoring ask: /health/live, /health/ready, /metrics."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import OperationalError, connection

from routing.enums import MessageState, RequestKind, RequestState
from routing.models import CarrierRequest
from smsdesk.lib import clock
from tests.factories import AccountFactory, InteractionFactory, MessageFactory

TOKEN = "for-the-monitoring-only"


@pytest.fixture
def figures(client, settings):
    """``figures()["smsdesk_outbox"]``."""
    settings.METRICS_TOKEN = TOKEN

    def figures():
        answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200
        return {
            name: float(value)
            for name, value in re.findall(r"^(smsdesk.*) (\S+)$", answer.text, re.MULTILINE)
        }

    return figures


def test_a_process_lives_whatever_becomes_of_its_servers(client):
    assert client.get("/health/live").json() == {"status": "live"}


@pytest.mark.django_db
def test_it_is_ready_by_any_address_and_without_tls(client, settings):
    settings.SECURE_SSL_REDIRECT = True

    answer = client.get("/health/ready", headers={"host": "10.1.2.3:8000"})

    assert answer.status_code == 200
    assert answer.json() == {"status": "ready", "postgresql": "ok", "redis": "ok"}


@pytest.mark.django_db
def test_without_redis_it_serves_on_and_says_so(client, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    answer = client.get("/health/ready")

    assert (answer.status_code, answer.json()["redis"]) == (200, "does not answer")


@pytest.mark.django_db
def test_without_postgresql_it_is_not_ready(client, settings, monkeypatch):
    settings.METRICS_TOKEN = TOKEN

    def gone(*_: object) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(connection, "cursor", gone)

    assert client.get("/health/ready").status_code == 503
    shown = {"Authorization": f"Bearer {TOKEN}"}
    assert client.get("/metrics", headers=shown).status_code == 503


@pytest.mark.parametrize(
    ("token", "shown", "status"),
    [
        ("", "Bearer ", 404),
        (TOKEN, "", 401),
        (TOKEN, "Bearer no", 401),
        (TOKEN, "é", 401),
    ],
)
def test_metrics_are_for_whoever_has_the_token(client, settings, token, shown, status):
    settings.METRICS_TOKEN = token

    assert client.get("/metrics", headers={"Authorization": shown}).status_code == status


@pytest.mark.django_db
def test_figures_of_an_idle_desk_are_all_there_and_zero(figures):
    found = figures()

    assert found.pop("smsdesk_redis_up") == 1
    assert set(found.values()) == {0}
    assert len(found) > 10


@pytest.mark.django_db
def test_figures_tell_what_waits_and_since_when(figures):
    now = clock.now()
    long_ago = now - timedelta(minutes=5)
    waiting = InteractionFactory(channel__queue__name='The "best"', queued_at=long_ago)
    MessageFactory(interaction=waiting, state=MessageState.QUEUED, due_at=long_ago)
    for state, due_at in ((RequestState.STORED, long_ago), (RequestState.QUARANTINED, None)):
        CarrierRequest.objects.create(
            account=AccountFactory(),
            kind=RequestKind.INBOUND,
            received_at=long_ago,
            state=state,
            due_at=due_at,
        )

    found = figures()

    assert found[r'smsdesk_waiting{queue="The \"best\""}'] == 1
    for late in (
        r'smsdesk_waiting_oldest_seconds{queue="The \"best\""}',
        "smsdesk_outbox_late_seconds",
        "smsdesk_requests_late_seconds",
    ):
        assert 300 <= found[late] < 400
    assert found['smsdesk_conversations{state="queued"}'] == 1
    assert found["smsdesk_outbox"] == found["smsdesk_requests_stored"] == 1
    assert found["smsdesk_requests_quarantined"] == 1


@pytest.mark.django_db
def test_figures_cost_the_same_however_much_waits(figures, django_assert_num_queries):
    queries = 10
    with django_assert_num_queries(queries):
        figures()
    for _ in range(3):
        MessageFactory(interaction=InteractionFactory(), state=MessageState.QUEUED)
    with django_assert_num_queries(queries):
        figures()
