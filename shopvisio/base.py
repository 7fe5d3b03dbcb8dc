"""The shop's base: opened, and brought to this version's tables. Whoever needs the papers alone needs no pages.

    python -m shopvisio.base      reads a data folder's path, brings its base to this version's tables

Alembic takes 15 MB that are needed once in a version: a child process has it, and goes.
"""

import logging
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from flask import Flask
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from shopvisio import backup, child, clock, db, settings
from shopvisio.config import BadConfig, Config
from shopvisio.errors import Unavailable

log = logging.getLogger(__name__)

MIGRATIONS = Path(__file__).parent / "migrations"
SECONDS, MEGABYTES = 900, 1024  # for one upgrade


def open_for(app: Flask, config: Config) -> None:
    """Give the application its base, made or upgraded first."""
    _attach(app, config.data)
    with app.app_context():
        db.prepare()
        _upgrade(config)


def _attach(app: Flask, data: Path) -> None:
    app.config.update(SQLALCHEMY_DATABASE_URI=db.url(data), SQLALCHEMY_ENGINE_OPTIONS=db.engine_options())
    db.db.init_app(app)


def newest() -> str:
    """The revision of this version's tables: migrations are numbered, each a file."""
    return max(path.name[:4] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def _present() -> str | None:
    with db.db.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return found


def _upgrade(config: Config) -> None:
    """Bring the base to this version's tables, a copy of it taken before. Raises BadConfig with the reason."""
    present = _present()
    if present == newest():
        return
    if present is not None and present > newest():
        raise BadConfig("This data folder was served by a later version of ShopVisio. Install that one again.")
    if present is not None:
        backup.before_upgrade(config.data / "shop.db", clock.now())
    db.db.engine.dispose()
    try:
        child.run("shopvisio.base", str(config.data).encode(), SECONDS, MEGABYTES)
    except Unavailable as error:
        raise BadConfig(f"The base could not be brought to this version: {error.message}") from None
    log.info("base upgraded", extra={"was": present, "to": newest()})


def is_sound(base: Path) -> bool:
    """Whether SQLite itself finds nothing wrong with the base."""
    with closing(sqlite3.connect(f"file:{base}?mode=ro", uri=True)) as connection:
        return bool(connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok")


def is_test(base: Path) -> bool:
    """Whether it was made in the test mode."""
    with closing(sqlite3.connect(f"file:{base}?mode=ro", uri=True)) as connection:
        found = connection.execute("SELECT count(*) FROM setting WHERE name = ?", (settings.TEST,)).fetchone()
    return bool(found[0])


def _main() -> None:
    from flask_migrate import Migrate, upgrade

    app = Flask("shopvisio")
    _attach(app, Path(sys.stdin.read()))
    Migrate(app, db.db, directory=str(MIGRATIONS))
    with app.app_context():
        db.prepare()
        try:
            upgrade(directory=str(MIGRATIONS))
        except DBAPIError as error:
            raise SystemExit(str(error.orig)) from None


if __name__ == "__main__":
    _main()
