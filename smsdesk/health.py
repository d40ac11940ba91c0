"""What machines ask a web process: whether it lives, whether it can serve, and how the desk does.

Answered before everything else, so that a load balancer may ask by address and without TLS.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

import redis
from django.conf import settings
from django.db import Error, connection
from django.http import HttpResponse, HttpResponseNotFound, JsonResponse
from psycopg_pool import PoolTimeout

from routing.selectors.vitals import Vital, vitals
from smsdesk.lib import clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from django.http import HttpRequest

REDIS_SECONDS = 0.5
SERVICE_UNAVAILABLE = 503
UNAUTHORIZED = 401


class HealthMiddleware:
    """Serves ``/health/live``, ``/health/ready`` and ``/metrics``."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = ANSWERS.get(request.path)
        return answer(request) if answer else self.get_response(request)


def live(_: HttpRequest) -> HttpResponse:
    """The process answers. It looks at nothing else: a restart would mend nothing else."""
    return JsonResponse({"status": "live"})


def ready(_: HttpRequest) -> HttpResponse:
    """It can serve: PostgreSQL answers. Redis is named only: without it pages are served, too."""
    parts = {"postgresql": _database_answers(), "redis": _redis_answers()}
    said = {name: "ok" if answers else "does not answer" for name, answers in parts.items()}
    if parts["postgresql"]:
        return JsonResponse({"status": "ready", **said})
    return JsonResponse({"status": "not ready", **said}, status=SERVICE_UNAVAILABLE)


def metrics(request: HttpRequest) -> HttpResponse:
    """The figures in Prometheus' text format, for whoever shows METRICS_TOKEN."""
    if not settings.METRICS_TOKEN:
        return HttpResponseNotFound("Set METRICS_TOKEN to serve metrics.\n", "text/plain")
    shown = request.headers.get("Authorization", "")
    wanted = f"Bearer {settings.METRICS_TOKEN}"
    if not hmac.compare_digest(shown.encode(), wanted.encode()):
        return HttpResponse(
            "Send METRICS_TOKEN as a bearer token.\n", "text/plain", status=UNAUTHORIZED
        )
    try:
        found = vitals(clock.now())
    except (Error, PoolTimeout):
        return HttpResponse(
            "PostgreSQL does not answer.\n", "text/plain", status=SERVICE_UNAVAILABLE
        )
    up = Vital("redis_up", "1 where Redis answers this process.", float(_redis_answers()))
    return HttpResponse(_written([*found, up]), "text/plain; version=0.0.4; charset=utf-8")


ANSWERS = {"/health/live": live, "/health/ready": ready, "/metrics": metrics}


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (Error, PoolTimeout):
        return False
    return True


def _redis_answers() -> bool:
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS
        ) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def _written(found: Iterable[Vital]) -> str:
    lines, before = [], ""
    for name, means, value, of in found:
        if name != before:
            lines += [f"# HELP smsdesk_{name} {means}", f"# TYPE smsdesk_{name} gauge"]
            before = name
        label = f'{{{of[0]}="{_escaped(of[1])}"}}' if of else ""
        lines.append(f"smsdesk_{name}{label} {value:g}")
    return "\n".join(lines) + "\n"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
