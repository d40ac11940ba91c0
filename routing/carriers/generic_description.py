"""How a supervisor describes a carrier's HTTP, and what cannot be right of a description (A18).

Places, lines and placeholders only: nothing that a stranger sends is ever run, or filled in twice.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from routing.carriers.base import Verdict
from routing.enums import MessageState

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

JSON, FORM, QUERY = "json", "form", "query"
SHAPES = ((JSON, "JSON"), (FORM, "Form"), (QUERY, "In the address"))
METHODS = tuple((name, name) for name in ("POST", "PUT", "GET"))
DIGESTS = tuple(
    (f"{digest} {spelling}", f"{digest.upper().replace('SHA', 'SHA-')}, {spelling}")
    for digest in ("sha256", "sha1", "sha512")
    for spelling in ("hex", "base64")
)
PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
# What we sign in with, which may stand in headers and addresses too.
OURS = frozenset({"account", "secret", "basic", "reference"})
OF_A_TEXT = frozenset(
    {"sender", "recipient", "sender_digits", "recipient_digits", "body", "status_url", "unicode"}
)
OF_A_PROOF = frozenset({"secret", "basic", "signature"})
HEADER = re.compile(r"([A-Za-z0-9-]+)\s*:\s*([ -~]+)")
PATH = re.compile(r"/[!-~]*|")
TEXT_FIELDS = ("sender", "recipient", "body", "id")
PART_FIELDS = ("part reference", "part number", "part total")
RECEIPT_FIELDS = ("id", "word", "code", "reference")
LIST = "list"
# What an error code says of the text.
KINDS = {
    "permanent": Verdict.REFUSED,
    "opted out": Verdict.REFUSED,
    "transient": Verdict.BUSY,
    "throttled": Verdict.THROTTLED,
    "unknown": Verdict.UNKNOWN,
}
OPTED_OUT = "opted out"
STEPS = {
    "waiting": None,
    "sent": MessageState.SENT,
    "delivered": MessageState.DELIVERED,
    "failed": MessageState.FAILED,
}
LONGEST_ANSWER = 1000


@dataclass(frozen=True)
class Rule:
    """That at a place one of these words stands."""

    place: str
    words: frozenset[str]


@dataclass(frozen=True)
class Description:
    """A carrier as its account describes it. ``wrong``: sentences by the option they are about."""

    method: str = "POST"
    shape: str = JSON
    path: str = ""
    body: Any = None  # of JSON as it is, else pairs
    headers: tuple[tuple[str, str], ...] = ()
    id_at: str = ""
    taken: Rule | None = None
    error_at: str = ""
    errors: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    text: Mapping[str, str] = field(default_factory=dict)
    receipt: Mapping[str, str] = field(default_factory=dict)
    receipt_when: Rule | None = None
    words: Mapping[str, MessageState | None] = field(default_factory=dict)
    proof_by_query: bool = False
    proof_name: str = ""
    proof: str = ""
    digest: str = DIGESTS[0][0]
    check_path: str = ""
    answer: str = ""
    wrong: Mapping[str, str] = field(default_factory=dict)

    @property
    def sentences(self) -> dict[str, str]:
        """What the described error codes mean."""
        return {code: sentence for code, (_, sentence) in self.errors.items() if sentence}

    @property
    def is_signed(self) -> bool:
        """Whether the proof is over the body, not a password that comes with it."""
        return "{signature}" in self.proof


class _Wrong(Exception):
    """The message says what is wrong of an option."""


def described(options: Mapping[str, Any]) -> Description:
    """The description in an account's options; what is wrong of it, in ``wrong``."""
    said = {name: str(value).strip() for name, value in options.items()}
    found: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for name, read in _READERS.items():
        try:
            found |= read(said.get(name, ""), said)
        except _Wrong as why:
            wrong[name] = str(why)
    return Description(**found, wrong=wrong)


