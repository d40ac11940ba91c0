"""Kannel 1.4, a gateway of one's own to any operator over SMPP.

Facts are from its user guide and from running it. It asks by GET, with a password in the address of
``get-url``, and knows no id of a text it took: ours comes back in the receipts. Its configuration
is in deploy/kannel/.
"""

from __future__ import annotations

import base64
import hmac
import re
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

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
from routing.carriers.http import (
    NO_FILES,
    UNREADABLE,
    call,
    explain,
    insist,
    readable,
    succeeded,
    trouble,
)
from routing.carriers.kannel_errors import SENTENCES, code_in
from routing.enums import MessageState, RequestKind
from smsdesk.lib.phone import with_plus
from smsdesk.lib.segments import plan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from routing.models import CarrierAccount

MOST_FIELDS = 100
# What may stand in an address before the @ as it is: Kannel does not decode it there.
PLAIN_SECRET = re.compile(r"[A-Za-z0-9._~-]{16,}")
BINARY = "1"
# %b: the other spelling of the text, %a, loses line breaks and blanks.
GET_URL_FIELDS = "id=%I&from=%p&to=%P&text=%b&charset=%C&coding=%c"
CHARSETS = {"UTF-16BE": "utf-16-be", "WINDOWS-1252": "cp1252", "ISO-8859-1": "latin-1"}
# The types of a receipt; dlr-mask asks for all of them.
ALL_RECEIPTS = "31"
STATES = {
    "1": MessageState.DELIVERED,
    "2": MessageState.FAILED,
    "4": None,  # the operator keeps it for later
    "8": MessageState.SENT,
    "16": MessageState.FAILED,
}


class Kannel(Carrier):
    name = "Kannel"
    proves_by_authorization = True
    base_url = "http://127.0.0.1:13013"
    credentials = (
        Credential("account_sid", "user name", "Of the group sendsms-user."),
        Credential("auth_token", "password", "Of the group sendsms-user."),
        Credential(
            "signing_secret",
            "password for requests",
            "Kannel shows it when it asks us: in get-url, write the user name, a colon, this"
            " password and an @ in front of our host. At least 16 letters and digits.",
        ),
        Credential(
            "previous_secret",
            "previous password for requests",
            "While you change the one above: this one still counts.",
            required=False,
        ),
        Credential("base_url", "base URL", "Where smsbox listens: its sendsms-port."),
    )
    methods = frozenset({"GET"})

    def wrong(self, account: CarrierAccount) -> Mapping[str, str]:
        if PLAIN_SECRET.fullmatch(account.signing_secret):
            return {}
        return {
            "signing_secret": "Write at least 16 letters and digits, without blanks and signs: the"
            " password stands in an address."
        }

    def address(self, url: str, account: CarrierAccount) -> str:
        """The get-url of its group sms-service, but for the password."""
        parts = urlsplit(url)
        host = f"{account.account_sid}:PASSWORD@{parts.netloc}"
        return f"{parts._replace(netloc=host).geturl()}?{GET_URL_FIELDS}"

    def verify(self, request: WebRequest, account: CarrierAccount) -> None:
        """Compare the password, which comes as HTTP basic authentication."""
        given = request.headers.get("authorization", "")
        if not given:
            raise BadSignature(
                "The password is missing. Write it in front of our host in get-url of Kannel."
            )
        for secret in account.secrets:
            expected = f"Basic {_basic(account.account_sid, secret)}"
            if hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace")):
                return
        raise BadSignature(
            "The password does not match. Check user name and password in get-url of Kannel."
        )

    def read(self, request: WebRequest) -> list[News]:
        fields = _fields(request)
        return [_receipt(fields) if request.kind is RequestKind.STATUS else _text(fields)]

    def send(self, text: OutboundText, account: CarrierAccount) -> SendResult:
        """By POST, so that the password is in no access log.

        Without a coding, Kannel would put a question mark for what GSM-7 lacks, and say nothing.
        """
        if text.attachments:
            return NO_FILES
        address = urlsplit(text.status_url)
        secret = account.secrets[0]
        callback = address._replace(
            netloc=f"{account.account_sid}:{secret}@{address.netloc}",
            query=f"{address.query}&type=%d&answer=%A",
        )
        response = call(
            "POST",
            f"{account.base_url}/cgi-bin/sendsms",
            data=text.body.encode(),
            headers={
                **_credentials(account),
                "Content-Type": "text/plain; charset=UTF-8",
                "X-Kannel-From": text.sender,
                "X-Kannel-To": text.recipient,
                "X-Kannel-Coding": "0" if plan(text.body).encoding == "GSM-7" else "2",
                "X-Kannel-DLR-Mask": ALL_RECEIPTS,
                "X-Kannel-DLR-Url": callback.geturl(),
            },
        )
        if isinstance(response, SendResult):
            return response
        if response.status_code == HTTPStatus.ACCEPTED:
            return SendResult(Verdict.TAKEN, carrier_message_id=text.reference)
        if succeeded(response):  # no answer of Kannel's
            return UNREADABLE
        said = readable(response.text.strip())[:200]
        return trouble(response) or SendResult(
            Verdict.REFUSED,
            error_code=str(response.status_code),
            failure=REFUSALS.get(response.status_code, f"The gateway refused the text: {said}."),
        )

    def check(self, account: CarrierAccount) -> Check:
        """Ask to send to nobody: who is let in is told that the receiver is missing."""
        url = f"{account.base_url}/cgi-bin/sendsms"
        response = call("POST", url, headers=_credentials(account))
        if isinstance(response, SendResult):
            return Check(works=False, sentence=f"{response.failure} Check the base URL.")
        if response.status_code == HTTPStatus.BAD_REQUEST and "receiver" in response.text:
            return Check(works=True, sentence="The gateway knows this user.")
        if response.status_code == HTTPStatus.FORBIDDEN:
            sentence = (
                "The gateway does not know this user name and password: see its group sendsms-user."
            )
            return Check(works=False, sentence=sentence)
        sentence = f"The answer was {response.status_code}: this is no smsbox. Check the base URL."
        return Check(works=False, sentence=sentence)


