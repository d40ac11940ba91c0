"""Carriers' requests: verified, stored, answered; everything else happens behind them.

A thin ASGI route beside Django with one kept pool: several times faster than any view, and it
answers while Redis is frozen. ``/carriers/<account key>/inbound`` and ``…/status``, by POST, and by
GET where a carrier's requests come so.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

import psycopg
from django.conf import settings
from django.db import connection
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from routing import tasks
from routing.carriers.base import Answer, BadSignature, WebRequest, carrier
from routing.enums import RequestKind, RequestState
from routing.models import CarrierAccount
from smsdesk.lib.sealed import unseal
from smsdesk.lib.tasks import ring

if TYPE_CHECKING:
    from datetime import datetime

    from asgiref.typing import (
        ASGIReceiveCallable,
        ASGISendCallable,
        HTTPScope,
        Scope,
    )

    from routing.carriers.base import Carrier

logger = logging.getLogger(__name__)

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
PATH = re.compile(rf"/carriers/({UUID})/(inbound|status)")
KINDS = {"inbound": RequestKind.INBOUND, "status": RequestKind.STATUS}
ACCOUNT_SECONDS = 5.0  # how long an account's row is remembered
RING_SECONDS = 0.01  # how often a burst rings: a ring costs as much as storing a text
SECRETS = ("auth_token", "signing_secret", "previous_secret")
NOT_STORED = frozenset({"authorization"})  # a password, verified with and then forgotten
NOT_KEPT = "not-kept"
STRANGERS_BYTES = 4096
STORE_SECONDS = 3.0  # longer than this PostgreSQL may not take; the carrier tries again
TOO_LARGE = Answer(413, "text/plain", b"The body is over 256 KB; its beginning was kept.")
TOO_SLOW = Answer(408, "text/plain", b"The body did not arrive in time.")
FORBIDDEN = Answer(403, "text/plain", b"The request is not proven to be the carrier's.")
METHODS = {"GET", "POST"}
NOT_ALLOWED = Answer(405, "text/plain", b"The carrier of this address does not ask in this way.")
NOT_NOW = Answer(503, "text/plain", b"The text could not be stored. Please send it again.")

INSERT = """
INSERT INTO routing_carrierrequest
    (account_id, kind, method, url, headers, body, received_at, state, note, attempts, due_at)
VALUES (%s, %s, %s, %s, %s, %s, clock_timestamp(), %s, %s, 0,
        CASE WHEN %s THEN clock_timestamp() END)
"""
SELECT = """
SELECT id, name, carrier, key, account_sid, options,
       auth_token, signing_secret, previous_secret, clock_timestamp() AS now
