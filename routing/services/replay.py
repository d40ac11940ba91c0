"""Carriers' requests read once more, and what came of each, told one by one (N15).

One that stands in quarantine is verified anew first: a secret, or our public address, may have
been wrong when it came. Nothing is done twice: what is here already is found to be.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction

from agents.services.audit import record_act
from routing.carriers.base import BadSignature, WebRequest, carrier
from routing.enums import RequestState
from routing.models import CarrierRequest
from routing.services.inbox import handle_request, replay_request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from django.contrib.auth.models import AnonymousUser, User
    from django.db.models import QuerySet

# So many are handled while somebody waits for the page; the rest is for the workers.
MOST_AT_ONCE = 200
NOT_PROVEN = "Nothing proves that it is the carrier's. Verify it again first."
NOT_KEPT = (
    "Its proof was a password, which is never kept. Ask the carrier to send the request again."
)
CUT_OFF = "Only its beginning was kept, which proves nothing."
NO_ACCOUNT = "No account has the address that it came to."
NO_QUARANTINE = "It does not stand in quarantine."


class Came(Enum):
    """What came of reading a request once more."""

    ANEW = "read anew"
    SAME = "same as before"
    REFUSED = "refused"
    WAITS = "waits for a worker"


@dataclass(frozen=True)
class Outcome:
    """What came of one request; ``why`` is a sentence, and mostly empty."""

    request: CarrierRequest
    came: Came
    why: str = ""


def handle_again(
    *, requests: QuerySet[CarrierRequest], actor: User | AnonymousUser, now: datetime
) -> list[Outcome]:
    """Read proven requests once more, in the order in which they came.

    Not in a transaction: each is handled in one of its own, as a worker would.
    """
    return list(_each(requests, "handled again", _take_up_again, actor, now))


def verify_again(
    *, requests: QuerySet[CarrierRequest], actor: User | AnonymousUser, now: datetime
) -> list[Outcome]:
    """Take those that are proven now out of quarantine, in the order in which they came.

    A text's time stays the time at which it came. Not in a transaction, either.
    """
    return list(_each(requests, "verified again", _take_if_proven, actor, now))


def _each(
    requests: QuerySet[CarrierRequest],
    act: str,
    take: Callable[[CarrierRequest, datetime], str],
    actor: User | AnonymousUser,
    now: datetime,
) -> Iterator[Outcome]:
    in_order = requests.order_by("received_at", "pk").select_related("account")
    for place, request in enumerate(in_order.iterator(chunk_size=200)):
        with transaction.atomic():
            refused = take(request, now)
            if not refused:
                record_act(actor=actor, act=act, subject=request, now=now)
        if refused:
            yield Outcome(request, Came.REFUSED, refused)
        elif place >= MOST_AT_ONCE:
            yield Outcome(request, Came.WAITS)
        else:
            handle_request(request_id=request.pk, now=now)
            request.refresh_from_db()
            yield outcome_of(request)


def outcome_of(request: CarrierRequest) -> Outcome:
    """What came of a request that was read just now."""
    came = {
        RequestState.HANDLED: Came.ANEW,
        RequestState.REPEATED: Came.SAME,
        RequestState.STORED: Came.WAITS,  # a worker has it, or it is tried once more
    }.get(RequestState(request.state), Came.REFUSED)
    return Outcome(request, came, request.note)


def _take_up_again(request: CarrierRequest, now: datetime) -> str:
    if request.account is None:
        return NO_ACCOUNT
    return "" if replay_request(request_id=request.pk, now=now) else NOT_PROVEN


def _take_if_proven(request: CarrierRequest, now: datetime) -> str:
    refused = why_not_proven(request)
    if refused:
        return refused
    taken = CarrierRequest.objects.filter(pk=request.pk, state=RequestState.QUARANTINED).update(
        state=RequestState.STORED, due_at=now, attempts=0, note=""
    )
    return "" if taken else NO_QUARANTINE


def why_not_proven(request: CarrierRequest) -> str:
    """Why a request in quarantine is not the carrier's by what we know now; empty where it is."""
    account = request.account
    if request.state != RequestState.QUARANTINED:
        return NO_QUARANTINE
    if account is None or account.carrier not in settings.CARRIERS:
        return NO_ACCOUNT
    if account.why_unusable:
        return account.why_unusable
    if len(request.body) >= settings.WEBHOOK_MAX_BYTES:
        return CUT_OFF
    adapter = carrier(account.carrier)
    stored = WebRequest.stored(request)
    try:
        urls = (*stored.urls, *_as_we_are_called_now(request))
        adapter.verify(replace(stored, urls=urls), account)
    except BadSignature as error:
        return str(error) if adapter.keeps_proof(account) else NOT_KEPT
    return ""


def _as_we_are_called_now(request: CarrierRequest) -> Iterator[str]:
    """The address that it came to, by our present public name."""
    if settings.PUBLIC_URL:
        parts = urlsplit(request.url)
        yield settings.PUBLIC_URL + parts.path + (f"?{parts.query}" if parts.query else "")
