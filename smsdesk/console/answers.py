"""Answers of the desk's views that are no page: a sentence where something was refused."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.shortcuts import render
from django_htmx.http import reswap, retarget

if TYPE_CHECKING:
    from django import forms
    from django.http import HttpResponse

    from smsdesk.console.access import DeskRequest

# Beside what the agent writes or chooses in the open conversation.
AT_COMPOSER = "#composer-alert"


def refusal(
    request: DeskRequest,
    sentence: str,
    *,
    status: HTTPStatus = HTTPStatus.CONFLICT,
    at: str = "#alert",
) -> HttpResponse:
    """Say what was refused, in an alert region of the page. What was typed stays where it is."""
    response = render(request, "console/alert.html", {"sentence": sentence}, status=status)
    return reswap(retarget(response, at), "innerHTML")


def unusable(request: DeskRequest, form: forms.Form, *, at: str = "#alert") -> HttpResponse:
    """Say the first thing that is wrong with a form."""
    sentence = next(str(error) for errors in form.errors.values() for error in errors)
    return refusal(request, sentence, status=HTTPStatus.UNPROCESSABLE_ENTITY, at=at)
