"""Who works here, and who did what, for supervisors."""

from agents.admin import audit, people

__all__ = ["audit", "people"]
