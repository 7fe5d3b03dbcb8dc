"""The shop's base: opened, and brought to this version's tables. Whoever needs the papers alone needs no pages.

    python -m shopvisio.base      reads a data folder's path, brings its base to this version's tables

Alembic takes 15 MB that are needed once in a version: a child process has it, and goes.
"""

import logging
import sqlite3
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

from flask import Flask
from sqlalchemy.exc import DBAPIError

from shopvisio import backup, child, clock, db, settings
from shopvisio.config import BadConfig, Config
from shopvisio.errors import Unavailable

log = logging.getLogger(__name__)

MIGRATIONS = Path(__file__).parent / "migrations"
SECONDS, MEGABYTES = 900, 1024  # for one upgrade


def open_for(app: Flask, config: Config) -> None:
    """Give the application its base, made or upgraded first. Raises BadConfig as :func:`brought_up`."""
    with brought_up(config):
        _attach(app, config.data)
    with app.app_context():
        db.prepare()


def _attach(app: Flask, data: Path) -> None:
    app.config.update(SQLALCHEMY_DATABASE_URI=db.url(data), SQLALCHEMY_ENGINE_OPTIONS=db.engine_options())
    db.db.init_app(app)


@contextmanager
def brought_up(config: Config) -> Iterator[None]:
    """While the block runs a child brings the base to this version's tables, a copy of it taken before; at its end the
    base is there. Raises BadConfig with the reason where that cannot be."""
    base, wanted = config.data / "shop.db", newest()
    present = _revision(base)
    if present == wanted:
        yield
        return
    if present is not None and present > wanted:
        raise BadConfig("This data folder was served by a later version of ShopVisio. Install that one again.")
    if present is not None:
        backup.before_upgrade(base, clock.now())
    with ThreadPoolExecutor(1) as apart:
        work = apart.submit(child.run, "shopvisio.base", str(config.data).encode(), SECONDS, MEGABYTES)
        yield
    try:
        work.result()
    except Unavailable as error:
        raise BadConfig(f"The base could not be brought to this version: {error.message}") from None
    log.info("base upgraded", extra={"was": present, "to": wanted})


def newest() -> str:
    """The revision of this version's tables: migrations are numbered, each a file."""
    return max(path.name[:4] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def _revision(base: Path) -> str | None:
    """That of the base; None where there is none yet."""
    if not base.exists():
        return None
    with closing(sqlite3.connect(base)) as connection:
        try:
            found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.OperationalError as error:
            if "no such table" not in str(error):
                raise
            return None
    return str(found[0]) if found else None


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
