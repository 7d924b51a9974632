"""Add what the widget shows and asks: a site's settings, files, who a guest says they are, ratings, avatars, transcripts."""
import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade():
    # Each with a default or none: SQLite adds such a column without rewriting the rows.
    op.add_column("site", sa.Column("settings", sa.JSON(), server_default="{}", nullable=False))
    op.add_column("site", sa.Column("identity_secret", sa.String(length=64), nullable=True))
    op.add_column("assistant", sa.Column("avatar", sa.String(length=80), nullable=True))
    op.add_column("manager", sa.Column("avatar", sa.String(length=80), nullable=True))
    op.add_column("guest", sa.Column("name", sa.String(length=200), nullable=True))
    op.add_column("guest", sa.Column("user_id", sa.String(length=200), nullable=True))
    op.add_column("guest", sa.Column("is_verified", sa.Boolean(), server_default="0", nullable=False))
    op.add_column("guest", sa.Column("attributes", sa.JSON(), nullable=True))
    op.add_column("dialog", sa.Column("form", sa.JSON(), nullable=True))
    op.add_column("dialog", sa.Column("rating", sa.Integer(), nullable=True))
    op.add_column("dialog", sa.Column("rating_text", sa.Text(), nullable=True))
    op.add_column("message", sa.Column("attachments", sa.JSON(), nullable=True))
    op.add_column("message", sa.Column("author_avatar", sa.String(length=80), nullable=True))
    _add_files()
    # A CHECK can't be changed in place.
    with op.batch_alter_table("outbox", recreate="always", table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.drop_constraint("kind_known", type_="check")
        batch.create_check_constraint("kind_known", "kind IN ('tell_managers', 'tell_guest', 'mail', 'transcript')")


def _add_files():
    op.create_table("file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.String(length=36), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("guest_hash", sa.String(length=64), nullable=True),
        sa.Column("manager_id", sa.Integer(), nullable=True),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.String(length=24), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["manager_id"], ["manager.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("file_id"),
        sqlite_autoincrement=True
    )
    op.create_index("file_of_message", "file", ["message_id"])
    op.create_index("file_orphans", "file", ["created_at"], sqlite_where=sa.text("message_id IS NULL"))
