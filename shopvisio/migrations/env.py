"""How migrations run: on the application's own engine, all of one upgrade in one transaction."""

from typing import Any

from alembic import context

from shopvisio.db import Base, UtcDateTime, db


def as_plain_sql(kind: str, item: Any, _autogen: Any) -> Any:
    """Our column type is a plain DATETIME to the base: a migration must not depend on our code."""
    return "sa.DateTime()" if kind == "type" and isinstance(item, UtcDateTime) else False


with db.engine.connect() as connection:
    context.configure(
        connection=connection, target_metadata=Base.metadata, render_as_batch=True, render_item=as_plain_sql
    )
    with context.begin_transaction():
        context.run_migrations()
