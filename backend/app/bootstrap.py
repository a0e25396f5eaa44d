"""Settings in, wired application out: the one place that knows all parts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import structlog
from fastapi import FastAPI

from app.api.application import create_api
from app.api.state import ApiSettings, ApiState, QueueFigures
from app.connectors.doip_connector import DoipConnector
from app.connectors.port import ConnectorRegistry
from app.connectors.simulated_memory import RedisMemory
from app.connectors.sovd_clients import SovdClients
from app.connectors.sovd_connector import SovdConnector
from app.connectors.vehicle_connector import VehicleConnector
from app.diagnostic_data.data_source import DiagnosticDataLibrary
from app.domain.answer_limits import AnswerLimits
from app.domain.bus_messages import RESYNC_MESSAGES, WAKE_ACCOUNTS
from app.domain.vehicle_networks import VehicleNetworks
from app.embedded.engines import EmbeddedEngines
from app.embedded.home import default_home, home_errors
from app.eventbus.event_bus import EventBus
from app.eventbus.redis_calls import RedisCalls
from app.links.doip_pool import DoipLinks
from app.links.vehicle_hosts import VehicleHosts
from app.observability.health import HealthCheck
from app.observability.metrics import Metrics
from app.observability.tracing import Tracing, make_tracing
from app.repositories import queue_repository
from app.repositories.unit_of_work import UnitOfWork
from app.security.access_tokens import AccessTokens
from app.security.kept_keys import SECRET_KEY, TOKEN_SECRET, load_or_create
from app.security.passwords import PasswordHashing
from app.security.rate_limits import RateLimits
from app.security.sealing import Sealing
from app.services.access_guard import AccessGuard
from app.services.account_service import AccountService
from app.services.audit_service import AuditService
from app.services.command_preview_service import CommandPreviewService
from app.services.command_service import CommandIntake, CommandService
from app.services.demo_keeping import demo_fleet_kept
from app.services.diagnostic_data_service import DiagnosticDataService, file_reader
from app.services.presence_history_service import PresenceHistoryService
from app.services.redecoding_service import RedecodingService
from app.services.vehicle_knowledge import VehicleKnowledgeService
from app.services.vehicle_secret_service import VehicleSecretService
from app.services.vehicle_service import VehicleService
from app.settings import Settings
from app.storage.engine import Database, PoolSettings
from app.storage.migrate import schema_state, upgrade
from app.streaming.stream_hub import StreamHub
from app.worker.supervisor import Worker, WorkerSettings

_log = structlog.get_logger(__name__)
_HOUSEKEEPING_S = 5.0
_QUEUE_POOL = PoolSettings(size=4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where PostgreSQL and Redis are, and the data directory. The addresses hold secrets: never log them."""

    home: Path
    database_url: str
    redis_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Foundation:
    """What API and worker of one process share.

    `queue_database` is for leases, claims and answers alone: requests that fill the other pool must not cost a lease.
    """

    addresses: Addresses
    database: Database
    queue_database: Database
    bus: EventBus
    redis: RedisCalls
    unit_of_work: UnitOfWork
    audit: AuditService
    registry: ConnectorRegistry
    sealing: Sealing
    diagnostic_data: DiagnosticDataLibrary
    metrics: Metrics
    tracing: Tracing


@asynccontextmanager
async def engines(settings: Settings) -> AsyncIterator[Addresses]:
    """The user's servers where they are set, private ones from wheels otherwise; stopped when the block ends."""
    database_url = settings.database_url.get_secret_value() if settings.database_url else None
    redis_url = settings.redis_url.get_secret_value() if settings.redis_url else None
    if database_url and redis_url:
        yield Addresses(home=settings.home or default_home(), database_url=database_url, redis_url=redis_url)
        return
    async with EmbeddedEngines.running(settings.home, database=not database_url, redis=not redis_url) as own:
        yield Addresses(
            home=own.home,
            database_url=database_url or own.database_url or "",
            redis_url=redis_url or own.redis_url or "",
        )


