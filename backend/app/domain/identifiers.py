"""Identifiers that the type checker keeps apart."""

from typing import NewType
from uuid import UUID

CommandId = NewType("CommandId", UUID)
ResponseId = NewType("ResponseId", UUID)
SessionId = NewType("SessionId", UUID)
UserId = NewType("UserId", UUID)
VehicleId = NewType("VehicleId", UUID)
WorkerId = NewType("WorkerId", UUID)
