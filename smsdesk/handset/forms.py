"""Reads what is posted to the handset, as a form or as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django import forms

from smsdesk.handset import selectors
from smsdesk.handset.models import LONGEST_DELAY_SECONDS, Scenario
from smsdesk.handset.runs import FASTEST
from smsdesk.handset.scenario_files import LARGEST_SEED
from smsdesk.handset.services import MOST_IN_A_BURST

if TYPE_CHECKING:
    from django.http import HttpRequest


class NotJSON(Exception):
    """The body says it is JSON and is not a JSON object. Its message is a sentence."""


def posted(request: HttpRequest) -> dict[str, Any]:
    """The fields of a request. Raises NotJSON."""
    if request.content_type != "application/json":
        return request.POST.dict()
    try:
        fields = json.loads(request.body)
        if not isinstance(fields, dict):
            raise NotJSON("The body is not a JSON object.")
        json.dumps(fields, ensure_ascii=False).encode()
        return {name: _spelled(value) for name, value in fields.items() if value is not None}
    except RecursionError:
        raise NotJSON("The body has too many brackets in one another.") from None
    except UnicodeEncodeError:
        raise NotJSON("The body has half a character in it.") from None
    except ValueError:
        raise NotJSON("The body is not JSON.") from None


class NoSuchSwitch(Exception):
    """A scenario names something the carrier cannot do. Its message is a sentence."""


class SendForm(forms.Form):
    """A text, or a burst of them. ``from`` is a Python keyword, hence ``sender``."""

    sender = forms.CharField(strip=False)
    to = forms.CharField(required=False, strip=False)
    body = forms.CharField(strip=False)
    count = forms.IntegerField(required=False, min_value=1, max_value=MOST_IN_A_BURST)


class ScenarioForm(forms.Form):
    """The carrier's switches."""

    delay_seconds = forms.FloatField(min_value=0, max_value=LONGEST_DELAY_SECONDS)
    duplicate_webhooks = forms.BooleanField(required=False)
    receipts_out_of_order = forms.BooleanField(required=False)
    time_out_after_accepting = forms.BooleanField(required=False)
    failure_code = forms.RegexField(
        r"^[1-9]\d{4}$",
        required=False,
        error_messages={"invalid": "Write a code of five digits, or nothing."},
    )

    @classmethod
    def of_changes(cls, changes: dict[str, Any]) -> ScenarioForm:
        """A form in which what ``changes`` does not name stays as it is.

        ``reset`` turns everything off first. Raises NoSuchSwitch.
        """
        unknown = sorted(changes.keys() - {*cls.base_fields, "reset", "csrfmiddlewaretoken"})
        if unknown:
            raise NoSuchSwitch(f"There is no switch called “{unknown[0]}”.")
        before = Scenario() if changes.get("reset") else selectors.scenario()
        return cls({**before.as_switches(), **changes})


class PlayForm(forms.Form):
    """A scenario file to play, to which number, how fast, and by which seed."""

    scenario = forms.CharField()
    to = forms.CharField(required=False)
    speed = forms.IntegerField(required=False, min_value=1, max_value=FASTEST)
    seed = forms.IntegerField(required=False, min_value=0, max_value=LARGEST_SEED)


def first_error(form: forms.BaseForm) -> str:
    """What is wrong, in one sentence that names the field."""
    for name, errors in form.errors.items():
        field = {"sender": "from"}.get(name, name)
        return f"{field}: {errors[0]}"
    return ""


def _spelled(value: Any) -> Any:
    """JSON's true and false as a form spells them, numbers as text."""
    return value if isinstance(value, str) else json.dumps(value)