@asynccontextmanager
async def foundation(settings: Settings, addresses: Addresses, *, role: str) -> AsyncIterator[Foundation]:
    """Migrate, open database and bus, and close them when the block ends. `role` names the process's connections."""
    await upgrade(addresses.database_url)
    metrics = Metrics()
    pool = PoolSettings(size=settings.database_pool_size)
    async with AsyncExitStack() as stack:
        tracing = make_tracing(settings.otel_endpoint, service_name=f"sovd-{role}")
        stack.callback(tracing.close)
        database = Database(addresses.database_url, name=f"sovd-{role}", pool=pool)
        stack.push_async_callback(database.close)
        queue_database = Database(addresses.database_url, name=f"sovd-{role}-queue", pool=_QUEUE_POOL)
        stack.push_async_callback(queue_database.close)
        bus = EventBus(addresses.redis_url, name=f"sovd-{role}", greeting=RESYNC_MESSAGES)
        bus.on_state_change(metrics.bus_connected)
        await stack.enter_async_context(bus.running())
        redis = await stack.enter_async_context(RedisCalls(addresses.redis_url, name=f"sovd-{role}-calls").running())
        unit_of_work = UnitOfWork(database, bus)
        diagnostic_data = DiagnosticDataLibrary(addresses.home, file_reader(unit_of_work))
        stack.push_async_callback(diagnostic_data.close)
        yield Foundation(
            addresses=addresses,
            database=database,
            queue_database=queue_database,
            bus=bus,
            redis=redis,
            unit_of_work=unit_of_work,
            audit=AuditService(unit_of_work),
            registry=await _connectors(settings, stack, redis, diagnostic_data),
            sealing=Sealing(await _secret_key(settings, addresses.home)),
            diagnostic_data=diagnostic_data,
            metrics=metrics,
            tracing=tracing,
        )


async def _connectors(
    settings: Settings, stack: AsyncExitStack, redis: RedisCalls, diagnostic_data: DiagnosticDataLibrary
) -> ConnectorRegistry:
    """All connectors; their sockets are closed with the stack."""
    networks = VehicleNetworks.from_text(
        denied=settings.vehicle_networks_denied, allowed=settings.vehicle_networks_allowed
    )
    hosts = VehicleHosts(networks)
    sovd = SovdConnector(SovdClients(hosts=hosts))
    stack.push_async_callback(sovd.close)
    links = await stack.enter_async_context(DoipLinks(hosts=hosts))
    return ConnectorRegistry([VehicleConnector(RedisMemory(redis)), sovd, DoipConnector(links, diagnostic_data)])


def _answer_limits(settings: Settings) -> AnswerLimits:
    return AnswerLimits(chunks=settings.answer_chunk_limit, size=settings.answer_byte_limit)


def make_worker(settings: Settings, base: Foundation) -> Worker:
    """A worker over a foundation; run it with `Worker.run`."""
    return Worker(
        database=base.queue_database,
        unit_of_work=base.unit_of_work,
        bus=base.bus,
        registry=base.registry,
        sealing=base.sealing,
        audit=base.audit,
        metrics=base.metrics,
        tracing=base.tracing,
        settings=WorkerSettings(
            slots=settings.worker_slots,
            lease_s=settings.lease_s,
            heartbeat_s=settings.heartbeat_s,
            poll_s=settings.queue_poll_s,
            drain_s=settings.drain_s,
            probe_interval_s=settings.probe_interval_s,
            presence_history_days=settings.presence_history_days,
            answer_limits=_answer_limits(settings),
        ),
    )


@asynccontextmanager
async def accounts(settings: Settings, base: Foundation) -> AsyncIterator[tuple[AccountService, RateLimits]]:
    """The accounts of this process, kept in step with other processes over the bus."""
    secret = await _token_secret(settings, base.addresses.home)
    passwords = PasswordHashing()
    limits = RateLimits(base.redis, login=settings.rate_limit_login, commands=settings.rate_limit_commands)
    service = AccountService(
        work=base.unit_of_work,
        audit=base.audit,
        tokens=AccessTokens(secret, ttl_s=settings.access_token_ttl_s),
        passwords=passwords,
        limits=limits,
        refresh_ttl_s=settings.refresh_token_ttl_s,
    )
    subscription = await base.bus.subscribe(WAKE_ACCOUNTS, service.handle_account_wake)
    try:
        yield service, limits
    finally:
        subscription.close()
        passwords.close()