REFUSALS: dict[int, str] = {
    HTTPStatus.FORBIDDEN: "The gateway does not know our user name. Tell your supervisor.",
    HTTPStatus.NOT_FOUND: "The gateway's address is wrong. Tell your supervisor.",
}


def _basic(user: str, password: str) -> str:
    return base64.b64encode(f"{user}:{password}".encode()).decode()


def _credentials(account: CarrierAccount) -> dict[str, str]:
    return {"X-Kannel-Username": account.account_sid, "X-Kannel-Password": account.auth_token}


def _fields(request: WebRequest) -> dict[str, str]:
    """The query. What is in another charset is kept byte by byte, as lone surrogates."""
    try:
        return dict(
            parse_qsl(
                urlsplit(request.urls[0]).query,
                keep_blank_values=True,
                errors="surrogateescape",
                max_num_fields=MOST_FIELDS,
            )
        )
    except ValueError:
        raise Unreadable("The address cannot be read.") from None


def _text(fields: dict[str, str]) -> InboundText:
    insist({name: fields.get(name, "") for name in ("id", "from", "to")})
    if fields.get("coding") == BINARY:
        raise Unreadable("It is no text, but a binary message, such as phones send each other.")
    raw = fields.get("text", "").encode("utf-8", "surrogateescape")
    codec = CHARSETS.get(fields.get("charset", "").upper(), "utf-8")
    body = readable(raw.decode(codec, "replace"))
    return InboundText(
        sender=readable(with_plus(fields["from"])),
        recipient=readable(with_plus(fields["to"])),
        body=body,
        carrier_message_id=readable(fields["id"])[:80],
        repaired=body != raw.decode(codec, "ignore"),
    )


def _receipt(fields: dict[str, str]) -> DeliveryReceipt:
    insist({name: fields.get(name, "") for name in ("message", "type")})
    state = STATES.get(fields["type"])
    answer = readable(fields.get("answer", ""))
    failed = state is MessageState.FAILED
    code = code_in(answer) if failed else ""
    return DeliveryReceipt(
        carrier_message_id=readable(fields["message"])[:80],
        status=readable(f"type {fields['type']}")[:40],
        state=state,
        error_code=code[:20],
        failure=explain(SENTENCES, code) if failed else "",
    )