FROM routing_carrieraccount WHERE key = %s
"""


@dataclass(frozen=True)
class Judged:
    """A request, and what is to be stored and answered for it."""

    account_id: int | None
    state: RequestState
    note: str
    answer: Answer
    passwords: frozenset[str] = NOT_STORED


class Webhooks:
    """ASGI: serves the carriers' paths and hands everything else to ``otherwise``."""

    # Any: the stubs of Django and of asgiref do not agree on what an ASGI application is.
    def __init__(self, otherwise: Any) -> None:
        self.otherwise = otherwise
        self.pool: AsyncConnectionPool[Any] | None = None
        self.accounts: dict[str, tuple[float, CarrierAccount]] = {}
        self.clock: tuple[float, datetime] | None = None  # when we last looked, and what it said
        self.rings_at = 0.0  # when the last ring was, or the next one will be

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        match = PATH.fullmatch(scope["path"]) if scope["type"] == "http" else None
        if match is None:
            await self.otherwise(scope, receive, send)
            return
        assert scope["type"] == "http"
        await _reply(send, await self.answer(scope, receive, match[1], KINDS[match[2]]))

    async def answer(
        self, scope: HTTPScope, receive: ASGIReceiveCallable, key: str, kind: RequestKind
    ) -> Answer:
        """Store the request and say what the carrier counts as success, or as a reason to retry."""
        if scope["method"] not in METHODS:
            return NOT_ALLOWED
        try:
            async with asyncio.timeout(settings.WEBHOOK_BODY_SECONDS):
                body, whole = await _read(receive)
        except TimeoutError:
            return TOO_SLOW
        request = WebRequest(_urls(scope), _headers(scope), body, scope["method"], kind)
        try:
            async with asyncio.timeout(STORE_SECONDS):
                judged = await self.judge(request, key, whole=whole)
                if judged.state is not RequestState.REFUSED:
                    await self.store(request, judged)
        except (TimeoutError, psycopg.OperationalError, PoolTimeout) as error:
            logger.warning("A carrier's request could not be stored: %r", error)
            return NOT_NOW
        if judged.state is RequestState.STORED:
            self.ring_soon()
        return judged.answer

    def ring_soon(self) -> None:
        """Ring for what was stored: at once, but in a burst only once in RING_SECONDS."""
        moment = time.monotonic()
        if self.rings_at > moment:
            return  # on its way, and behind our commit
        wait = self.rings_at + RING_SECONDS - moment
        if wait <= 0:
            self.rings_at = moment
            ring(tasks.handle_requests)
        else:
            self.rings_at = moment + wait
            asyncio.get_running_loop().call_later(wait, ring, tasks.handle_requests)

    async def judge(self, request: WebRequest, key: str, *, whole: bool) -> Judged:
        """Whether the request is the carrier's, and of a size we read."""
        account = await self.account(key)
        if account is None:
            return Judged(None, RequestState.QUARANTINED, "No account has this address.", FORBIDDEN)
        request = replace(request, received_at=self.now())
        adapter = carrier(account.carrier)
        not_kept = _answer_unkept(request, adapter)
        if not_kept is not None:
            return Judged(account.pk, RequestState.REFUSED, "", not_kept)
        passwords = adapter.passwords(account)
        if not whole:
            note = "The body is over 256 KB; only its beginning is here."
            # Half a body proves nothing: it must not be handled again as if it were the carrier's.
            return Judged(account.pk, RequestState.QUARANTINED, note, TOO_LARGE, passwords)
        if account.why_unusable:
            account = await self.account(key, fresh=True) or account
        if account.why_unusable:
            # Neither proven nor refuted: the carrier may try again until somebody has seen to it.
            note = account.why_unusable
            return Judged(account.pk, RequestState.QUARANTINED, note, NOT_NOW, passwords)
        try:
            adapter.verify(request, account)
        except BadSignature:
            # The auth token may have been changed since we last looked.
            account = await self.account(key, fresh=True) or account
            try:
                adapter.verify(request, account)
            except BadSignature as error:
                note = str(error)
                passwords |= adapter.passwords(account)
                return Judged(account.pk, RequestState.QUARANTINED, note, FORBIDDEN, passwords)
        return Judged(account.pk, RequestState.STORED, "", adapter.success(account), passwords)

    async def account(self, key: str, *, fresh: bool = False) -> CarrierAccount | None:
        """The account of a webhook address, remembered for a few seconds."""
        known = self.accounts.get(key)
        if known and not fresh and known[0] > time.monotonic():
            return known[1]
        pool = await self.connections()
        async with pool.connection() as conn:
            cursor = conn.cursor(row_factory=dict_row)
            row = await (await cursor.execute(SELECT, [key])).fetchone()
        if row is None:
            return None
        self.clock = (time.monotonic(), row.pop("now"))
        account = CarrierAccount(**row)
        for secret in SECRETS:
            setattr(account, secret, unseal(row[secret]))
        self.accounts[key] = (time.monotonic() + ACCOUNT_SECONDS, account)
        return account

    def now(self) -> datetime:
        """The database's clock without a query: as it was when an account was last looked up."""
        assert self.clock is not None
        looked_at, moment = self.clock
        return moment + timedelta(seconds=time.monotonic() - looked_at)

    async def store(self, request: WebRequest, judged: Judged) -> None:
        """Insert the raw request, durably, before it is answered."""
        pool = await self.connections()
        values = (
            judged.account_id,
            request.kind.value,
            request.method,
            _without(judged.passwords, request.urls[0]),
            json.dumps(
                {
                    name: said
                    for name, said in request.headers.items()
                    if name not in judged.passwords
                }
            ),
            # Of a stranger's request the beginning is enough to see what it is.
            request.body if judged.account_id else request.body[:STRANGERS_BYTES],
            judged.state.value,
            judged.note,
            judged.state is RequestState.STORED,
        )
        async with pool.connection() as conn:
            await conn.execute(INSERT, values)

    async def connections(self) -> AsyncConnectionPool[Any]:
        """The pool of this process, opened on first use, inside its loop."""
        if self.pool is None:
            params = {**connection.get_connection_params(), "autocommit": True}
            for django_only in ("cursor_factory", "context", "pool"):
                params.pop(django_only, None)
            self.pool = AsyncConnectionPool(
                kwargs=params,
                min_size=1,
                max_size=8,
                timeout=STORE_SECONDS,
                check=AsyncConnectionPool.check_connection,
                open=False,
            )
            await self.pool.open()
        return self.pool


