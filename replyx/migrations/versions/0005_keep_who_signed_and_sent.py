"""Keep when a guest's signed identity ends: one that was signed before must not put its data back. And which API key a file is
from, whose number stood in a guest's place."""
import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade():
    op.add_column("guest", sa.Column("identity_exp", sa.Integer(), nullable=True))
    # A reference can't be added in place.
    with op.batch_alter_table("file", recreate="always", table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.add_column(sa.Column("api_key_id", sa.Integer(), nullable=True), insert_after="manager_id")
        batch.create_foreign_key("file_of_api_key", "api_key", ["api_key_id"], ["id"], ondelete="SET NULL")
    op.execute("UPDATE file SET guest_hash = NULL, api_key_id = (SELECT id FROM api_key WHERE 'api_key:' || id = file.guest_hash) "
               "WHERE guest_hash LIKE 'api_key:%'")
