"""Alembic's environment: the migrations run on the connection, and in the transaction, that `database.py` opened."""
from alembic import context

from replyx.extensions import db

context.configure(connection=context.config.attributes["connection"], target_metadata=db.metadata,
                  render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
