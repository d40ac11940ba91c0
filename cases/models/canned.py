from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models

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

    def __str__(self) -> str:
        return f"/{self.shortcut} {self.title}"

    def clean(self) -> None:
        """Refuse a variable that nobody fills in, before a customer reads it."""
        super().clean()
        known = ", ".join(f"{{{name}}}" for name in IF_NOT_KNOWN)
        for found in VARIABLE.finditer(self.body):
            if found[1] not in IF_NOT_KNOWN:
                raise ValidationError(
                    {"body": f"There is no variable {found[0]}. These are filled in: {known}."}
                )
        if {"{", "}"} & set(VARIABLE.sub("", self.body)):
            raise ValidationError(
                {"body": f"A brace stands alone. Braces are for variables only: {known}."}
            )
