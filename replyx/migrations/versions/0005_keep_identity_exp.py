"""Keep when a guest's signed identity ends: one that was signed before must not put its data back."""
import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade():
    op.add_column("guest", sa.Column("identity_exp", sa.Integer(), nullable=True))
