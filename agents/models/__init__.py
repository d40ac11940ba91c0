from agents.models.agent import Agent
from agents.models.audit import AuditEntry
from agents.models.status import StatusCode, StatusPeriod
from agents.models.team import Team

__all__ = ["Agent", "AuditEntry", "StatusCode", "StatusPeriod", "Team"]
