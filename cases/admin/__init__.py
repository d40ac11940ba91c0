"""Customers, cases, campaigns and what agents look up, for supervisors."""

from cases.admin import campaigns, customers, library, retention

__all__ = ["campaigns", "customers", "library", "retention"]
