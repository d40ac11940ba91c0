"""The carrier's own address: what the desk's Twilio adapter sends to."""

from __future__ import annotations

import asyncio
import base64
import binascii
from http import HTTPStatus
from typing import TYPE_CHECKING

from asgiref.sync import sync_to_async
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from smsdesk.handset import services
from smsdesk.handset.twilio_wire import WireError
from smsdesk.lib import clock

if TYPE_CHECKING:
    from smsdesk.handset.services import Acceptance


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
@require_POST
async def create_message(request: HttpRequest, account_sid: str) -> HttpResponse:
    """POST …/Messages.json. The text is taken before the answer is held back, as at a real carrier.

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
    accepted = services.accept_message(account=account, form=request.POST.dict(), now=clock.now())
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
