"""Presence history: each change of a vehicle's presence, written by the database itself.

Triggers write the rows, so that every writer does it in its own transaction and exactly once, the release before this
one included while both run.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_CHANGED = (
    "(OLD.connection_status, OLD.status_cause) IS DISTINCT FROM (NEW.connection_status, NEW.status_cause)"  # also null
)


def _create_presence_changes() -> None:
    op.create_table(
        "presence_changes",
        sa.Column("vehicle_id", sa.Uuid(), nullable=False),
        sa.Column(
            "since",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="of one vehicle, each is later than the one before",
        ),
        sa.Column("connection_status", sa.Text(), nullable=False),
        sa.Column("status_cause", sa.Text(), nullable=True),
        sa.Column(
            "last_seen_at", sa.DateTime(timezone=True), nullable=True, comment="the last real answer at that time"
        ),
        sa.CheckConstraint(
            "connection_status IN ('connected', 'disconnected', 'error', 'unknown')",
            name=op.f("ck_presence_changes_connection_status"),
        ),
        sa.ForeignKeyConstraint(["vehicle_id"], ["vehicles.vehicle_id"], name=op.f("fk_presence_changes_vehicle_id")),
        sa.PrimaryKeyConstraint("vehicle_id", "since", name=op.f("pk_presence_changes")),
    )
    op.create_index(
        "ix_presence_changes_since",
        "presence_changes",
        ["since"],
        unique=False,
        postgresql_using="brin",
        postgresql_with={"pages_per_range": 32, "autosummarize": True},
    )


def _record_changes() -> None:
    """`date_presence` gives a change its time: the writer's where it names one, else the clock's, never one that is
    not later than the last. `record_presence` writes it down."""
    op.execute(
        """
        CREATE FUNCTION date_presence() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.status_since = OLD.status_since THEN
                NEW.status_since := clock_timestamp();
            END IF;
            NEW.status_since := greatest(NEW.status_since, OLD.status_since + interval '1 microsecond');
            RETURN NEW;
        END
        $$
        """
    )
    op.execute(
        """
        CREATE FUNCTION record_presence() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO presence_changes (vehicle_id, since, connection_status, status_cause, last_seen_at)
            VALUES (NEW.vehicle_id, NEW.status_since, NEW.connection_status, NEW.status_cause, NEW.last_seen_at);
            RETURN NULL;
        END
        $$
        """
    )
    op.execute(
        "CREATE TRIGGER vehicles_date_presence BEFORE UPDATE OF connection_status, status_cause ON vehicles"
        f" FOR EACH ROW WHEN ({_CHANGED}) EXECUTE FUNCTION date_presence()"
    )
    op.execute(
        "CREATE TRIGGER vehicles_record_presence AFTER UPDATE OF connection_status, status_cause ON vehicles"
        f" FOR EACH ROW WHEN ({_CHANGED}) EXECUTE FUNCTION record_presence()"
    )
    op.execute(
        "CREATE TRIGGER vehicles_record_first_presence AFTER INSERT ON vehicles"
        " FOR EACH ROW EXECUTE FUNCTION record_presence()"
    )


def upgrade() -> None:
    """Vehicles get `status_since`, and their history begins now with the presence they have."""
    op.add_column(
        "vehicles",
        sa.Column("status_since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    )
    _create_presence_changes()
    op.execute(
        "INSERT INTO presence_changes (vehicle_id, since, connection_status, status_cause, last_seen_at)"
        " SELECT vehicle_id, status_since, connection_status, status_cause, last_seen_at FROM vehicles"
        " WHERE deleted_at IS NULL"
    )
    _record_changes()


def downgrade() -> None:
    """Take it all back; the history is lost, the presence of each vehicle stays."""
    for name in ("vehicles_record_first_presence", "vehicles_record_presence", "vehicles_date_presence"):
        op.execute(f"DROP TRIGGER {name} ON vehicles")
    op.execute("DROP FUNCTION record_presence()")
    op.execute("DROP FUNCTION date_presence()")
    op.drop_table("presence_changes")
    op.drop_column("vehicles", "status_since")
