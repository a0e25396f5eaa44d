"""Bodies of the account routes."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StrictBool

from app.api import text_forms
from app.domain.account_rules import PASSWORD_MAX_LENGTH, PASSWORD_MIN_LENGTH
from app.domain.identifiers import VehicleId
from app.domain.roles import Role
from app.domain.user import User
from app.services.user_service import UserChanges

Username = Annotated[
    str,
    Field(
        min_length=1, max_length=64, pattern=text_forms.USER_NAME, description="upper and lower case count as the same"
    ),
]
NewPassword = Annotated[
    SecretStr,
    Field(min_length=PASSWORD_MIN_LENGTH, max_length=PASSWORD_MAX_LENGTH, description="must differ from the user name"),
]
Email = Annotated[str, Field(min_length=3, max_length=254, pattern=text_forms.EMAIL)]
Scope = Annotated[list[UUID], Field(max_length=5000, description="vehicles the account may see; null: the whole fleet")]


class CreateUserRequest(BaseModel):
    """A new account."""

    model_config = ConfigDict(extra="forbid")

    username: Username
    password: NewPassword
    role: Role
    email: Email | None = None
    is_active: StrictBool = True
    vehicle_ids: Scope | None = None

    def others(self) -> UserChanges:
        """All but name, password and role."""
        return UserChanges(email=self.email, is_active=self.is_active, vehicle_ids=_scope(self.vehicle_ids))


class UpdateUserRequest(BaseModel):
    """What to change; left out, it stays. Null empties `email` and `vehicle_ids` and changes nothing elsewhere."""

    model_config = ConfigDict(extra="forbid")

    username: Username | None = None
    password: NewPassword | None = None
    role: Role | None = None
    email: Email | None = None
    is_active: StrictBool | None = None
    vehicle_ids: Scope | None = None

    def changes(self) -> UserChanges:
        """What was asked for, and nothing else."""
        changes = UserChanges()
        if self.username is not None:
            changes["username"] = self.username
        if self.password is not None:
            changes["password"] = self.password.get_secret_value()
        if self.role is not None:
            changes["role"] = self.role
        if self.is_active is not None:
            changes["is_active"] = self.is_active
        if "email" in self.model_fields_set:
            changes["email"] = self.email
        if "vehicle_ids" in self.model_fields_set:
            changes["vehicle_ids"] = _scope(self.vehicle_ids)
        return changes


class UserOut(BaseModel):
    """An account."""

    user_id: UUID
    username: str
    email: str | None
    role: Role
    is_active: bool
    vehicle_ids: list[UUID] | None
    created_at: datetime

    @classmethod
    def of(cls, user: User) -> "UserOut":
        """The account as the contract shows it."""
        return cls(
            user_id=user.user_id,
            username=user.username,
            email=user.email,
            role=user.role,
            is_active=user.is_active,
            vehicle_ids=None if user.vehicle_ids is None else sorted(user.vehicle_ids),
            created_at=user.created_at,
        )


class UserList(BaseModel):
    """A page of accounts, by name."""

    items: list[UserOut]
    total: int
    limit: int
    offset: int


def _scope(vehicle_ids: list[UUID] | None) -> frozenset[VehicleId] | None:
    return None if vehicle_ids is None else frozenset(VehicleId(vehicle_id) for vehicle_id in vehicle_ids)


class UserNameOut(BaseModel):
    """What everybody may know of an account."""

    user_id: UUID
    username: str


class UserNameList(BaseModel):
    """Names of the accounts asked for, in the order of the names."""

    items: list[UserNameOut]
    total: int
    limit: int
    offset: int
