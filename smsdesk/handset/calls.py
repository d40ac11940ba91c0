"""The webhooks the carrier calls: signed, over real HTTP, tried once more like Twilio's own."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import requests
from django.db import transaction

from smsdesk.handset import selectors, twilio_wire
from smsdesk.handset.models import LADDER, Call, Direction, Status, Text
from smsdesk.lib.tasks import ring

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

logger = logging.getLogger(__name__)

# Twilio's connection overrides: ct 5 s, rt 15 s, rc one retry.
CONNECT_SECONDS = 5
READ_SECONDS = 15
ATTEMPTS = 2
RETRY_AFTER = timedelta(seconds=1)
UNDERWAY = timedelta(seconds=CONNECT_SECONDS + READ_SECONDS + 1)
# A due call nobody made for so long has lost its doorbell.
OVERDUE_AFTER = timedelta(seconds=2)
# A worker's clock may be a little ahead of the database's.
EARLY_BY = timedelta(seconds=1)
AT_ONCE = 8
RETRIEVAL_FAILURE = "11200"  # Twilio's code for a webhook that was not answered well
OK = range(200, 300)
SERVER_ERRORS = range(500, 600)
NO_ANSWER = 0


def schedule(calls: Sequence[Call]) -> None:
    """Store calls and ring for each at its time, once the transaction has committed."""
    Call.objects.bulk_create(calls)
    transaction.on_commit(partial(_ring, calls))


def ring_overdue(*, now: datetime) -> None:
    """Ring again for calls whose doorbell was lost (Redis wiped, worker killed)."""
    overdue = Call.objects.filter(done_at__isnull=True, due_at__lt=now - OVERDUE_AFTER)
    for call_id in overdue.order_by("due_at", "id").values_list("id", flat=True)[:100]:
        ring(_make_call_task(), call_id=call_id)


def make_calls(call_ids: Iterable[int], *, now: datetime) -> None:
    """Make these calls, several at once. A call another worker makes or made is left alone."""
    rows = Call.objects.filter(
        pk__in=list(call_ids), done_at__isnull=True, due_at__lte=now + EARLY_BY
    )
    claimed = [call for call in rows.select_related("text").order_by("id") if _claim(call, now=now)]
    posted = [(call, _token_of(call)) for call in claimed]
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="handset") as pool:
        answers = list(pool.map(lambda pair: _post(*pair), posted))
    for call, answer in zip(claimed, answers, strict=True):
        _note_answer(call, answer=answer, now=now)


def _ring(calls: Sequence[Call]) -> None:
    for call in calls:
        ring(_make_call_task(), eta=call.due_at, call_id=call.pk)


def _make_call_task() -> object:
    from smsdesk.handset.tasks import make_call  # noqa: PLC0415 - tasks import this module

    return make_call


def _claim(call: Call, *, now: datetime) -> bool:
    """Exactly one worker gets an attempt; it is not overdue while that attempt may last."""
    mine = Call.objects.filter(pk=call.pk, done_at__isnull=True, attempts=call.attempts).update(
        attempts=call.attempts + 1, due_at=now + UNDERWAY
    )
    call.attempts += mine
    return bool(mine)


def _token_of(call: Call) -> str:
    """The account's auth token, as the desk has it now: the two share one secret."""
    account = selectors.account_of(call.params["AccountSid"]) if call.url else None
    return account.auth_token if account else ""


def _post(call: Call, auth_token: str) -> int:
    """Post one webhook; the HTTP status, 204 where nobody asked for it, 0 for no answer."""
    if not call.url:
        return 204
    signature = twilio_wire.signature(auth_token=auth_token, url=call.url, params=call.params)
    try:
        # No session: a proxy of the environment must not stand between two local processes.
        with requests.Session() as session:
            session.trust_env = False
            answer = session.post(
                call.url,
                data=call.params,
                headers={
                    "X-Twilio-Signature": signature,
                    "I-Twilio-Idempotency-Token": str(call.token),
                    "User-Agent": "TwilioProxy/1.1",
                },
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
            )
    except requests.RequestException as error:
        logger.warning("Nobody answered %s: %s", call.url, error)
        return NO_ANSWER
    return answer.status_code


def _note_answer(call: Call, *, answer: int, now: datetime) -> None:
    went_well = answer in OK
    may_recover = answer == NO_ANSWER or answer in SERVER_ERRORS
    try_again = may_recover and call.attempts < ATTEMPTS
    if try_again:
        due_at = now + RETRY_AFTER
        Call.objects.filter(pk=call.pk).update(answer=answer or None, due_at=due_at)
        ring(_make_call_task(), eta=due_at, call_id=call.pk)
    else:
        Call.objects.filter(pk=call.pk).update(answer=answer or None, done_at=now)
    if call.text.direction == Direction.RECEIVED:
        _climb(call.text_id, status=Status(call.status), error_code=call.error_code)
    elif went_well:
        _climb(call.text_id, status=Status.DELIVERED, error_code="")
    elif not try_again:
        _climb(call.text_id, status=Status.FAILED, error_code=RETRIEVAL_FAILURE)


def _climb(text_id: int, *, status: Status, error_code: str) -> None:
    lower = [rung for rung, height in LADDER.items() if height < LADDER[status]]
    Text.objects.filter(pk=text_id, status__in=lower).update(status=status, error_code=error_code)
