"""The carrier's own address: what the desk's Twilio adapter sends to."""

from __future__ import annotations

import asyncio
import base64
import binascii
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from asgiref.sync import sync_to_async
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

from smsdesk.handset import runs, selectors, services, twilio_wire
from smsdesk.handset.models import Direction
from smsdesk.handset.twilio_wire import WireError
from smsdesk.lib import clock

if TYPE_CHECKING:
    from smsdesk.handset.services import Acceptance

USUAL_PAGE, LARGEST_PAGE = 50, 1000


@require_GET
def show_account(request: HttpRequest, account_sid: str) -> HttpResponse:
    """GET …/Accounts/{sid}.json: whether somebody's credentials are right."""
    username, password = _basic_auth(request)
    try:
        services.account_for(account_sid=account_sid, username=username, password=password)
    except WireError as error:
        return _refused(error)
    return JsonResponse({"sid": account_sid, "status": "active", "type": "Full"})


# A machine's door, with basic auth: there is no browser session that a forged form could ride on.
@csrf_exempt
@require_http_methods(["GET", "POST"])
async def messages(request: HttpRequest, account_sid: str) -> HttpResponse:
    """…/Messages.json: its list by GET, a text of the desk by POST."""
    if request.method == "GET":
        return await sync_to_async(_listed)(request, account_sid)
    return await _created(request, account_sid)


def _listed(request: HttpRequest, account_sid: str) -> HttpResponse:
    """The texts of the account, newest first, those too whose webhook was lost."""
    username, password = _basic_auth(request)
    try:
        account = services.account_for(
            account_sid=account_sid, username=username, password=password
        )
    except WireError as error:
        return _refused(error)
    asked = request.GET.dict()
    size = asked.get("PageSize", "")
    most = min(max(int(size), 1), LARGEST_PAGE) if size.isdecimal() else USUAL_PAGE
    texts, token = selectors.listed_texts(account, asked=asked, most=most)
    documents = [
        twilio_wire.message_document(
            sid=text.sid,
            account_sid=account_sid,
            to=text.recipient,
            sender=text.sender,
            body=text.body,
            at=text.at,
        )
        | twilio_wire.fate(
            inbound=text.direction == Direction.SENT,
            status=text.status,
            error_code=text.error_code,
            at=text.at,
        )
        for text in texts
    ]
    following = urlencode({**asked, "PageToken": token}) if token else ""
    return JsonResponse(
        twilio_wire.list_document(documents, account_sid=account_sid, following=following)
    )


async def _created(request: HttpRequest, account_sid: str) -> HttpResponse:
    """The text is taken before the answer is held back, as at a real carrier.

    Async only for the sake of that wait: no thread and no database connection is kept by it.
    """
    try:
        accepted = await sync_to_async(_accept)(request, account_sid)
    except WireError as error:
        return _refused(error)
    await asyncio.sleep(accepted.hold_seconds)
    return JsonResponse(accepted.document, status=201)


def _refused(error: WireError) -> HttpResponse:
    answer = JsonResponse(error.document(), status=error.status)
    if error.status == HTTPStatus.UNAUTHORIZED:
        answer["WWW-Authenticate"] = 'Basic realm="Twilio API"'
    return answer


def _accept(request: HttpRequest, account_sid: str) -> Acceptance:
    username, password = _basic_auth(request)
    account = services.account_for(account_sid=account_sid, username=username, password=password)
    now = clock.now()
    accepted = services.accept_message(
        account=account, form=request.POST.dict(), scenario=runs.behaviour(now), now=now
    )
    if not connection.in_atomic_block:
        connection.close()  # back to the pool while the answer waits
    return accepted


def _basic_auth(request: HttpRequest) -> tuple[str, str]:
    """User name and password; both empty where there are none."""
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        username, _, password = base64.b64decode(credentials).decode().partition(":")
    except (binascii.Error, ValueError):
        return "", ""
    return username, password