@asynccontextmanager
async def api(settings: Settings, base: Foundation) -> AsyncIterator[FastAPI]:
    """The API with its background work, ready to be served; accepted submissions are stored before this ends."""
    intake = CommandIntake(base.database, base.bus, lane_limit=settings.lane_queue_limit)
    guard = AccessGuard(base.audit)
    hub = StreamHub(base.database, base.bus, base.metrics)
    async with AsyncExitStack() as stack:
        service, limits = await stack.enter_async_context(accounts(settings, base))
        await stack.enter_async_context(hub.running())
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        storing = tasks.create_task(intake.group.run(), name="command intake")
        housekeeping = tasks.create_task(_flush_refusals(base.audit), name="refusal counts")
        watching = tasks.create_task(service.callers.keep_watch(), name="revocations")
        vehicles = VehicleService(base.unit_of_work, guard, base.registry)
        commands = CommandService(base.unit_of_work, intake, guard, base.metrics, _answer_limits(settings))
        yield create_api(
            ApiState(
                settings=ApiSettings(version=version("sovd-command"), cors_origins=settings.cors_origins),
                accounts=service,
                audit=base.audit,
                commands=commands,
                command_previews=CommandPreviewService(base.unit_of_work, commands, base.registry),
                vehicles=vehicles,
                knowledge=VehicleKnowledgeService(base.unit_of_work, vehicles),
                presence_history=PresenceHistoryService(base.unit_of_work, vehicles),
                vehicle_secrets=VehicleSecretService(base.unit_of_work, guard, base.sealing),
                diagnostic_data=DiagnosticDataService(base.unit_of_work, guard, base.diagnostic_data),
                redecodings=RedecodingService(base.unit_of_work, guard, base.diagnostic_data, commands),
                hub=hub,
                rate_limits=limits,
                metrics=base.metrics,
                tracing=base.tracing,
                health_checks=_health_checks(base),
                queue_figures=lambda: _queue_figures(base),
            )
        )
        intake.group.close()
        await storing
        housekeeping.cancel()
        watching.cancel()
        await base.audit.flush_refusals(everything=True)


@asynccontextmanager
async def first_start(settings: Settings, service: AccountService, base: Foundation) -> AsyncIterator[str | None]:
    """Create the admin and the demo fleet where they are missing; gives the generated password, once.

    The demo fleet is kept until the block ends.
    """
    given = settings.admin_password.get_secret_value() if settings.admin_password else None
    password = await service.ensure_admin(given)
    async with AsyncExitStack() as stack:
        if settings.demo_fleet:
            await stack.enter_async_context(demo_fleet_kept(base.unit_of_work, base.addresses.home))
        yield password


async def _token_secret(settings: Settings, home: Path) -> str:
    if settings.token_secret is not None:
        return settings.token_secret.get_secret_value()
    return await _own_key(settings, home, TOKEN_SECRET, "SOVD_TOKEN_SECRET")


async def _secret_key(settings: Settings, home: Path) -> str:
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value()
    return await _own_key(settings, home, SECRET_KEY, "SOVD_SECRET_KEY")


async def _own_key(settings: Settings, home: Path, name: str, variable: str) -> str:
    if settings.database_url is not None:
        _log.warning(
            "a key of this machine is used; set the variable, the same everywhere, when processes run on several "
            "machines",
            variable=variable,
            kept_in=str(home),
        )
    with home_errors(home):
        return await asyncio.to_thread(load_or_create, home, name)


async def _flush_refusals(audit: AuditService) -> None:
    while True:
        await asyncio.sleep(_HOUSEKEEPING_S)
        try:
            await audit.flush_refusals()
        except Exception:  # noqa: BLE001 - the edge of a task: the counts are kept and written the next time
            _log.exception("refusal counts could not be written")


async def _queue_figures(base: Foundation) -> QueueFigures:
    async with base.unit_of_work.reading() as db:
        depth = await queue_repository.depth(db)
    return QueueFigures(depth=depth.waiting, oldest_age_s=depth.oldest_age_s)


def _health_checks(base: Foundation) -> tuple[HealthCheck, ...]:
    async def database() -> str | None:
        async with base.unit_of_work.reading() as db:
            await queue_repository.depth(db)
        return None

    async def redis() -> str | None:
        return None if base.bus.is_connected else "Redis cannot be reached; viewers are served from the database"

    async def migrations() -> str | None:
        async with base.unit_of_work.reading() as db:
            state = await schema_state(db)
        return None if state.is_current else f"the schema is {state.current}, this release needs {state.head}"

    return (
        HealthCheck(name="database", probe=database),
        HealthCheck(name="redis", probe=redis, required=False),
        HealthCheck(name="migrations", probe=migrations),
    )
