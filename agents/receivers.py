"""What follows from the agents' events inside this app: their desks look again."""

from __future__ import annotations

from agents.events import DeskChanged
from smsdesk.lib import live
from smsdesk.lib.events import on


@on(DeskChanged)
def show_change(event: DeskChanged) -> None:
    live.nudge([event.agent_id])
