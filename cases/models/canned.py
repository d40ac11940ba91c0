from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models

if TYPE_CHECKING:
    from collections.abc import Iterable

# What each variable becomes where its value is not known: it must do in most sentences.
IF_NOT_KNOWN = {
    "customer": "customer",
    "first_name": "there",
    "agent": "your agent",
    "queue": "our team",
    "case": "your case",
    "channel": "this number",
}
VARIABLE = re.compile(r"\{([^{}]*)\}")


class CannedReply(models.Model):
    """A reply that agents call up with / and its shortcut (N4)."""

    shortcut = models.CharField(
        max_length=30,
        unique=True,
        validators=[
            RegexValidator(
                r"^[a-z0-9][a-z0-9_-]*$",
                "Use small letters, digits, - and _ only; agents type it after /.",
            )
        ],
    )
    title = models.CharField(max_length=80)
    body = models.TextField(
        help_text="{customer}, {first_name}, {agent}, {queue}, {case} and {channel} are filled in."
    )
    queues = models.ManyToManyField(
        "routing.Queue", blank=True, help_text="Where it is offered. None: everywhere."
    )
    active = models.BooleanField(default=True)

    class Meta:
        verbose_name_plural = "canned replies"

    def __str__(self) -> str:
        return f"/{self.shortcut} {self.title}"

    def clean(self) -> None:
        """Refuse a variable that nobody fills in, before a customer reads it."""
        super().clean()
        check_variables(self.body, IF_NOT_KNOWN)


def check_variables(body: str, known: Iterable[str]) -> None:
    """Refuse a body with a variable that is not known, or with a brace that stands alone."""
    named = [f"{{{name}}}" for name in known]
    listed = ", ".join(named)
    for found in VARIABLE.finditer(body):
        if found[0] not in named:
            raise ValidationError(
                {"body": f"There is no variable {found[0]}. These are filled in: {listed}."}
            )
    if {"{", "}"} & set(VARIABLE.sub("", body)):
        raise ValidationError(
            {"body": f"A brace stands alone. Braces are for variables only: {listed}."}
        )
