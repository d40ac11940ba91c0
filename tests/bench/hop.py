"""The least a Celery task can do: note when it began. Loaded by the bench's worker."""

from __future__ import annotations

import time

import redis
from celery import shared_task
from django.conf import settings

KEY = "bench.hop"


@shared_task(name="bench.hop")
def hop() -> None:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.rpush(KEY, repr(time.time()))
