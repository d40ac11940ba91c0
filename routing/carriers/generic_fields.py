"""What an account of a generic carrier is asked for, in a supervisor's words (A18)."""

from __future__ import annotations

from routing.carriers.base import Credential
from routing.carriers.generic_description import DIGESTS, METHODS, SHAPES

CREDENTIALS = (
    Credential("account_sid", "user name or ID", "{account} stands for it below."),
    Credential("auth_token", "secret", "Password, key or token: {secret} stands for it below."),
    Credential("base_url", "base URL", "What all addresses of the carrier begin with."),
    Credential("options.send_method", "method of a send", choices=METHODS, required=False),
    Credential("options.send_shape", "shape of a send", choices=SHAPES, required=False),
    Credential("options.send_path", "path of a send", "Behind the base URL.", required=False),
    Credential(
        "options.send_body",
        "fields of a send",
        "JSON, or else lines such as to = {recipient}. {sender}, {recipient}, {body},"
        " {reference} and {status_url} stand for those of a text, {sender_digits} and"
        " {recipient_digits} for the numbers without their +, {unicode} for 1 where the text"
        " is no GSM-7, else 0.",
        lines=True,
    ),
    Credential(
        "options.send_headers",
        "headers of a send",
        "Lines such as Authorization: Bearer {secret}. {basic} stands for user name and"
        " secret as HTTP basic authentication spells them.",
        required=False,
        lines=True,
    ),
    Credential(
        "options.id_at",
        "place of the ID in the answer",
        "Such as messages.0.id in JSON; header X-Id; behind OK: in plain words; whole answer;"
        " or our reference, where receipts name that.",
    ),
    Credential(
        "options.taken",
        "answer that means taken",
        "A place and its words, such as status = OK, QUEUED. Empty: any success with an ID.",
        required=False,
    ),
    Credential(
        "options.error_at",
        "place of the error code in the answer",
        "Empty: the number of the HTTP status is the code.",
        required=False,
    ),
    Credential(
        "options.errors",
        "error codes",
        "Lines such as 21 = permanent: The number does not exist. Before the colon permanent,"
        " opted out, transient, throttled or unknown; behind it what the agent reads.",
        required=False,
        lines=True,
    ),
    Credential(
        "options.text_fields",
        "fields of a text",
        "Lines such as sender = message.from, for sender, recipient, body and id; for pieces"
        " of a text part reference, part number and part total; list, where a request brings"
        " several.",
        lines=True,
    ),
    Credential(
        "options.receipt_fields",
        "fields of a receipt",
        "Lines such as id = message.id, for id or reference, word, and perhaps code and list.",
        required=False,
        lines=True,
    ),
    Credential(
        "options.receipt_words",
        "words of receipts",
        "Lines such as DELIVRD = delivered; behind the = waiting, sent, delivered or failed.",
        required=False,
        lines=True,
    ),
    Credential(
        "options.receipt_when",
        "mark of a receipt",
        "Where texts and receipts come to one address: a place and its words, such as"
        " type = receipt.",
        required=False,
    ),
    Credential(
        "options.proof",
        "proof of requests",
        "A header such as X-Signature: {signature}, Authorization: {basic} or X-Key: {secret},"
        " or a parameter such as ?token={secret}.",
    ),
    Credential(
        "options.digest",
        "making of the signature",
        "HMAC over the raw body.",
        choices=DIGESTS,
        required=False,
    ),
    Credential(
        "signing_secret",
        "secret of requests",
        "What proves the carrier's requests; at least 16 characters without blanks.",
    ),
    Credential(
        "previous_secret",
        "previous secret of requests",
        "While you change the one above: this one still counts.",
        required=False,
    ),
    Credential(
        "options.answer",
        "answer to requests",
        "What the carrier wants to read when all is well; mostly empty.",
        required=False,
    ),
    Credential(
        "options.check_path",
        "path of a test",
        "What only somebody may read who is signed in, such as the balance.",
        required=False,
    ),
)
