"""The account and audit services on a real database, with cheap password hashing and a bus that only remembers."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import uuid4

from app.domain.access_policy import Actor
from app.domain.audit_entry import AuditEntry, AuditFilter
from app.domain.bus_messages import BusMessage
from app.domain.identifiers import UserId
from app.domain.roles import Role
from app.domain.session import ClientInfo
from app.domain.user import User
from app.repositories.unit_of_work import UnitOfWork
from app.security.access_tokens import AccessTokens
from app.security.passwords import HashingCost, PasswordHashing
from app.security.rate_limits import RateLimits
from app.services.account_service import AccountService
from app.services.audit_service import AuditService
from app.services.user_service import UserChanges
from app.storage.engine import Database

CHEAP = HashingCost(memory_kib=64, passes=1, lanes=1)
SECRET = "s" * 32
PASSWORD = "correct horse battery"
CLIENT = ClientInfo(ip_address="192.0.2.7", user_agent="pytest", correlation_id="test")
OPERATOR = Actor(user_id=UserId(uuid4()), username="operator", role=Role.ADMIN, is_active=True)
"""An admin who is in no table: acts in tests without getting in the way of what is counted."""


@dataclass
class RememberedBus:
    """Stands in front of nothing: keeps what would be published."""

    messages: list[BusMessage] = field(default_factory=list)

    async def publish(self, messages: Sequence[BusMessage]) -> None:
        self.messages += messages


@dataclass
class Accounts:
    """One process's account services."""

    work: UnitOfWork
    bus: RememberedBus
    audit: AuditService
    service: AccountService

    async def add(self, username: str = "erika", role: Role = Role.ENGINEER, **others: object) -> User:
        """An account with PASSWORD."""
        changes = UserChanges(**others)  # type: ignore[typeddict-item]  # the names are the caller's to get right
        return await self.service.users.create_user(
            OPERATOR, CLIENT, username=username, password=PASSWORD, role=role, others=changes
        )

    async def entries(self, action: str) -> tuple[AuditEntry, ...]:
        """Audit entries of an action, newest first."""
        return (await self.audit.list(AuditFilter(action=action), limit=200))[0]


@asynccontextmanager
async def accounts_on(
    database: Database,
    *,
    access_ttl_s: int = 900,
    refresh_ttl_s: int = 3600,
    login: str = "1000/minute",
) -> AsyncIterator[Accounts]:
    """A process's worth of services; several may run on one database."""
    bus = RememberedBus()
    work = UnitOfWork(database, bus)
    audit = AuditService(work)
    passwords = PasswordHashing(CHEAP)
    limits = RateLimits(None, login=login, commands="1000/minute")
    service = AccountService(
        work=work,
        audit=audit,
        tokens=AccessTokens(SECRET, ttl_s=access_ttl_s),
        passwords=passwords,
        limits=limits,
        refresh_ttl_s=refresh_ttl_s,
    )
    try:
        yield Accounts(work=work, bus=bus, audit=audit, service=service)
    finally:
        passwords.close()
