"""Any carrier with an HTTP interface, as a supervisor describes it in the account (A18).

What is described is in ``generic_description``. What a description does not tell is *unknown*, and
never repeated blindly.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlsplit

from routing.carriers.base import (
    Answer,
    BadSignature,
    Carrier,
    Check,
    DeliveryReceipt,
    InboundText,
    News,
    OutboundText,
    Part,
    SendResult,
    Unreadable,
    Verdict,
    WebRequest,
)
from routing.carriers.generic_description import (
    JSON,
    KINDS,
    LIST,
    OPTED_OUT,
    PART_FIELDS,
    QUERY,
    Description,
    Rule,
    described,
    filled,
)
from routing.carriers.generic_fields import CREDENTIALS
from routing.carriers.http import (
    NO_FILES,
    UNREADABLE,
    call,
    checked,
    explain,
    insist,
    readable,
    seconds,
    succeeded,
    trouble,
)
from routing.enums import MessageState, RequestKind
from smsdesk.lib.phone import with_plus
from smsdesk.lib.segments import plan

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import requests

    from routing.models import CarrierAccount

MOST_FIELDS = 100
MOST_ENTRIES = 1000
PRINTED = re.compile(r"[ -~]+")
PLAIN_SECRET = re.compile(r"[!-~]{16,}")
# Where a value stands in an answer, besides a path such as message.id.
IN_HEADER, BEHIND = "header ", "behind "
ALL_OF_IT, OUR_REFERENCE = "whole answer", "our reference"
BEHIND_ENDS = re.compile(r"[\s,;<]")
CONTENT_TYPES = {"{": "application/json", "<": "text/xml"}


class Generic(Carrier):
    name = "Generic HTTP"
    base_url = "https://carrier.example"
    methods = frozenset({"GET", "POST"})
    credentials = CREDENTIALS

    def wrong(self, account: CarrierAccount) -> Mapping[str, str]:
        found = described(account.options).wrong
        wrong = {f"options.{name}": sentence for name, sentence in found.items()}
        if not PRINTED.fullmatch(account.auth_token):
            wrong |= {"auth_token": "The secret has letters, digits and signs of English only."}
        if not PLAIN_SECRET.fullmatch(account.signing_secret):
            sentence = "Write at least 16 letters, digits and signs without blanks."
            wrong |= {"signing_secret": sentence}
        return wrong

    def passwords(self, account: CarrierAccount) -> frozenset[str]:
        description = described(account.options)
        passwords = super().passwords(account)
        if description.proof and not description.is_signed:
            passwords |= {description.proof_name.lower()}
        return passwords

    def keeps_proof(self, account: CarrierAccount) -> bool:
        return described(account.options).is_signed

    def success(self, account: CarrierAccount) -> Answer:
        words = described(account.options).answer
        return Answer(200, CONTENT_TYPES.get(words[:1], "text/plain"), words.encode())

    def verify(self, request: WebRequest, account: CarrierAccount) -> None:
        """Compare what stands where the description has the proof with what should stand there."""
        description = described(account.options)
        if not description.proof:
            raise BadSignature("The account does not describe how requests are proven.")
        if description.is_signed and request.method != "POST":
            raise BadSignature("The signature is over a body, and the request has none.")
        where = _query(request) if description.proof_by_query else request.headers
        given = where.get(description.proof_name, "").strip()
        if not given:
            raise BadSignature(f"The proof is missing: {readable(description.proof_name)[:40]}.")
        for secret in account.secrets:
            proof = {
                "secret": secret,
                "basic": _basic(account.account_sid, secret),
                "signature": signature(secret, request.body, description.digest),
            }
            expected = filled(description.proof, proof)
            if hmac.compare_digest(expected.encode(), given.encode("utf-8", "surrogatepass")):
                return
        raise BadSignature("The proof does not match. Check the account's secret of requests.")

    def read(self, request: WebRequest) -> list[News]:
        description = _usable(request.options)
        document = _document(request)
        receipts = request.kind is RequestKind.STATUS or _holds(description.receipt_when, document)
        if receipts and not description.receipt:
            raise Unreadable("The account does not describe the fields of a receipt.")
        if receipts:
            entries = _entries(document, description.receipt.get(LIST, ""))
            return [_receipt(each, description) for each in entries]
        entries = _entries(document, description.text.get(LIST, ""))
        return [_text(each, description.text) for each in entries]

    def send(self, text: OutboundText, account: CarrierAccount) -> SendResult:
        description = described(account.options)
        if description.wrong or not PRINTED.fullmatch(account.auth_token):
            failure = "The account's description has a mistake. Tell your supervisor."
            return SendResult(Verdict.REFUSED, failure=failure)
        if text.attachments:
            return NO_FILES
        values = _ours(account) | {
            "reference": text.reference,
            "sender": text.sender,
            "recipient": text.recipient,
            "sender_digits": text.sender.removeprefix("+"),
            "recipient_digits": text.recipient.removeprefix("+"),
            "body": text.body,
            "status_url": text.status_url,
            "unicode": "0" if plan(text.body).encoding == "GSM-7" else "1",
        }
        how: dict[str, Any] = {"headers": _headers(description, values)}
        body = filled(description.body, values)
        if description.shape == JSON:
            how["json"] = body
        else:
            how["params" if description.shape == QUERY else "data"] = [tuple(each) for each in body]
        response = call(description.method, _address(account, description.path), **how)
        if isinstance(response, SendResult):
            return response
        return _result_of(response, description, text.reference)

    def check(self, account: CarrierAccount) -> Check:
        description = described(account.options)
        if not description.check_path:
            sentence = "Nothing was tried: the account names no path of a test."
            return Check(works=False, sentence=sentence)
        headers = _headers(description, _ours(account) | {"reference": "test"})
        return checked("GET", _address(account, description.check_path), headers=headers)


def signature(secret: str, body: bytes, digest: str) -> str:
    """HMAC over the bytes of a body, such as ``sha256 hex`` spells it."""
    name, _, spelling = digest.partition(" ")
    made = hmac.new(secret.encode(), body, getattr(hashlib, name))
    return made.hexdigest() if spelling == "hex" else base64.b64encode(made.digest()).decode()


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _ours(account: CarrierAccount) -> dict[str, str]:
    return {
        "account": account.account_sid,
        "secret": account.auth_token,
        "basic": _basic(account.account_sid, account.auth_token),
    }


def _headers(description: Description, values: Mapping[str, str]) -> dict[str, str]:
    return {name: filled(value, values) for name, value in description.headers}


def _address(account: CarrierAccount, path: str) -> str:
    values = {name: quote(value, safe="") for name, value in _ours(account).items()}
    return f"{account.base_url}{filled(path, values)}"


def _usable(options: Mapping[str, Any]) -> Description:
    description = described(options)
    if description.wrong:
        raise Unreadable("The account's description of the carrier has a mistake.")
    return description


# What comes in


def _query(request: WebRequest) -> dict[str, str]:
    """The parameters of the address; none where they cannot be read."""
    try:
        return _pairs(urlsplit(request.urls[0]).query)
    except ValueError:
        return {}


def _pairs(said: str) -> dict[str, str]:
    """Bytes that are no UTF-8 stay as lone surrogates. Raises ValueError."""
    return dict(
        parse_qsl(
            said, keep_blank_values=True, errors="surrogateescape", max_num_fields=MOST_FIELDS
        )
    )


def _document(request: WebRequest) -> dict[str, Any] | list[Any]:
    """What a request says, whichever way it came. Raises Unreadable."""
    if request.method != "POST":
        return _query(request)
    body = request.body
    try:
        if not body.lstrip().startswith((b"{", b"[")):
            return _pairs(body.decode("ascii", "surrogateescape"))
        document: dict[str, Any] | list[Any] = json.loads(body.decode("utf-8", "surrogateescape"))
    except (ValueError, RecursionError):
        raise Unreadable("The request is neither JSON nor a form.") from None
    return document


def _at(document: Any, place: str) -> Any:
    """What stands at a place, such as ``message.0.id``; None where nothing does."""
    if isinstance(document, dict) and place in document:
        return document[place]
    for name in place.split("."):
        if isinstance(document, dict):
            document = document.get(name)
        elif isinstance(document, list) and name.isdecimal():
            number = int(name[:6])
            document = document[number] if number < len(document) else None
        else:
            return None
    return document


def _raw(document: Any, place: str) -> str:
    """A word or number at a place, as it came; of anything else nothing."""
    value = _at(document, place) if place else None
    if isinstance(value, str):
        return value
    return json.dumps(value) if isinstance(value, (bool, int, float)) else ""


def _word(document: Any, place: str) -> str:
    return readable(_raw(document, place))


def _holds(rule: Rule | None, document: Any) -> bool:
    return rule is not None and _word(document, rule.place) in rule.words


def _entries(document: Any, place: str) -> Sequence[Any]:
    """The texts or receipts of a request: those in its list, or itself."""
    listed = _at(document, place) if place else document
    entries = listed if isinstance(listed, list) else [listed]
    if len(entries) > MOST_ENTRIES:
        raise Unreadable(f"It brings more than {MOST_ENTRIES} entries.")
    return entries


def _text(entry: Any, places: Mapping[str, str]) -> InboundText:
    found = {name: _word(entry, places[name]) for name in ("sender", "recipient", "id")}
    insist({places[name]: value for name, value in found.items()})
    body = _word(entry, places["body"])
    return InboundText(
        sender=with_plus(found["sender"]),
        recipient=with_plus(found["recipient"]),
        body=body,
        carrier_message_id=found["id"][:80],
        repaired=body != _raw(entry, places["body"]),
        part=_part(*(_word(entry, places.get(name, "")) for name in PART_FIELDS)),
    )


def _part(reference: str, number: str, total: str) -> Part | None:
    """Four digits are more than any part needs, and no number is too long to be read."""
    if not (reference and number.isdecimal() and total.isdecimal()):
        return None
    return Part(reference, int(number[:4]), int(total[:4]))


def _receipt(entry: Any, description: Description) -> DeliveryReceipt:
    places = description.receipt
    found = {name: _word(entry, place) for name, place in places.items()}
    insist({places[name]: found[name] for name in found if name in ("id", "word")})
    reference = found.get("reference", "")
    if "id" not in found:
        insist({places["reference"]: reference})
    state = description.words.get(found["word"].casefold())
    failed = state is MessageState.FAILED
    code = found.get("code", "")[:20] if failed else ""
    return DeliveryReceipt(
        carrier_message_id=found.get("id", reference)[:80],
        status=found["word"][:40],
        state=state,
        error_code=code,
        failure=explain(description.sentences, code) if failed else "",
        opted_out=failed and description.errors.get(code, ("",))[0] == OPTED_OUT,
        reference=reference,
    )


# What a send was answered


def _result_of(response: requests.Response, description: Description, reference: str) -> SendResult:
    status = str(response.status_code)
    said = _answered(response, description.error_at)[:20]
    code = said or ("" if succeeded(response) else status)
    if code in description.errors:
        kind, _ = description.errors[code]
        return SendResult(
            KINDS[kind],
            error_code=code,
            failure=explain(description.sentences, code),
            retry_after=seconds(response.headers.get("Retry-After", "")),
            opted_out=kind == OPTED_OUT,
        )
    busy = trouble(response)
    if busy is not None:
        return busy
    if not succeeded(response):
        return SendResult(Verdict.REFUSED, error_code=code, failure=explain({}, code))
    found = (
        reference
        if description.id_at == OUR_REFERENCE
        else _answered(response, description.id_at)[:80]
    )
    rule = description.taken
    if found and (rule is None or _answered(response, rule.place) in rule.words):
        return SendResult(Verdict.TAKEN, found)
    if said:
        return SendResult(Verdict.UNKNOWN, error_code=code, failure=explain({}, code))
    return UNREADABLE


def _answered(response: requests.Response, place: str) -> str:
    """What stands at a place of an answer; empty where nothing does."""
    if place.startswith(IN_HEADER):
        return readable(response.headers.get(place.removeprefix(IN_HEADER).strip(), ""))
    if place == ALL_OF_IT or place.startswith(BEHIND):
        words = readable(response.content.decode("utf-8", "replace")).strip()
        if place == ALL_OF_IT:
            return words
        _, _, behind = words.partition(place.removeprefix(BEHIND).strip())
        return BEHIND_ENDS.split(behind.strip(), maxsplit=1)[0]
    try:
        return _word(response.json(), place)
    except (ValueError, RecursionError):
        return ""