def filled(template: Any, values: Mapping[str, str]) -> Any:
    """The template with each placeholder's value in its place, once: values are not looked into."""
    if isinstance(template, str):
        return PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), template)
    if isinstance(template, dict):
        return {name: filled(value, values) for name, value in template.items()}
    if isinstance(template, (list, tuple)):
        return [filled(value, values) for value in template]
    return template


def _method(given: str, said: Mapping[str, str]) -> dict[str, Any]:
    method = given or "POST"
    if method not in dict(METHODS):
        raise _Wrong("Choose POST, PUT or GET.")
    if method == "GET" and said.get("send_shape", JSON) != QUERY:
        raise _Wrong("By GET, all that is sent stands in the address: choose that as the shape.")
    return {"method": method}


def _shape(given: str, _: Mapping[str, str]) -> dict[str, Any]:
    if given and given not in dict(SHAPES):
        raise _Wrong("Choose JSON, form, or in the address.")
    return {"shape": given or JSON}


def _body(given: str, said: Mapping[str, str]) -> dict[str, Any]:
    """What is sent. A text without recipient and words would be none."""
    if said.get("send_shape", JSON) == JSON:
        try:
            body = json.loads(given)
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, (dict, list)):
            raise _Wrong(
                'Write the JSON that the carrier takes, such as {"to": "{recipient}", "text":'
                ' "{body}"}.'
            )
    else:
        body = tuple(_pair(line) for line in given.splitlines() if line.strip())
    _only(given, OURS | OF_A_TEXT)
    if "{body}" not in given or not {"recipient", "recipient_digits"} & _names(given):
        raise _Wrong("Say where the recipient and the text stand: {recipient} and {body}.")
    return {"body": body}


def _headers(given: str, _: Mapping[str, str]) -> dict[str, Any]:
    headers = []
    for line in filter(str.strip, given.splitlines()):
        header = HEADER.fullmatch(line.strip())
        if header is None:
            raise _Wrong(f"“{line[:40]}” is no header. Write its name, a colon, and its value.")
        _only(header[2], OURS)
        headers.append((header[1], header[2]))
    return {"headers": tuple(headers)}


def _path(name: str) -> Any:
    def read(given: str, _: Mapping[str, str]) -> dict[str, Any]:
        if not PATH.fullmatch(given):
            raise _Wrong("Begin with a “/”, and write neither blanks nor letters with accents.")
        _only(given, OURS - {"reference"})
        return {name: given}

    return read


def _place(name: str, missing: str = "") -> Any:
    def read(given: str, _: Mapping[str, str]) -> dict[str, Any]:
        if missing and not given:
            raise _Wrong(missing)
        return {name: given}

    return read


def _rule(name: str) -> Any:
    def read(given: str, _: Mapping[str, str]) -> dict[str, Any]:
        if not given:
            return {name: None}
        place, words = _pair(given)
        return {name: Rule(place, frozenset(word.strip() for word in words.split(",")))}

    return read


def _errors(given: str, _: Mapping[str, str]) -> dict[str, Any]:
    errors: dict[str, tuple[str, str]] = {}
    for code, value in _lines(given).items():
        kind, _colon, sentence = (part.strip() for part in value.partition(":"))
        if kind not in KINDS:
            raise _Wrong(f"“{kind[:40]}” is not one of: {', '.join(KINDS)}.")
        errors[code] = (kind, sentence and sentence.rstrip(".") + ".")
    return {"errors": errors}


def _text_fields(given: str, _: Mapping[str, str]) -> dict[str, Any]:
    fields = _known(given, (*TEXT_FIELDS, *PART_FIELDS, LIST))
    _all(fields, TEXT_FIELDS)
    if set(PART_FIELDS) & set(fields):
        _all(fields, PART_FIELDS)
    return {"text": fields}


