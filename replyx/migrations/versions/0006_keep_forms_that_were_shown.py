"""Keep the forms that a site has shown: what a guest answered is recorded as it was asked. And which line was left out of hours."""
import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade():
    op.add_column("dialog", sa.Column("left_message_id", sa.Integer(), nullable=True))
    op.create_table(
        "form_revision",
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("form", sa.String(length=10), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("site_id", "name"))
