"""Readiness: named checks, each with a deadline, run side by side."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class HealthStatus(StrEnum):
    """`degraded` still serves: something that only speeds us up is away."""

    OK = "ok"
    DEGRADED = "degraded"
    FAILING = "failing"


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthCheck:
    """One dependency. `probe` returns None where all is well, else one sentence; it may also raise.

    `required` False means: without it we are degraded, not out of service.
    """

    name: str
    probe: Callable[[], Awaitable[str | None]]
    required: bool = True
    deadline_s: float = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """How one dependency is; `problem` is None where all is well."""

    name: str
    status: HealthStatus
    problem: str | None
    took_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthReport:
    """How the process is: the worst of its checks."""

    status: HealthStatus
    checks: tuple[CheckResult, ...]


async def run_checks(checks: Sequence[HealthCheck]) -> HealthReport:
    """Run all checks at once. Takes no longer than the longest deadline; never raises because of a dependency."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_run(check)) for check in checks]
    results = tuple(task.result() for task in tasks)
    found = {result.status for result in results}
    for status in (HealthStatus.FAILING, HealthStatus.DEGRADED):
        if status in found:
            return HealthReport(status=status, checks=results)
    return HealthReport(status=HealthStatus.OK, checks=results)


async def _run(check: HealthCheck) -> CheckResult:
    loop = asyncio.get_running_loop()
    begun = loop.time()
    try:
        async with asyncio.timeout(check.deadline_s):
            problem = await check.probe()
    except TimeoutError:
        problem = f"no answer within {check.deadline_s:g} s"
    except Exception as error:  # noqa: BLE001 - whatever a probe raises is its finding; only its type is shown, texts may hold addresses
        problem = f"the check failed: {type(error).__name__}"
    bad = HealthStatus.FAILING if check.required else HealthStatus.DEGRADED
    return CheckResult(
        name=check.name,
        status=HealthStatus.OK if problem is None else bad,
        problem=problem,
        took_s=loop.time() - begun,
    )
