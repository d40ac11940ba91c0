"""8x8 Connect SMS API v1, over plain HTTP.

Facts are from developer.8x8.com/connect (send-sms-api-reference, inbound-sms, delivery receipts,
message status reference) and its OpenAPI description. Texts and receipts come in one shape, which
says in ``eventType`` what they are. It signs nothing: it comes with an Authorization header that
was agreed upon. A send has no idempotency key, and is never repeated blindly.
"""

from __future__ import annotations

import hmac
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlsplit

from routing.carriers.base import (
    BadSignature,
    Carrier,
    Check,
    Credential,
    DeliveryReceipt,
    InboundText,
    News,
    OutboundText,
    SendResult,
    Unreadable,
    Verdict,
    WebRequest,
)
from routing.carriers.eightxeight_errors import NOT_FOUND, REJECTED, SENTENCES
from routing.carriers.http import (
    NO_FILES,
    UNREADABLE,
    call,
    checked,
    document_of,
    explain,
    insist,
    posted,
    said,
    succeeded,
    trouble,
    within,
)
from routing.enums import MessageState
from smsdesk.lib.phone import with_plus
from smsdesk.lib.segments import plan

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import requests

    from routing.models import CarrierAccount

# What a header carries as it is, and nobody guesses.
GOOD_SECRET = re.compile(r"[!-~][ -~]{14,198}[!-~]")
# Longer texts are cut off, and sent.
MOST_PARTS = 10
ENCODINGS = {"GSM-7": "GSM7", "UCS-2": "UCS2"}
STATES = {
    "sent": MessageState.SENT,
    "delivered": MessageState.DELIVERED,
    "read": MessageState.DELIVERED,
    "rejected": MessageState.FAILED,
    "undelivered": MessageState.FAILED,
}
RECEIPT = "outbound_message_status_changed"
# Delivered, but only as far as the next operator.
TO_OPERATOR = "delivered_to_operator"
# Nobody has such a message: who asks for it is told so, if we are let in.
NO_MESSAGE = "00000000-0000-0000-0000-000000000000"


class EightXEight(Carrier):
    name = "8x8 Connect"
    proves_by_authorization = True
    base_url = "https://sms.8x8.com"
    credentials = (
        Credential("account_sid", "subaccount ID", "As it stands in 8x8 Connect."),
        Credential("auth_token", "API key", "Made in 8x8 Connect, under API keys."),
        Credential(
            "signing_secret",
            "authorization of webhooks",
            "Make one up: the word Bearer, a blank, and at least 32 letters and digits. At 8x8,"
            " make a webhook for this subaccount with our address for texts as its url and this,"
            " letter by letter, as its httpAuthorization (Webhooks Configuration API).",
        ),
        Credential(
            "previous_secret",
            "previous authorization of webhooks",
            "While you change the one above: this one still counts.",
            required=False,
        ),
        Credential(
            "base_url",
            "base URL",
            "https://sms.8x8.com, https://sms.us.8x8.com, https://sms.8x8.uk or https://sms.8x8.id,"
            " by the region of the account.",
        ),
    )

    def wrong(self, account: CarrierAccount) -> Mapping[str, str]:
        if GOOD_SECRET.fullmatch(account.signing_secret):
            return {}
        sentence = "Write at least 16 letters, digits and signs of English: it comes as a header."
        return {"signing_secret": sentence}

    def verify(self, request: WebRequest, account: CarrierAccount) -> None:
        """Compare the Authorization header, or our own proof in a receipt's address.

        8x8 does not say whether the header comes to an address that a send names, so that carries
        a proof of its own: of receipts of that one message, for an address is no secret.
        """
        for expected, given in _proofs(request, account):
            if hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace")):
                return
        raise BadSignature(
            "The Authorization header is missing or wrong. Check httpAuthorization of the webhook"
            " at 8x8."
        )

    def read(self, request: WebRequest) -> Sequence[News]:
        document = posted(request)
        namespace, kind = said(document, "namespace"), said(document, "eventType")
        insist({"namespace": namespace, "eventType": kind})
        if namespace != "SMS":  # messaging apps have the same types of events
            return []
        payload = within(document, "payload")
        if kind == "inbound_message_received":
            return [_text(payload)]
        return [_receipt(payload)] if kind == RECEIPT else []

    def send(self, text: OutboundText, account: CarrierAccount) -> SendResult:
        planned = plan(text.body)
        if planned.parts > MOST_PARTS:
            failure = (
                f"The text has {planned.parts} parts, and the carrier cuts it off behind"
                f" {MOST_PARTS}. Send it as several texts."
            )
            return SendResult(Verdict.REFUSED, failure=failure)
        if text.attachments:
            return NO_FILES
        message = {
            "source": text.sender,
            "destination": text.recipient,
            "text": text.body,
            "encoding": ENCODINGS[planned.encoding],
            "clientMessageId": text.reference,
            "dlrCallbackUrl": _receipts_address(text, account),
        }
        response = call("POST", _messages(account), json=message, headers=_credentials(account))
        return response if isinstance(response, SendResult) else _result_of(response)

    def check(self, account: CarrierAccount) -> Check:
        url = f"{_messages(account)}/{NO_MESSAGE}"
        return checked("GET", url, known_by=NOT_FOUND, headers=_credentials(account))


