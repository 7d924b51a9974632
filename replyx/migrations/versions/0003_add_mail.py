"""Add what mail needs: the outbox, guests' addresses, managers' wishes, and up to which line each side was told."""
import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade():
    # Each with a default or none: SQLite adds such a column without rewriting the rows.
    op.add_column("guest", sa.Column("email", sa.String(length=254), nullable=True))
    op.add_column("guest", sa.Column("lang", sa.String(length=2), nullable=True))
    op.add_column("manager", sa.Column("lang", sa.String(length=2), nullable=True))
    op.add_column("manager", sa.Column("wants_mail", sa.Boolean(), server_default="1", nullable=False))
    op.add_column("dialog", sa.Column("guest_told_id", sa.Integer(), server_default="0", nullable=False))
    op.add_column("dialog", sa.Column("manager_told_id", sa.Integer(), server_default="0", nullable=False))
    op.create_table("outbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("dialog_id", sa.Integer(), nullable=False),
        sa.Column("manager_id", sa.Integer(), nullable=True),
        sa.Column("lines", sa.JSON(), nullable=True),
        sa.Column("due_at", sa.String(length=24), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("is_leased", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("error", sa.String(length=40), nullable=True),
        sa.Column("dead_at", sa.String(length=24), nullable=True),
        sa.Column("created_at", sa.String(length=24), nullable=False),
        sa.CheckConstraint("kind IN ('tell_managers', 'tell_guest', 'mail')", name="kind_known"),
        sa.ForeignKeyConstraint(["dialog_id"], ["dialog.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["manager_id"], ["manager.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True
    )
    op.create_index("outbox_once", "outbox", ["dialog_id", "kind"], unique=True, sqlite_where=sa.text("kind <> 'mail'"))
    op.create_index("outbox_due", "outbox", ["due_at"], sqlite_where=sa.text("dead_at IS NULL"))
    op.create_index("outbox_dead", "outbox", ["dead_at"], sqlite_where=sa.text("dead_at IS NOT NULL"))
    op.create_index("outbox_mail", "outbox", ["manager_id", "dialog_id"],
                    sqlite_where=sa.text("kind = 'mail' AND dead_at IS NULL"))
