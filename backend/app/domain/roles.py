"""Roles of accounts, in rising order of what they may do."""

from enum import StrEnum


class Role(StrEnum):
    """viewer reads; engineer also sends; admin also administers users, vehicles and the audit trail."""

    VIEWER = "viewer"
    ENGINEER = "engineer"
    ADMIN = "admin"

    def includes(self, other: "Role") -> bool:
        """Whether this role may do all that `other` may do."""
        order = list(Role)
        return order.index(self) >= order.index(other)
