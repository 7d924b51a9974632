"""Count how messages fared, for each site and day."""
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.create_table("delivery",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("transport", sa.String(length=10), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("code", sa.String(length=30), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.CheckConstraint("transport IN ('socket', 'http')", name="transport_known"),
        sa.CheckConstraint("outcome IN ('stored', 'duplicate', 'retried', 'refused', 'failed')", name="outcome_known"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("day", "site_id", "transport", "outcome", "code"),
        sqlite_with_rowid=False
    )
