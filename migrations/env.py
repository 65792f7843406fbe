"""Alembic's entry: runs the migrations on the connection that the service hands over."""

from alembic import context

from pointsvc.db import db

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=db.metadata,
    render_as_batch=False,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
