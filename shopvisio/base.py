"""The shop's base: opened, and brought to this version's tables. Whoever needs the papers alone needs no pages."""

import logging
import sqlite3
from contextlib import closing
from pathlib import Path

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import Migrate, upgrade

from shopvisio import backup, clock, db, settings
from shopvisio.config import Config

log = logging.getLogger(__name__)

MIGRATIONS = Path(__file__).parent / "migrations"


def open_for(app: Flask, config: Config) -> None:
    """Give the application its base, made or upgraded first."""
    app.config.update(
        SQLALCHEMY_DATABASE_URI=db.url(config.data), SQLALCHEMY_ENGINE_OPTIONS=db.engine_options()
    )
    db.db.init_app(app)
    Migrate(app, db.db, directory=str(MIGRATIONS))
    with app.app_context():
        db.prepare()
        _upgrade(config)


def _upgrade(config: Config) -> None:
    """Bring the base to this version's tables, a copy of it taken before."""
    newest = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    with db.db.engine.connect() as connection:
        present = MigrationContext.configure(connection).get_current_revision()
    if present == newest:
        return
    if present is not None:
        backup.before_upgrade(config.data / "shop.db", clock.now())
    upgrade(directory=str(MIGRATIONS))
    log.info("base upgraded", extra={"was": present, "to": newest})


def is_sound(base: Path) -> bool:
    """Whether SQLite itself finds nothing wrong with the base."""
    with closing(sqlite3.connect(f"file:{base}?mode=ro", uri=True)) as connection:
        return bool(connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok")


def is_test(base: Path) -> bool:
    """Whether it was made in the test mode."""
    with closing(sqlite3.connect(f"file:{base}?mode=ro", uri=True)) as connection:
        found = connection.execute("SELECT count(*) FROM setting WHERE name = ?", (settings.TEST,)).fetchone()
    return bool(found[0])