def _receipt_fields(given: str, _: Mapping[str, str]) -> dict[str, Any]:
    fields = _known(given, (*RECEIPT_FIELDS, LIST))
    if fields:
        _all(fields, ("word",))
        if not {"id", "reference"} & set(fields):
            raise _Wrong("Say which field names the text: write a line for id or reference.")
    return {"receipt": fields}


def _words(given: str, said: Mapping[str, str]) -> dict[str, Any]:
    words = {}
    for word, step in _lines(given).items():
        if step not in STEPS:
            raise _Wrong(f"“{step[:40]}” is not one of: {', '.join(STEPS)}.")
        words[word.casefold()] = STEPS[step]
    if said.get("receipt_fields") and MessageState.DELIVERED not in words.values():
        raise _Wrong("Say which word means that the text was delivered.")
    return {"words": words}


def _proof(given: str, _: Mapping[str, str]) -> dict[str, Any]:
    by_query = given.startswith("?")
    name, _sign, value = given.lstrip("?").partition("=" if by_query else ":")
    name, value = name.strip(), value.strip()
    if not value or (not by_query and not HEADER.fullmatch(given)):
        raise _Wrong(
            "Write a header, such as X-Signature: {signature}, or a parameter, such as"
            " ?token={secret}."
        )
    _only(value, OF_A_PROOF)
    if len(_names(value)) != 1:
        raise _Wrong("Write one of {signature}, {secret} and {basic} where the proof stands.")
    if by_query:
        return {"proof_by_query": True, "proof_name": name, "proof": value}
    return {"proof_name": name.lower(), "proof": value}


def _digest(given: str, _: Mapping[str, str]) -> dict[str, Any]:
    if given and given not in dict(DIGESTS):
        raise _Wrong("Choose how the signature is made.")
    return {"digest": given or DIGESTS[0][0]}


def _answer(given: str, _: Mapping[str, str]) -> dict[str, Any]:
    if len(given) > LONGEST_ANSWER:
        raise _Wrong(f"The answer may have {LONGEST_ANSWER} characters.")
    return {"answer": given}


_READERS: dict[str, Any] = {
    "send_method": _method,
    "send_shape": _shape,
    "send_path": _path("path"),
    "send_body": _body,
    "send_headers": _headers,
    "id_at": _place("id_at", "Say where the ID of a text stands in the answer."),
    "taken": _rule("taken"),
    "error_at": _place("error_at"),
    "errors": _errors,
    "text_fields": _text_fields,
    "receipt_when": _rule("receipt_when"),
    "receipt_fields": _receipt_fields,
    "receipt_words": _words,
    "proof": _proof,
    "digest": _digest,
    "answer": _answer,
    "check_path": _path("check_path"),
}


def _pair(line: str) -> tuple[str, str]:
    name, sign, value = (part.strip() for part in line.partition("="))
    if not (name and sign and value):
        raise _Wrong(f"“{line.strip()[:40]}” has no “=” between a name and a value.")
    return name, value


def _lines(given: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in filter(str.strip, given.splitlines()):
        name, value = _pair(line)
        if name in found:
            raise _Wrong(f"“{name[:40]}” is there twice.")
        found[name] = value
    return found


def _known(given: str, names: Collection[str]) -> dict[str, str]:
    found = _lines(given)
    for name in found:
        if name not in names:
            raise _Wrong(f"“{name[:40]}” is not one of: {', '.join(names)}.")
    return found


def _all(fields: Mapping[str, str], names: Collection[str]) -> None:
    missing = [name for name in names if name not in fields]
    if missing:
        raise _Wrong(f"A line is missing for: {', '.join(missing)}.")


def _names(text: str) -> set[str]:
    return set(PLACEHOLDER.findall(text))


def _only(text: str, allowed: Collection[str]) -> None:
    for name in sorted(_names(text) - set(allowed)):
        can = ", ".join(f"{{{each}}}" for each in sorted(allowed))
        raise _Wrong(f"“{{{name}}}” cannot stand here, only: {can}.")