def _messages(account: CarrierAccount) -> str:
    subaccount = quote(account.account_sid, safe="")
    return f"{account.base_url}/api/v1/subaccounts/{subaccount}/messages"


def _credentials(account: CarrierAccount) -> dict[str, str]:
    return {"Authorization": f"Bearer {account.auth_token}"}


def _receipts_address(text: OutboundText, account: CarrierAccount) -> str:
    return f"{text.status_url}&proof={_proof(account.secrets[0], text.reference)}"


def _proof(secret: str, reference: str) -> str:
    return hmac.digest(secret.encode(), reference.encode("utf-8", "replace"), "sha256").hex()


def _proofs(request: WebRequest, account: CarrierAccount) -> Iterator[tuple[str, str]]:
    """What may prove a request, and what it came with instead."""
    query = parse_qs(urlsplit(request.urls[0]).query)
    [reference, proof] = [query.get(name, [""])[0] for name in ("message", "proof")]
    its_own = _is_receipt_of(request, reference)
    for secret in account.secrets:
        yield secret, request.headers.get("authorization", "")
        if its_own:
            yield _proof(secret, reference), proof


def _is_receipt_of(request: WebRequest, reference: str) -> bool:
    try:
        document = posted(request)
    except Unreadable:
        return False
    named = said(within(document, "payload"), "clientMessageId")
    return said(document, "eventType") == RECEIPT and named == reference


def _text(payload: Mapping[str, Any]) -> InboundText:
    insist({name: said(payload, name) for name in ("umid", "source", "destination")})
    body = said(payload, "body")
    return InboundText(
        sender=with_plus(said(payload, "source")),
        recipient=with_plus(said(payload, "destination")),
        body=body,
        carrier_message_id=said(payload, "umid")[:80],
        repaired=body != (payload.get("body") or ""),
    )


def _receipt(payload: Mapping[str, Any]) -> DeliveryReceipt:
    told = within(payload, "status")
    status, detail = said(told, "state"), said(told, "detail")
    insist({"umid": said(payload, "umid"), "state": status})
    state = STATES.get(status)
    if state is MessageState.DELIVERED and detail == TO_OPERATOR:
        state = MessageState.SENT
    code = said(told, "errorCode")[:20]
    failed = state is MessageState.FAILED
    return DeliveryReceipt(
        carrier_message_id=said(payload, "umid")[:80],
        status=f"{status} {detail}".strip()[:40],
        state=state,
        error_code=code,
        failure=explain(SENTENCES, code, said(told, "errorMessage")) if failed else "",
        reference=said(payload, "clientMessageId"),
    )


def _result_of(response: requests.Response) -> SendResult:
    """What an answer says; one of 200 may still say that the text was rejected."""
    document = document_of(response)
    if not succeeded(response):
        code = said(document, "code")[:20]
        return trouble(response, code=code) or SendResult(
            Verdict.REFUSED,
            error_code=code or str(response.status_code),
            failure=explain(SENTENCES, code, said(document, "message")),
        )
    status = within(document, "status")
    umid = said(document, "umid")[:80]
    if said(status, "code") == REJECTED:
        failure = explain({}, "", said(status, "description"))
        return SendResult(Verdict.REFUSED, umid, error_code=REJECTED, failure=failure)
    queued = umid and said(status, "code") == "QUEUED"
    return SendResult(Verdict.TAKEN, carrier_message_id=umid) if queued else UNREADABLE