def _answer_unkept(request: WebRequest, adapter: Carrier) -> Answer | None:
    """The answer to a request that is not worth keeping; None for any other."""
    if request.method not in adapter.methods:
        return NOT_ALLOWED
    says_nothing = not request.body and "?" not in request.urls[0]
    return adapter.stored if says_nothing and adapter.tries_address else None


async def _read(receive: ASGIReceiveCallable) -> tuple[bytes, bool]:
    """The body, and whether it is all of it: reading stops behind the largest size we take."""
    parts: list[bytes] = []
    size = 0
    while True:
        event = await receive()
        if event["type"] != "http.request":
            raise TimeoutError
        parts.append(event.get("body", b""))
        size += len(parts[-1])
        if size > settings.WEBHOOK_MAX_BYTES:
            return b"".join(parts)[: settings.WEBHOOK_MAX_BYTES], False
        if not event.get("more_body", False):
            return b"".join(parts), True


def _urls(scope: HTTPScope) -> tuple[str, ...]:
    """The request's address as carriers may know it: by our public name, or as they called it."""
    query = scope["query_string"].decode("ascii", "replace").replace("\x00", "")
    tail = scope["path"] + (f"?{query}" if query else "")
    host = _headers(scope).get("host", "")
    called = f"{scope.get('scheme', 'http')}://{host}{tail}"
    return (settings.PUBLIC_URL + tail, called) if settings.PUBLIC_URL else (called,)


def _without(passwords: frozenset[str], url: str) -> str:
    """The address with other words in the place of passwords."""
    address, mark, query = url.partition("?")
    if not mark or passwords == NOT_STORED:
        return url
    pieces = []
    for piece in query.split("&"):
        name, _, _ = piece.partition("=")
        hidden = unquote_plus(name).lower() in passwords
        pieces.append(f"{name}={NOT_KEPT}" if hidden else piece)
    return f"{address}?{'&'.join(pieces)}"


def _headers(scope: HTTPScope) -> dict[str, str]:
    return {
        name.decode("latin-1").lower(): value.decode("latin-1").replace("\x00", "")
        for name, value in scope["headers"]
    }


async def _reply(send: ASGISendCallable, answer: Answer) -> None:
    headers = [
        (b"content-type", answer.content_type.encode()),
        (b"content-length", str(len(answer.body)).encode()),
    ]
    await send(
        {
            "type": "http.response.start",
            "status": answer.status,
            "headers": headers,
            "trailers": False,
        }
    )
    await send({"type": "http.response.body", "body": answer.body, "more_body": False})
