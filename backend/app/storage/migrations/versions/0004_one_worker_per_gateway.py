"""One worker at a time for vehicles that serve one connection; files of diagnostic data can be removed."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def _guard_vehicles_of_one_worker() -> None:
    """A claim decides by what it saw when it began, so two claims at the same moment may each find a vehicle idle.

    The function is asked last. It holds the vehicle until the claim's transaction has ended, and VOLATILE (the default)
    matters: only such a function sees what has been committed since the claim began.
    """
    op.execute(
        """
        CREATE FUNCTION vehicle_is_free_for(wanted uuid, worker uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
        BEGIN
            IF NOT pg_try_advisory_xact_lock(hashtextextended('one worker: ' || wanted, 0)) THEN
                RETURN false;  -- somebody else decides about this vehicle just now
            END IF;
            RETURN NOT EXISTS (
                SELECT FROM commands c JOIN workers w ON w.worker_id = c.lease_owner
                WHERE c.vehicle_id = wanted AND c.status = 'in_progress' AND c.lease_owner <> worker
                    AND w.lease_expires_at > clock_timestamp()
            );
        END
        $$
        """
    )


def _let_files_be_removed() -> None:
    op.add_column(
        "diagnostic_data_sets",
        sa.Column("removed_at", sa.DateTime(timezone=True), comment="its file is gone; what it was stays known"),
    )
    op.alter_column("diagnostic_data_sets", "content", nullable=True)
    op.create_check_constraint(
        op.f("ck_diagnostic_data_sets_removed"), "diagnostic_data_sets", "(content IS NULL) = (removed_at IS NOT NULL)"
    )


def upgrade() -> None:
    """Add it all; runs in one transaction with its entry in `alembic_version`."""
    _guard_vehicles_of_one_worker()
    _let_files_be_removed()


def downgrade() -> None:
    """Nothing: a file that was removed cannot be brought back."""
    raise NotImplementedError("this schema cannot be taken back; restore a backup instead")
