"""All tables. The migrations build exactly this; a test compares the two.

Times are `timestamptz` from the database's clock. JSON that came from outside is kept as `json`, which preserves the
text as it came (order, number format, escapes), not as `jsonb`.
"""

from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
    column,
    text,
)
from sqlalchemy.dialects.postgresql import INT8RANGE, ExcludeConstraint

from app.domain.command_states import CommandStatus
from app.domain.roles import Role
from app.domain.vehicle import ConnectionStatus

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_NOW = text("now()")
_TIME = DateTime(timezone=True)


def _one_of(column: str, values: type[CommandStatus] | type[Role] | type[ConnectionStatus]) -> str:
    listed = ", ".join(f"'{value}'" for value in values)
    return f"{column} IN ({listed})"


users = Table(
    "users",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("username", Text, nullable=False, unique=True),
    Column("email", Text),
    Column("password_hash", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("is_active", Boolean, nullable=False, server_default=text("true")),
    Column("vehicle_ids", ARRAY(Uuid), comment="scope; null is the whole fleet"),
    Column("created_at", _TIME, nullable=False, server_default=_NOW),
    CheckConstraint(_one_of("role", Role), name="role"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("session_id", Uuid, primary_key=True, comment="family of refresh tokens"),
    Column("user_id", Uuid, ForeignKey("users.user_id"), nullable=False, index=True),
    Column("created_at", _TIME, nullable=False, server_default=_NOW),
    Column("last_used_at", _TIME, nullable=False, server_default=_NOW),
    Column("expires_at", _TIME, nullable=False),
    Column("revoked_at", _TIME),
    Column("revoked_reason", Text),
    Column("user_agent", Text),
    Column("ip_address", Text),
)

refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    Column("token_digest", LargeBinary, primary_key=True, comment="SHA-256; the token itself is never stored"),
    Column("session_id", Uuid, ForeignKey("sessions.session_id"), nullable=False, index=True),
    Column("created_at", _TIME, nullable=False, server_default=_NOW),
    Column("spent_at", _TIME),
)

vehicles = Table(
    "vehicles",
    metadata,
    Column("vehicle_id", Uuid, primary_key=True),
    Column("vin", Text, nullable=False),
    Column("make", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("year", SmallInteger),
    Column("address", Text, nullable=False),
    Column("metadata", JSON, nullable=False, server_default=text("'{}'")),
    Column("connection_status", Text, nullable=False, server_default=text("'unknown'")),
    Column("status_cause", Text),
    Column("last_seen_at", _TIME),
    Column("next_probe_at", _TIME, nullable=False, server_default=_NOW),
    Column("created_at", _TIME, nullable=False, server_default=_NOW),
    Column("deleted_at", _TIME, comment="a removed vehicle keeps its history"),
    Column("vehicle_number", BigInteger, Identity(always=True), nullable=False, unique=True),
    Column("settings", JSON, nullable=False, server_default=text("'{}'")),
    Column(
        "silent_probes", Integer, nullable=False, server_default=text("0"), comment="probes in a row without an answer"
    ),
    Column("status_since", _TIME, nullable=False, server_default=_NOW),
    CheckConstraint(_one_of("connection_status", ConnectionStatus), name="connection_status"),
    Index("uq_vehicles_vin", "vin", unique=True, postgresql_where=text("deleted_at IS NULL")),
    Index("ix_vehicles_next_probe_at", "next_probe_at", postgresql_where=text("deleted_at IS NULL")),
)

presence_changes = Table(
    "presence_changes",
    metadata,
    Column("vehicle_id", Uuid, ForeignKey("vehicles.vehicle_id"), primary_key=True),
    Column("since", _TIME, primary_key=True, comment="of one vehicle, each is later than the one before"),
    Column("connection_status", Text, nullable=False),
    Column("status_cause", Text),
    Column("last_seen_at", _TIME, comment="the last real answer at that time"),
    CheckConstraint(_one_of("connection_status", ConnectionStatus), name="connection_status"),
    Index(
        "ix_presence_changes_since",
        "since",
        postgresql_using="brin",
        postgresql_with={"pages_per_range": 32, "autosummarize": True},
    ),
)
"""Written by triggers on `vehicles`: one row per vehicle and change of status or cause, in the writer's transaction."""

vehicle_secrets = Table(
    "vehicle_secrets",
    metadata,
    Column("vehicle_id", Uuid, ForeignKey("vehicles.vehicle_id"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("sealed", LargeBinary, nullable=False, comment="encrypted; the key is not in the database"),
    Column("changed_at", _TIME, nullable=False, server_default=_NOW),
)

workers = Table(
    "workers",
    metadata,
    Column("worker_id", Uuid, primary_key=True),
    Column("name", Text, nullable=False, comment="host and process, for people"),
    Column("started_at", _TIME, nullable=False, server_default=_NOW),
    Column("lease_expires_at", _TIME, nullable=False, comment="moved on by the heartbeat"),
)

_PENDING = text("status = 'pending'")
_IN_PROGRESS = text("status = 'in_progress'")

commands = Table(
    "commands",
    metadata,
    Column("command_id", Uuid, primary_key=True),
    Column("queue_number", BigInteger, Identity(always=True), nullable=False, unique=True),
    Column("vehicle_id", Uuid, ForeignKey("vehicles.vehicle_id"), nullable=False),
    Column("user_id", Uuid, ForeignKey("users.user_id"), nullable=False),
    Column("lane", Text, nullable=False, comment="one active command per lane"),
    Column("command_name", Text, nullable=False),
    Column("command_params", JSON, nullable=False),
    Column("status", Text, nullable=False, server_default=text("'pending'")),
    Column("status_reason", Text),
    Column("error", JSON(none_as_null=True)),
    Column("reason", Text, comment="why the caller sent it"),
    Column("correlation_id", Text, nullable=False),
    Column("trace_context", Text, comment="W3C traceparent"),
    Column("idempotency_key", Text),
    Column("request_digest", LargeBinary),
    Column("submitted_at", _TIME, nullable=False, server_default=_NOW),
    Column("expires_at", _TIME, nullable=False),
    Column("timeout_s", Double, nullable=False),
    Column("started_at", _TIME),
    Column("completed_at", _TIME),
    Column("cancel_requested_at", _TIME),
    Column("attempt", Integer, nullable=False, server_default=text("0")),
    Column("lease_owner", Uuid, comment="worker that runs it"),
    Column("lease_token", BigInteger, nullable=False, server_default=text("0"), comment="fencing: +1 per claim"),
    Column("lane_span", INT8RANGE, nullable=False, comment="the vehicle's number and what of the vehicle it needs"),
    CheckConstraint(_one_of("status", CommandStatus), name="status"),
    Index(
        "uq_commands_user_id_idempotency_key",
        "user_id",
        "idempotency_key",
        unique=True,
        postgresql_where=text("idempotency_key IS NOT NULL"),
    ),
    ExcludeConstraint((column("lane_span"), "&&"), name="ex_commands_active_lane", using="gist", where=_IN_PROGRESS),
    Index("ix_commands_in_progress", "vehicle_id", postgresql_where=_IN_PROGRESS),
    Index("ix_commands_pending_lane", "lane", "queue_number", postgresql_where=_PENDING),
    Index("ix_commands_pending_expiry", "expires_at", postgresql_where=_PENDING),
    Index("ix_commands_vehicle_id_queue_number", "vehicle_id", "queue_number"),
    Index("ix_commands_user_id_queue_number", "user_id", "queue_number"),
    Index("ix_commands_unknown_outcome", "queue_number", postgresql_where=text("status = 'outcome_unknown'")),
    Index(
        "ix_commands_bad_endings",
        "queue_number",
        postgresql_where=text("status IN ('failed', 'outcome_unknown', 'expired', 'cancelled')"),
    ),
)

responses = Table(
    "responses",
    metadata,
    Column("command_id", Uuid, ForeignKey("commands.command_id"), primary_key=True),
    Column("sequence_number", Integer, primary_key=True, autoincrement=False),
    Column("response_id", Uuid, nullable=False, unique=True),
    Column("response_payload", JSON, nullable=False),
    Column("is_final", Boolean, nullable=False),
    Column("received_at", _TIME, nullable=False, server_default=text("clock_timestamp()")),
    CheckConstraint("sequence_number >= 1", name="from_one"),
    Index("uq_responses_final", "command_id", unique=True, postgresql_where=text("is_final")),
)

diagnostic_data_sets = Table(
    "diagnostic_data_sets",
    metadata,
    Column("data_set_id", Uuid, primary_key=True),
    Column("checksum", Text, nullable=False, unique=True, comment="SHA-256 of the file, in hex"),
    Column("kind", Text, nullable=False, comment="odx or identifiers"),
    Column("name", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("file_name", Text, nullable=False),
    Column("size", BigInteger, nullable=False, comment="bytes"),
    Column("content", LargeBinary, comment="the file as it was added"),
    Column("summary", JSON, nullable=False, comment="what it describes"),
    Column("report", JSON, nullable=False, comment="what was skipped when it was loaded, and why"),
    Column("created_at", _TIME, nullable=False, server_default=_NOW),
    Column("created_by", Uuid, ForeignKey("users.user_id"), nullable=False),
    Column("removed_at", _TIME, comment="its file is gone; what it was stays known"),
    CheckConstraint("(content IS NULL) = (removed_at IS NOT NULL)", name="removed"),
)

diagnostic_data_assignments = Table(
    "diagnostic_data_assignments",
    metadata,
    Column("assignment_id", Uuid, primary_key=True),
    Column("data_set_id", Uuid, ForeignKey("diagnostic_data_sets.data_set_id"), nullable=False),
    Column("vehicle_id", Uuid, ForeignKey("vehicles.vehicle_id"), index=True, comment="null: every vehicle"),
    Column("ecu_address", Integer, comment="null: every ECU that the data describes"),
    Column("variant", Text, comment="null: identified, else the base variant"),
    Column("created_at", _TIME, nullable=False, server_default=_NOW),
    Column("created_by", Uuid, ForeignKey("users.user_id"), nullable=False),
    Index(
        "uq_diagnostic_data_assignments_place",
        "data_set_id",
        "vehicle_id",
        "ecu_address",
        unique=True,
        postgresql_nulls_not_distinct=True,
    ),
)

command_redecodings = Table(
    "command_redecodings",
    metadata,
    Column("redecoding_id", Uuid, primary_key=True),
    Column("command_id", Uuid, ForeignKey("commands.command_id"), nullable=False, index=True),
    Column("data_set_id", Uuid, ForeignKey("diagnostic_data_sets.data_set_id"), nullable=False),
    Column("created_at", _TIME, nullable=False, server_default=_NOW),
    Column("created_by", Uuid, ForeignKey("users.user_id"), nullable=False),
    Column("chunks", JSON, nullable=False, comment="the answer as the data set reads it; the original stays"),
)

audit_log = Table(
    "audit_log",
    metadata,
    Column("entry_id", BigInteger, Identity(always=True), primary_key=True),
    Column("occurred_at", _TIME, nullable=False, server_default=text("clock_timestamp()")),
    Column("actor_type", Text, nullable=False, comment="user, worker or system"),
    Column("actor_id", Text),
    Column("actor_name", Text),
    Column("action", Text, nullable=False, comment="for example command.submitted"),
    Column("outcome", Text, nullable=False, comment="success or refused"),
    Column("object_type", Text),
    Column("object_id", Text),
    Column("details", JSON, nullable=False, server_default=text("'{}'")),
    Column("correlation_id", Text),
    Column("ip_address", Text),
    Index("ix_audit_log_object_id_entry_id", "object_id", "entry_id"),
    Index(
        "ix_audit_log_occurred_at",
        "occurred_at",
        postgresql_using="brin",
        postgresql_with={"pages_per_range": 32, "autosummarize": True},
    ),
)

audit_seals = Table(
    "audit_seals",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("entry_id", BigInteger, ForeignKey("audit_log.entry_id"), nullable=False, unique=True),
    Column("entry_digest", LargeBinary, nullable=False),
    Column(
        "chain_digest", LargeBinary, nullable=False, comment="SHA-256 over the previous chain digest and this entry's"
    ),
    Column("sealed_at", _TIME, nullable=False, server_default=_NOW),
)
