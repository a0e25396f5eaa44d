"""Liveness, readiness and metrics. No prefix and no login, as probes and scrapers expect; none of them shows a secret.

Whoever puts the server on the open internet keeps `/metrics` and `/health` inside (deploy/ shows how).
"""

import asyncio
from typing import Literal

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel

from app.api.dependencies import State
from app.api.error_mapping import problem_response
from app.domain.errors import SovdError
from app.observability.health import HealthReport, HealthStatus, run_checks
from app.observability.logs import get_logger
from app.observability.metrics import CONTENT_TYPE

router = APIRouter(tags=["health"])
_log = get_logger(__name__)
_QUEUE_DEADLINE_S = 2.0


class Liveness(BaseModel):
    """The process runs and answers; nothing more."""

    status: Literal["ok"]


class DependencyHealth(BaseModel):
    """One dependency; `problem` is null where all is well."""

    name: str
    status: HealthStatus
    problem: str | None
    took_ms: float


class Readiness(BaseModel):
    """`degraded` still serves: without Redis, viewers are served from the store, only slower."""

    status: HealthStatus
    checks: list[DependencyHealth]


@router.get("/health/live", summary="Is the process alive")
async def get_liveness() -> Liveness:
    """Answers as long as the process can answer at all: restart it when this fails."""
    return Liveness(status="ok")


@router.get("/health/ready", summary="Can the process serve", response_model=Readiness)
async def get_readiness(state: State) -> Response:
    """200 while every required dependency works, else 503 with a problem that names the failing ones."""
    report = await run_checks(state.health_checks)
    shown = _shown(report)
    if report.status is not HealthStatus.FAILING:
        return Response(shown.model_dump_json(), media_type="application/json")
    failing = [check for check in report.checks if check.status is HealthStatus.FAILING]
    detail = "; ".join(f"{check.name}: {check.problem}" for check in failing)
    return problem_response("not_ready", detail, extra={"checks": shown.model_dump(mode="json")["checks"]})


@router.get(
    "/metrics",
    summary="Figures for Prometheus",
    response_class=Response,
    responses={
        200: {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "Prometheus text format"}
    },
)
async def get_metrics(state: State) -> Response:
    """All figures of this process; the queue's are read from the database at each scrape (NaN while it is away)."""
    try:
        async with asyncio.timeout(_QUEUE_DEADLINE_S):
            figures = await state.queue_figures()
        state.metrics.set_queue(figures.depth, figures.oldest_age_s)
    except (SovdError, TimeoutError) as error:
        state.metrics.queue_unknown()
        _log.warning("metrics.queue_unknown", cause=type(error).__name__)
    return Response(state.metrics.render(), media_type=CONTENT_TYPE)


def _shown(report: HealthReport) -> Readiness:
    checks = [
        DependencyHealth(name=c.name, status=c.status, problem=c.problem, took_ms=round(c.took_s * 1000, 1))
        for c in report.checks
    ]
    return Readiness(status=report.status, checks=checks)
