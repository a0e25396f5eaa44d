"""All settings, read once from the environment (prefix `SOVD_`) and passed down as values."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.domain.vehicle_networks import METADATA_NETWORKS, read_network


def _networks(texts: tuple[str, ...]) -> tuple[str, ...]:
    for text in texts:
        read_network(text)
    return texts


Networks = Annotated[tuple[str, ...], AfterValidator(_networks)]
"""Networks in CIDR notation, kept as they were written."""


class Settings(BaseSettings):
    """Every setting has a safe default; `docs/reference/settings.md` explains each. Times are in seconds."""

    model_config = SettingsConfigDict(env_prefix="SOVD_", extra="ignore", frozen=True)

    home: Path | None = Field(default=None, description="data directory; default: the platform's place for user data")
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)

    database_url: SecretStr | None = Field(default=None, description="PostgreSQL; unset: a private one is started")
    redis_url: SecretStr | None = Field(default=None, description="Redis or Valkey; unset: a private one is started")
    database_pool_size: int = Field(default=10, ge=2, le=200)

    admin_password: SecretStr | None = Field(default=None, description="password of the first admin; else generated")
    demo_fleet: bool = Field(default=False, description="serve and register vehicles to try everything on")

    token_secret: SecretStr | None = Field(default=None, description="signs access tokens; else generated and kept")
    secret_key: SecretStr | None = Field(default=None, description="seals secrets of vehicles; else generated and kept")
    access_token_ttl_s: int = Field(default=900, ge=1, le=86_400)
    refresh_token_ttl_s: int = Field(default=14 * 86_400, ge=1)
    rate_limit_login: str = "5/minute"
    rate_limit_commands: str = "600/minute"
    cors_origins: tuple[str, ...] = ()
    trusted_proxies: str = Field(default="127.0.0.1", description="addresses whose X-Forwarded-For is believed")

    worker_slots: int = Field(default=512, ge=1, le=10_000, description="commands a worker runs side by side")
    worker_metrics_port: int | None = Field(
        default=None, ge=0, le=65535, description="a worker process serves /metrics here; unset: it does not"
    )
    lease_s: float = Field(default=6.0, gt=0)
    heartbeat_s: float = Field(default=1.5, gt=0)
    queue_poll_s: float = Field(
        default=1.0, gt=0, description="look at the queue this often even when nothing wakes us"
    )
    drain_s: float = Field(default=30.0, ge=0, description="how long a stopping worker lets running commands finish")
    probe_interval_s: float = Field(default=5.0, gt=0, description="presence: how often a vehicle is probed")
    presence_history_days: int = Field(
        default=30, ge=1, le=3650, description="how many days back the presence of vehicles is kept"
    )
    lane_queue_limit: int = Field(default=100, ge=1, description="commands that may wait per lane")
    answer_chunk_limit: int = Field(
        default=50_000, ge=10, description="parts kept of one command's answer; one that has more is stopped"
    )
    answer_byte_limit: int = Field(
        default=64 * 1024 * 1024, ge=65_536, description="bytes kept of one command's answer; a larger one is stopped"
    )

    vehicle_networks_denied: Networks = Field(
        default=METADATA_NETWORKS, description="networks (CIDR) that no connection to a vehicle may lead into"
    )
    vehicle_networks_allowed: Networks = Field(
        default=(), description="the only networks that vehicles may be in; empty: all that are not denied"
    )

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["auto", "console", "json"] = "auto"
    otel_endpoint: str | None = Field(default=None, description="OTLP/HTTP collector; needs the extra `otel`")
