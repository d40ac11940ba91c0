"""What happens on the agents' side. Published after commit; ids only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DeskChanged:
    """Something an agent's open desk shows is different now."""

    agent_id: int


@dataclass(frozen=True)
class AgentMayTakeMore:
    """An agent gained room: a status, a limit, "Stop new", a browser or a place came back."""

    agent_id: int


@dataclass(frozen=True)
class AgentLeft:
    """An agent can take nothing more: browser silent, status away, not for SMS. Offers move on."""

    agent_id: int
