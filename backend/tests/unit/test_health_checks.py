"""Readiness: the worst check decides, a hung one costs its deadline, a raising one shows no internals."""

import asyncio

from app.observability.health import HealthCheck, HealthStatus, run_checks


async def fine() -> str | None:
    """A dependency that works."""
    return None


async def away() -> str | None:
    """A dependency that says what is wrong."""
    return "cannot be reached"


async def raising() -> str | None:
    """A dependency whose client raises."""
    raise ConnectionError("postgresql://u:s3cret@db")


async def hanging() -> str | None:
    """A dependency that never answers."""
    await asyncio.Event().wait()
    return None


async def test_all_well() -> None:
    report = await run_checks([HealthCheck(name="database", probe=fine), HealthCheck(name="redis", probe=fine)])
    assert report.status is HealthStatus.OK


async def test_what_only_speeds_us_up_degrades() -> None:
    report = await run_checks(
        [HealthCheck(name="database", probe=fine), HealthCheck(name="redis", probe=away, required=False)]
    )
    assert report.status is HealthStatus.DEGRADED
    assert [check.problem for check in report.checks] == [None, "cannot be reached"]


async def test_what_is_required_fails() -> None:
    report = await run_checks(
        [HealthCheck(name="database", probe=raising), HealthCheck(name="redis", probe=away, required=False)]
    )
    assert report.status is HealthStatus.FAILING
    assert report.checks[0].problem == "the check failed: ConnectionError"


async def test_a_hung_dependency_costs_its_deadline_only() -> None:
    report = await run_checks([HealthCheck(name="database", probe=hanging, deadline_s=0.01)])
    assert report.checks[0].problem == "no answer within 0.01 s"
    assert report.checks[0].took_s < 1
