"""Twilio's OpenAPI description, and what in a request or an answer breaks it.

``openapi/twilio.json`` is an excerpt of spec/json/twilio_api_v2010.json of
github.com/twilio/twilio-oai at d50069b, under the licence beside it: the addresses that the adapter
asks, without prose and examples. No package of a registry carries the whole; 8x8's description is
not ours to copy, so its shapes are our own: see ``shapes``.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from jsonschema import Draft202012Validator, FormatChecker

if TYPE_CHECKING:
    from collections.abc import Iterator

    import requests

formats = FormatChecker([])


@formats.checks("date-time", raises=ValueError)
def _is_time(value: object) -> bool:
    return not isinstance(value, str) or bool(datetime.fromisoformat(value))


@formats.checks("phone-number")
def _is_number(value: object) -> bool:
    return not isinstance(value, str) or re.fullmatch(r"\+?\d{3,15}", value) is not None


@formats.checks("date-time-rfc-2822")
def _is_moment(value: object) -> bool:
    return not isinstance(value, str) or re.fullmatch(r"\w{3}, .* [+-]\d{4}", value) is not None


@cache
def twilio() -> dict[str, Any]:
    path = Path(__file__).parent / "openapi" / "twilio.json"
    described: dict[str, Any] = _as_schema(json.loads(path.read_text()))
    return described


def breaches(request: requests.PreparedRequest) -> list[str]:
    """What in a request is not as described; empty for one that is."""
    assert request.url is not None
    parts = urlsplit(request.url)
    template, operation = _operation(parts.path, request.method or "")
    described = {each["name"]: each for each in operation["parameters"]}
    said: list[str] = []
    inside = re.fullmatch(_pattern(template), parts.path)
    assert inside is not None
    for name, value in inside.groupdict().items():
        said += _wrong(name, value, described[name]["schema"])
    for name, [value] in parse_qs(parts.query).items():
        if described.get(name, {}).get("in") != "query":
            said.append(f"{name}: no parameter of this address")
        else:
            said += _wrong(name, value, described[name]["schema"])
    if request.body:
        form = operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
        for name, values in parse_qs(str(request.body), keep_blank_values=True).items():
            field = form["properties"].get(name)
            if field is None:
                said.append(f"{name}: no field of this form")
            else:
                said += _wrong(name, values if field.get("type") == "array" else values[0], field)
    return said


def answer_breaches(method: str, path: str, status: int, document: Any) -> list[str]:
    """What in an answer is not as described, or is not described at all."""
    _, operation = _operation(path, method)
    schema = operation["responses"][str(status)]["content"]["application/json"]["schema"]
    return _wrong("answer", document, schema)


def _operation(path: str, method: str) -> tuple[str, dict[str, Any]]:
    [template] = [each for each in twilio()["paths"] if re.fullmatch(_pattern(each), path)]
    return template, twilio()["paths"][template][method.lower()]


def _pattern(template: str) -> str:
    return re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(template))


def _wrong(name: str, value: Any, schema: dict[str, Any]) -> list[str]:
    if schema.get("type") == "integer" and isinstance(value, str):
        value = int(value)
    whole = {**schema, "components": twilio()["components"]}
    errors = Draft202012Validator(whole, format_checker=formats).iter_errors(value)
    return [f"{name}{error.json_path[1:]}: {error.message}" for error in errors]


def _as_schema(described: Any) -> Any:
    """OpenAPI 3.0 as JSON Schema: what may be null, and nothing that is not named."""
    if isinstance(described, list):
        return [_as_schema(each) for each in described]
    if not isinstance(described, dict):
        return described
    schema = dict(_parts(described))
    if "properties" in schema:
        schema.setdefault("additionalProperties", False)
    return schema


def _parts(described: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in described.items():
        if name == "type" and described.get("nullable"):
            yield name, [value, "null"]
        elif name != "nullable":
            yield name, _as_schema(value)
