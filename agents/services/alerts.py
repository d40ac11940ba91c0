"""How an offer calls an agent: each agent's own choice, the same on every device (N12)."""

from __future__ import annotations

from django.db import transaction

from agents.services.desks import touch_desk


@transaction.atomic
def set_alerts(*, agent_id: int, sound: bool, desktop: bool, title: bool) -> None:
    """Keep the agent's alerts; every open desk follows."""
    touch_desk(agent_id, alert_sound=sound, alert_desktop=desktop, alert_title=title)
