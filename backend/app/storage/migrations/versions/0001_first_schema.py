"""First schema: accounts, vehicles, commands with their answers, the audit trail.

Two rules live in triggers because no constraint can say them: the audit trail and the stored answers are append-only,
and an answer only ever follows one that is not final, without a gap.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _create_audit_log() -> None:
    op.create_table(
        "audit_log",
        sa.Column("entry_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column(
            "occurred_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("actor_type", sa.Text(), nullable=False, comment="user, worker or system"),
        sa.Column("actor_id", sa.Text(), nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False, comment="for example command.submitted"),
        sa.Column("outcome", sa.Text(), nullable=False, comment="success or refused"),
        sa.Column("object_type", sa.Text(), nullable=True),
        sa.Column("object_id", sa.Text(), nullable=True),
        sa.Column("details", sa.JSON(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("correlation_id", sa.Text(), nullable=True),
        sa.Column("ip_address", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_audit_log")),
    )
    op.create_index("ix_audit_log_object_id_entry_id", "audit_log", ["object_id", "entry_id"], unique=False)
    # Times rise with the rows, so 56 kB for a million of them find an hour; other filters walk back from the newest.
    op.create_index(
        "ix_audit_log_occurred_at",
        "audit_log",
        ["occurred_at"],
        unique=False,
        postgresql_using="brin",
        postgresql_with={"pages_per_range": 32, "autosummarize": True},
    )


def _create_users() -> None:
    op.create_table(
        "users",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("vehicle_ids", sa.ARRAY(sa.Uuid()), nullable=True, comment="scope; null is the whole fleet"),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("role IN ('viewer', 'engineer', 'admin')", name=op.f("ck_users_role")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_users")),
        sa.UniqueConstraint("username", name=op.f("uq_users_username")),
    )


def _create_vehicles() -> None:
    op.create_table(
        "vehicles",
        sa.Column("vehicle_id", sa.Uuid(), nullable=False),
        sa.Column("vin", sa.Text(), nullable=False),
        sa.Column("make", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("metadata", sa.JSON(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("connection_status", sa.Text(), server_default=sa.text("'unknown'"), nullable=False),
        sa.Column("status_cause", sa.Text(), nullable=True),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_probe_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column(
            "deleted_at", sa.DateTime(timezone=True), nullable=True, comment="a removed vehicle keeps its history"
        ),
        sa.CheckConstraint(
            "connection_status IN ('connected', 'disconnected', 'error', 'unknown')",
            name=op.f("ck_vehicles_connection_status"),
        ),
        sa.PrimaryKeyConstraint("vehicle_id", name=op.f("pk_vehicles")),
    )
    op.create_index(
        "ix_vehicles_next_probe_at",
        "vehicles",
        ["next_probe_at"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index("uq_vehicles_vin", "vehicles", ["vin"], unique=True, postgresql_where=sa.text("deleted_at IS NULL"))


def _create_workers() -> None:
    op.create_table(
        "workers",
        sa.Column("worker_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="host and process, for people"),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("lease_expires_at", sa.DateTime(timezone=True), nullable=False, comment="moved on by the heartbeat"),
        sa.PrimaryKeyConstraint("worker_id", name=op.f("pk_workers")),
    )


def _create_audit_seals() -> None:
    op.create_table(
        "audit_seals",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("entry_digest", sa.LargeBinary(), nullable=False),
        sa.Column(
            "chain_digest",
            sa.LargeBinary(),
            nullable=False,
            comment="SHA-256 over the previous chain digest and this entry's",
        ),
        sa.Column("sealed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["audit_log.entry_id"], name=op.f("fk_audit_seals_entry_id")),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_audit_seals")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_audit_seals_entry_id")),
    )


def _create_commands() -> None:
    op.create_table(
        "commands",
        sa.Column("command_id", sa.Uuid(), nullable=False),
        sa.Column("queue_number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("vehicle_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False, comment="one active command per lane"),
        sa.Column("command_name", sa.Text(), nullable=False),
        sa.Column("command_params", sa.JSON(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'pending'"), nullable=False),
        sa.Column("status_reason", sa.Text(), nullable=True),
        sa.Column("error", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True, comment="why the caller sent it"),
        sa.Column("correlation_id", sa.Text(), nullable=False),
        sa.Column("trace_context", sa.Text(), nullable=True, comment="W3C traceparent"),
        sa.Column("idempotency_key", sa.Text(), nullable=True),
        sa.Column("request_digest", sa.LargeBinary(), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("timeout_s", sa.Double(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_requested_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempt", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("lease_owner", sa.Uuid(), nullable=True, comment="worker that runs it"),
        sa.Column(
            "lease_token", sa.BigInteger(), server_default=sa.text("0"), nullable=False, comment="fencing: +1 per claim"
        ),
        sa.CheckConstraint(
            "status IN ('pending', 'in_progress', 'completed', 'failed', 'outcome_unknown', 'expired', 'cancelled')",
            name=op.f("ck_commands_status"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"], name=op.f("fk_commands_user_id")),
        sa.ForeignKeyConstraint(["vehicle_id"], ["vehicles.vehicle_id"], name=op.f("fk_commands_vehicle_id")),
        sa.PrimaryKeyConstraint("command_id", name=op.f("pk_commands")),
        sa.UniqueConstraint("queue_number", name=op.f("uq_commands_queue_number")),
    )
    op.create_index(
        "ix_commands_bad_endings",
        "commands",
        ["queue_number"],
        unique=False,
        postgresql_where=sa.text("status IN ('failed', 'outcome_unknown', 'expired', 'cancelled')"),
    )
    op.create_index(
        "ix_commands_unknown_outcome",
        "commands",
        ["queue_number"],
        unique=False,
        postgresql_where=sa.text("status = 'outcome_unknown'"),
    )
    op.create_index(
        "ix_commands_pending_expiry",
        "commands",
        ["expires_at"],
        unique=False,
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_index(
        "ix_commands_pending_lane",
        "commands",
        ["lane", "queue_number"],
        unique=False,
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_index("ix_commands_user_id_queue_number", "commands", ["user_id", "queue_number"], unique=False)
    op.create_index("ix_commands_vehicle_id_queue_number", "commands", ["vehicle_id", "queue_number"], unique=False)
    op.create_index(
        "uq_commands_active_lane", "commands", ["lane"], unique=True, postgresql_where=sa.text("status = 'in_progress'")
    )
    op.create_index(
        "uq_commands_user_id_idempotency_key",
        "commands",
        ["user_id", "idempotency_key"],
        unique=True,
        postgresql_where=sa.text("idempotency_key IS NOT NULL"),
    )


def _create_sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("session_id", sa.Uuid(), nullable=False, comment="family of refresh tokens"),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_reason", sa.Text(), nullable=True),
        sa.Column("user_agent", sa.Text(), nullable=True),
        sa.Column("ip_address", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"], name=op.f("fk_sessions_user_id")),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_user_id"), "sessions", ["user_id"], unique=False)


def _create_refresh_tokens() -> None:
    op.create_table(
        "refresh_tokens",
        sa.Column(
            "token_digest", sa.LargeBinary(), nullable=False, comment="SHA-256; the token itself is never stored"
        ),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("spent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.session_id"], name=op.f("fk_refresh_tokens_session_id")),
        sa.PrimaryKeyConstraint("token_digest", name=op.f("pk_refresh_tokens")),
    )
    op.create_index(op.f("ix_refresh_tokens_session_id"), "refresh_tokens", ["session_id"], unique=False)


def _create_responses() -> None:
    op.create_table(
        "responses",
        sa.Column("command_id", sa.Uuid(), nullable=False),
        sa.Column("sequence_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("response_id", sa.Uuid(), nullable=False),
        sa.Column("response_payload", sa.JSON(), nullable=False),
        sa.Column("is_final", sa.Boolean(), nullable=False),
        sa.Column(
            "received_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint("sequence_number >= 1", name=op.f("ck_responses_from_one")),
        sa.ForeignKeyConstraint(["command_id"], ["commands.command_id"], name=op.f("fk_responses_command_id")),
        sa.PrimaryKeyConstraint("command_id", "sequence_number", name=op.f("pk_responses")),
        sa.UniqueConstraint("response_id", name=op.f("uq_responses_response_id")),
    )
    op.create_index(
        "uq_responses_final", "responses", ["command_id"], unique=True, postgresql_where=sa.text("is_final")
    )


def _keep_append_only(*tables: str) -> None:
    """Refuse UPDATE, DELETE and TRUNCATE: SQLSTATE 23001, constraint `<table>_append_only`."""
    op.execute(
        """
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
                USING ERRCODE = 'restrict_violation',
                      TABLE = TG_TABLE_NAME,
                      CONSTRAINT = TG_TABLE_NAME || '_append_only',
                      HINT = 'Rows of this table are proof of what happened and are never changed or removed.';
        END
        $$
        """
    )
    for table in tables:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def _number_responses_without_gap() -> None:
    """Refuse a row whose predecessor is missing or final: SQLSTATE 23514, constraints `responses_no_gap` and
    `responses_nothing_follows_final`.

    VOLATILE (the default) matters: only such a function sees the rows that the same INSERT put in before.
    """
    op.execute(
        """
        CREATE FUNCTION number_responses_without_gap() RETURNS trigger LANGUAGE plpgsql VOLATILE AS $$
        DECLARE
            predecessor_is_final boolean;
        BEGIN
            IF NEW.sequence_number = 1 THEN
                RETURN NEW;
            END IF;
            SELECT is_final INTO predecessor_is_final FROM responses
                WHERE command_id = NEW.command_id AND sequence_number = NEW.sequence_number - 1;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'response % of command % would leave a gap: no response %',
                    NEW.sequence_number, NEW.command_id, NEW.sequence_number - 1
                    USING ERRCODE = 'check_violation', TABLE = 'responses', CONSTRAINT = 'responses_no_gap';
            ELSIF predecessor_is_final THEN
                RAISE EXCEPTION 'response % of command % refused: nothing follows a final one',
                    NEW.sequence_number, NEW.command_id
                    USING ERRCODE = 'check_violation', TABLE = 'responses',
                          CONSTRAINT = 'responses_nothing_follows_final';
            END IF;
            RETURN NEW;
        END
        $$
        """
    )
    op.execute(
        "CREATE TRIGGER responses_no_gap BEFORE INSERT ON responses"
        " FOR EACH ROW EXECUTE FUNCTION number_responses_without_gap()"
    )


def _move_commands_legally() -> None:
    """The legal moves of a command as `app.domain.command_states` has them; a test compares the two."""
    op.execute(
        """
        CREATE FUNCTION move_commands_legally() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF (OLD.status, NEW.status) NOT IN (
                ('pending', 'in_progress'), ('pending', 'expired'), ('pending', 'cancelled'),
                ('in_progress', 'completed'), ('in_progress', 'failed'), ('in_progress', 'outcome_unknown'),
                ('in_progress', 'cancelled'),
                ('outcome_unknown', 'completed'), ('outcome_unknown', 'failed')
            ) THEN
                RAISE EXCEPTION 'command % cannot go from % to %', NEW.command_id, OLD.status, NEW.status
                    USING ERRCODE = 'check_violation', TABLE = 'commands', CONSTRAINT = 'commands_legal_moves';
            END IF;
            RETURN NEW;
        END
        $$
        """
    )
    op.execute(
        "CREATE TRIGGER commands_legal_moves BEFORE UPDATE ON commands"
        " FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION move_commands_legally()"
    )


def upgrade() -> None:
    """Create everything; runs in one transaction with its entry in `alembic_version`."""
    _create_audit_log()
    _create_users()
    _create_vehicles()
    _create_workers()
    _create_audit_seals()
    _create_commands()
    _create_sessions()
    _create_refresh_tokens()
    _create_responses()
    _keep_append_only("audit_log", "audit_seals", "responses")
    _number_responses_without_gap()
    _move_commands_legally()


def downgrade() -> None:
    """Nothing: taking the first schema away would take every command and its audit trail with it."""
    raise NotImplementedError("the first schema cannot be taken back; drop the database instead")
