"""What the API needs to run: made once by the bootstrap, handed to every route."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.api.page.page_files import PAGE_FOLDER

if TYPE_CHECKING:  # the parts import nothing of the API, and the OpenAPI file is written without any of them
    from app.observability.health import HealthCheck
    from app.observability.metrics import Metrics
    from app.observability.tracing import Tracing
    from app.security.rate_limits import RateLimits
    from app.services.account_service import AccountService
    from app.services.audit_service import AuditService
    from app.services.command_preview_service import CommandPreviewService
    from app.services.command_service import CommandService
    from app.services.diagnostic_data_service import DiagnosticDataService
    from app.services.presence_history_service import PresenceHistoryService
    from app.services.redecoding_service import RedecodingService
    from app.services.vehicle_knowledge import VehicleKnowledgeService
    from app.services.vehicle_secret_service import VehicleSecretService
    from app.services.vehicle_service import VehicleService
    from app.streaming.stream_hub import StreamHub


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSettings:
    """The settings the API itself needs.

    `max_body_bytes` bounds a request's body; more is answered 413. `page_folder` holds the built page, where there is
    one.
    """

    version: str
    cors_origins: tuple[str, ...] = ()
    max_body_bytes: int = 256 * 1024
    page_folder: Path | None = PAGE_FOLDER


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFigures:
    """The queue as the database sees it; `oldest_age_s` is 0 where nothing waits."""

    depth: int
    oldest_age_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiState:
    """Services and figures of one API process. `queue_figures` is asked each time metrics are scraped."""

    settings: ApiSettings
    accounts: AccountService
    audit: AuditService
    commands: CommandService
    command_previews: CommandPreviewService
    vehicles: VehicleService
    knowledge: VehicleKnowledgeService
    presence_history: PresenceHistoryService
    vehicle_secrets: VehicleSecretService
    diagnostic_data: DiagnosticDataService
    redecodings: RedecodingService
    hub: StreamHub
    rate_limits: RateLimits
    metrics: Metrics
    tracing: Tracing
    health_checks: tuple[HealthCheck, ...]
    queue_figures: Callable[[], Awaitable[QueueFigures]]
