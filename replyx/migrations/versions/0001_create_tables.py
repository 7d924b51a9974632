"""Create the tables: sites, people, dialogs and messages."""
import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

def upgrade():
    op.create_table("api_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("all_sites", sa.Boolean(), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.String(length=24), nullable=False),
        sa.Column("revoked_at", sa.String(length=24), nullable=True),
        sa.CheckConstraint("role IN ('owner', 'manager')", name="role_known"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key_hash"),
        sqlite_autoincrement=True
    )

    op.create_table("manager",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("all_sites", sa.Boolean(), nullable=False),
        sa.Column("totp_secret", sa.String(length=64), nullable=True),
        sa.Column("totp_step", sa.Integer(), nullable=True),
        sa.Column("disabled_at", sa.String(length=24), nullable=True),
        sa.Column("created_at", sa.String(length=24), nullable=False),
        sa.CheckConstraint("role IN ('owner', 'manager')", name="role_known"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("email"),
        sqlite_autoincrement=True
    )

    op.create_table("setup_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.String(length=24), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash"),
        sqlite_autoincrement=True
    )

    op.create_table("site",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("site_token", sa.String(length=64), nullable=False),
        sa.Column("old_site_token", sa.String(length=64), nullable=True),
        sa.Column("old_site_token_until", sa.String(length=24), nullable=True),
        sa.Column("domains", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.String(length=24), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("old_site_token"),
        sa.UniqueConstraint("site_token"),
        sqlite_autoincrement=True
    )

    op.create_table("api_key_site",
        sa.Column("api_key_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["api_key_id"], ["api_key.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("api_key_id", "site_id")
    )

    op.create_table("assistant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.String(length=24), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"]),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True
    )

    op.create_index("ix_assistant_site_id", "assistant", ["site_id"])
    op.create_table("guest",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("guest_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.String(length=24), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"]),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True
    )

    op.create_index("guest_once", "guest", ["site_id", "guest_hash"], unique=True)
    op.create_table("manager_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("manager_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.String(length=24), nullable=False),
        sa.Column("expires_at", sa.String(length=24), nullable=False),
        sa.ForeignKeyConstraint(["manager_id"], ["manager.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash"),
        sqlite_autoincrement=True
    )

    op.create_index("ix_manager_session_expires_at", "manager_session", ["expires_at"])
    op.create_index("ix_manager_session_manager_id", "manager_session", ["manager_id"])
    op.create_table("manager_site",
        sa.Column("manager_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["manager_id"], ["manager.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("manager_id", "site_id")
    )

    op.create_table("dialog",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("guest_id", sa.Integer(), nullable=False),
        sa.Column("assistant_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("handler", sa.String(length=10), nullable=False),
        sa.Column("manager_id", sa.Integer(), nullable=True),
        sa.Column("last_message_id", sa.Integer(), nullable=False),
        sa.Column("last_guest_message_id", sa.Integer(), nullable=False),
        sa.Column("guest_read_id", sa.Integer(), nullable=False),
        sa.Column("manager_read_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.String(length=24), nullable=False),
        sa.Column("closed_at", sa.String(length=24), nullable=True),
        sa.CheckConstraint("handler IN ('assistant', 'waiting', 'manager')", name="handler_known"),
        sa.CheckConstraint("status IN ('open', 'closed')", name="status_known"),
        sa.ForeignKeyConstraint(["assistant_id"], ["assistant.id"]),
        sa.ForeignKeyConstraint(["guest_id"], ["guest.id"]),
        sa.ForeignKeyConstraint(["manager_id"], ["manager.id"]),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"]),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True
    )

    op.create_index("dialog_by_activity", "dialog", ["last_message_id"])
    op.create_index("dialog_by_status", "dialog", ["status", "last_message_id"])
    op.create_index("dialog_of_guest", "dialog", ["guest_id", "id"])
    op.create_index("dialog_of_manager", "dialog", ["manager_id", "last_message_id"])
    op.create_index("dialog_of_site", "dialog", ["site_id", "last_message_id"])
    op.create_index("dialog_of_site_by_status", "dialog", ["site_id", "status", "last_message_id"])
    op.create_index("dialog_by_handler", "dialog", ["status", "handler", "last_message_id"])
    op.create_index("dialog_open_once", "dialog", ["guest_id"], unique=True,
                    sqlite_where=sa.text("status = 'open'"))
    op.create_table("message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dialog_id", sa.Integer(), nullable=False),
        sa.Column("sender", sa.String(length=10), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("client_id", sa.String(length=36), nullable=False),
        sa.Column("author_name", sa.String(length=200), nullable=True),
        sa.Column("manager_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.String(length=24), nullable=False),
        sa.CheckConstraint("sender IN ('guest', 'assistant', 'manager', 'system')", name="sender_known"),
        sa.ForeignKeyConstraint(["dialog_id"], ["dialog.id"]),
        sa.ForeignKeyConstraint(["manager_id"], ["manager.id"]),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True
    )

    op.create_index("message_in_dialog", "message", ["dialog_id", "id"])
    op.create_index("message_once", "message", ["dialog_id", "client_id"], unique=True)
