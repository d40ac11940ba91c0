"""Who works here, and who did what, for supervisors."""

from agents.admin import audit, desk, people

__all__ = ["audit", "desk", "people"]
