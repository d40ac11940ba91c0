"""What has a past stays, for reports and life lines name it (N14, N15)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from routing.models import Interaction, Tally

if TYPE_CHECKING:
    from agents.models import Agent
    from routing.models import Channel, Queue

INSTEAD = {
    "queue": "Take its members out instead, and let no channel, rule or overflow step name it: then"
    " no text comes to it any more.",
    "channel": "Suspend it instead: then nothing is sent from it.",
    "agent": "Make their user inactive instead: then they cannot sign in, and are offered nothing.",
}


def why_it_stays(one: Queue | Channel | Agent) -> str:
    """Why it cannot be deleted, and what to do instead; empty where it never had a conversation."""
    kind = str(one._meta.model_name)  # noqa: SLF001 - Django's
    for past in (Interaction, Tally):
        if past._default_manager.filter(**{kind: one}).exists():  # noqa: SLF001 - Django's
            return (
                f"“{one.name}” has had conversations, and reports and life lines name it, so it"
                f" stays. {INSTEAD[kind]}"
            )
    return ""
