"""Real vehicles: lanes per control unit, settings and secrets of vehicles, back-off of probes, diagnostic data.

A lane becomes a span of numbers, so that a command to the whole vehicle overlaps with every control unit's; the
exclusion constraint needs no extension, because a range holds the vehicle's number too.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def _describe_vehicles() -> None:
    op.add_column(
        "vehicles",
        sa.Column("vehicle_number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
    )
    op.add_column("vehicles", sa.Column("settings", sa.JSON(), server_default=sa.text("'{}'"), nullable=False))
    op.add_column(
        "vehicles",
        sa.Column(
            "silent_probes",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="probes in a row without an answer",
        ),
    )
    op.create_unique_constraint("uq_vehicles_vehicle_number", "vehicles", ["vehicle_number"])


def _span_lanes() -> None:
    op.add_column(
        "commands",
        sa.Column(
            "lane_span",
            postgresql.INT8RANGE(),
            nullable=True,
            comment="the vehicle's number and what of the vehicle it needs",
        ),
    )
    op.execute(
        "UPDATE commands c SET lane_span = int8range(v.vehicle_number << 32, (v.vehicle_number + 1) << 32)"
        " FROM vehicles v WHERE v.vehicle_id = c.vehicle_id"
    )
    op.alter_column("commands", "lane_span", nullable=False)
    op.drop_index("uq_commands_active_lane", "commands")
    op.create_index(
        "ix_commands_in_progress",
        "commands",
        ["vehicle_id"],
        unique=False,
        postgresql_where=sa.text("status = 'in_progress'"),
    )
    op.create_exclude_constraint(
        "ex_commands_active_lane",
        "commands",
        (sa.column("lane_span"), "&&"),
        using="gist",
        where=sa.text("status = 'in_progress'"),
    )


def _create_vehicle_secrets() -> None:
    op.create_table(
        "vehicle_secrets",
        sa.Column("vehicle_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False, comment="encrypted; the key is not in the database"),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["vehicle_id"], ["vehicles.vehicle_id"], name=op.f("fk_vehicle_secrets_vehicle_id")),
        sa.PrimaryKeyConstraint("vehicle_id", "name", name=op.f("pk_vehicle_secrets")),
    )


def _create_diagnostic_data_sets() -> None:
    op.create_table(
        "diagnostic_data_sets",
        sa.Column("data_set_id", sa.Uuid(), nullable=False),
        sa.Column("checksum", sa.Text(), nullable=False, comment="SHA-256 of the file, in hex"),
        sa.Column("kind", sa.Text(), nullable=False, comment="odx or identifiers"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False, comment="bytes"),
        sa.Column("content", sa.LargeBinary(), nullable=False, comment="the file as it was added"),
        sa.Column("summary", sa.JSON(), nullable=False, comment="what it describes"),
        sa.Column("report", sa.JSON(), nullable=False, comment="what was skipped when it was loaded, and why"),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["users.user_id"], name=op.f("fk_diagnostic_data_sets_created_by")),
        sa.PrimaryKeyConstraint("data_set_id", name=op.f("pk_diagnostic_data_sets")),
        sa.UniqueConstraint("checksum", name=op.f("uq_diagnostic_data_sets_checksum")),
    )
    # An archive is compressed already: to try it again would only cost time.
    op.execute("ALTER TABLE diagnostic_data_sets ALTER COLUMN content SET STORAGE EXTERNAL")


def _create_diagnostic_data_assignments() -> None:
    op.create_table(
        "diagnostic_data_assignments",
        sa.Column("assignment_id", sa.Uuid(), nullable=False),
        sa.Column("data_set_id", sa.Uuid(), nullable=False),
        sa.Column("vehicle_id", sa.Uuid(), nullable=True, comment="null: every vehicle"),
        sa.Column("ecu_address", sa.Integer(), nullable=True, comment="null: every ECU that the data describes"),
        sa.Column("variant", sa.Text(), nullable=True, comment="null: identified, else the base variant"),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.user_id"], name=op.f("fk_diagnostic_data_assignments_created_by")
        ),
        sa.ForeignKeyConstraint(
            ["data_set_id"],
            ["diagnostic_data_sets.data_set_id"],
            name=op.f("fk_diagnostic_data_assignments_data_set_id"),
        ),
        sa.ForeignKeyConstraint(
            ["vehicle_id"], ["vehicles.vehicle_id"], name=op.f("fk_diagnostic_data_assignments_vehicle_id")
        ),
        sa.PrimaryKeyConstraint("assignment_id", name=op.f("pk_diagnostic_data_assignments")),
    )
    op.create_index(
        op.f("ix_diagnostic_data_assignments_vehicle_id"), "diagnostic_data_assignments", ["vehicle_id"], unique=False
    )
    op.create_index(
        "uq_diagnostic_data_assignments_place",
        "diagnostic_data_assignments",
        ["data_set_id", "vehicle_id", "ecu_address"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )


def _create_command_redecodings() -> None:
    op.create_table(
        "command_redecodings",
        sa.Column("redecoding_id", sa.Uuid(), nullable=False),
        sa.Column("command_id", sa.Uuid(), nullable=False),
        sa.Column("data_set_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column(
            "chunks", sa.JSON(), nullable=False, comment="the answer as the data set reads it; the original stays"
        ),
        sa.ForeignKeyConstraint(
            ["command_id"], ["commands.command_id"], name=op.f("fk_command_redecodings_command_id")
        ),
        sa.ForeignKeyConstraint(["created_by"], ["users.user_id"], name=op.f("fk_command_redecodings_created_by")),
        sa.ForeignKeyConstraint(
            ["data_set_id"], ["diagnostic_data_sets.data_set_id"], name=op.f("fk_command_redecodings_data_set_id")
        ),
        sa.PrimaryKeyConstraint("redecoding_id", name=op.f("pk_command_redecodings")),
    )
    op.create_index(op.f("ix_command_redecodings_command_id"), "command_redecodings", ["command_id"], unique=False)


def upgrade() -> None:
    """Add it all; runs in one transaction with its entry in `alembic_version`."""
    _describe_vehicles()
    _span_lanes()
    _create_vehicle_secrets()
    _create_diagnostic_data_sets()
    _create_diagnostic_data_assignments()
    _create_command_redecodings()
    for name, when, each in (("append_only", "UPDATE OR DELETE", "ROW"), ("no_truncate", "TRUNCATE", "STATEMENT")):
        op.execute(
            f"CREATE TRIGGER command_redecodings_{name} BEFORE {when} ON command_redecodings"
            f" FOR EACH {each} EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    """Nothing: the lanes of single control units cannot be told apart any more in the first schema."""
    raise NotImplementedError("this schema cannot be taken back; restore a backup instead")
