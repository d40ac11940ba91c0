"""The words of the agents' side: kinds of status and why one came to be."""

from __future__ import annotations

from django.db.models import TextChoices

LIMIT_CEILING = 12  # S4:23


class StatusKind(TextChoices):
    """What a status code means to routing."""

    AVAILABLE = "AVAILABLE", "takes conversations"
    AWAY = "AWAY", "takes none"


class StatusReason(TextChoices):
    """Why an agent has the present status, in the words the agent reads."""

    SIGNED_UP = "SIGNED_UP", "your account was made"
    CHOSEN = "CHOSEN", "you chose it"
    REJECTED = "REJECTED", "you rejected an offer"
    LAPSED = "LAPSED", "an offer lapsed before you took it"
    WRAPPED_UP = "WRAPPED_UP", "you finished wrapping up"
    SUPERVISOR = "SUPERVISOR", "a supervisor set it"


class Role(TextChoices):
    """A group that the desk itself makes: what its members may do in the admin."""

    AGENT = "Agent"
    SUPERVISOR = "Supervisor"
    ADMINISTRATOR = "Administrator"


AVAILABLE = "Available"
ON_BREAK = "On Break"
