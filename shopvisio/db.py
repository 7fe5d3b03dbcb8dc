"""SQLite as the appliance wants it, and the one way to write.

Reads may happen anywhere. Every write stands inside :func:`writing`, which takes SQLite's write
lock *before* its first query, so what it re-checks cannot change under it. Nothing inside may yield
to another greenlet: the other one would wait for the lock with the whole process.
"""

import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime, MetaData, TypeDecorator, create_engine, event
from sqlalchemy.engine import Connection, Dialect, Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, registry
from sqlalchemy.pool import QueuePool

from shopvisio.errors import DiskFailed

log = logging.getLogger(__name__)

PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=5000",
)
KEPT_OPEN = 5  # connections
REFUSALS = ("SQLITE_FULL", "SQLITE_READONLY", "SQLITE_IOERR", "SQLITE_CANTOPEN")  # what a disk says no with
ALPHABET = "23456789abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"  # no 0 O 1 l I: links get dictated


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC instant; a naive one is refused at the door."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime: {value}")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """Every table of the shop. Constraint names are fixed, so that migrations can name them."""

    registry = registry(
        type_annotation_map={datetime: UtcDateTime},
        metadata=MetaData(
            naming_convention={
                "ix": "ix_%(column_0_N_label)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_N_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
    )


db = SQLAlchemy(model_class=Base, disable_autonaming=True)

_open: list[str] = []  # the mode of the next BEGIN: empty for reads; never two, writes do not yield


def engine_options() -> dict[str, Any]:
    """A pool that never waits: greenlets that wait for a free connection freeze the web side.

    It keeps a few connections open: to open one costs a page 1 ms, and to close the last one another, for the
    write-ahead log is then worked in. What a query carries stays out of its errors: they go to the log, and it
    holds names and addresses.
    """
    return {
        "poolclass": QueuePool,
        "pool_size": KEPT_OPEN,
        "max_overflow": -1,
        "hide_parameters": True,
        "connect_args": {"check_same_thread": False},
    }


def url(folder: Path) -> str:
    """The address of the shop's base inside its data folder."""
    return f"sqlite:///{folder / 'shop.db'}"


def prepare() -> None:
    """Arm the engine of the current application: pragmas, and BEGIN in the mode asked for."""
    _arm(db.engine, lambda: "BEGIN IMMEDIATE" if _open else "BEGIN")


def apart(base: Path) -> Engine:
    """An engine for a child process, which has no application: each of its transactions is a write."""
    engine = create_engine(f"sqlite:///{base}", **engine_options())
    _arm(engine, lambda: "BEGIN IMMEDIATE")
    return engine


def _arm(engine: Engine, mode: Callable[[], str]) -> None:
    @event.listens_for(engine, "connect")
    def pragmas(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not begin by itself
        for pragma in PRAGMAS:
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(mode())


def is_writing() -> bool:
    """Whether a write transaction is open: then nobody may switch greenlets (tests hold a tripwire)."""
    return bool(_open)


@contextmanager
def writing() -> Iterator[None]:
    """One write: BEGIN IMMEDIATE before the first query, COMMIT at the end, ROLLBACK on any error.

    Objects loaded before are expired, so they are read again under the lock. Raises DiskFailed, the base as it was,
    when the disk is full, read-only or broken.
    """
    if _open:
        raise RuntimeError("a write is already open: the edge opens it, the domain only flushes")
    db.session.rollback()
    _open.append("write")
    try:
        db.session.connection()  # takes the lock now
        yield
        db.session.commit()
    except BaseException as error:
        db.session.rollback()
        if isinstance(error, OperationalError) and (said := _of_disk(error)):
            log.error("nothing can be written", extra={"why": said})
            raise DiskFailed from error
        raise
    finally:
        _open.clear()


def _of_disk(error: OperationalError) -> str:
    """What the disk said; empty where it was something else."""
    said = str(getattr(error.orig, "sqlite_errorname", ""))
    return said if said.startswith(REFUSALS) else ""


def public_id(length: int = 12) -> str:
    """An unguessable name for a row (5.8 bits a sign: 12 signs are 70 bits)."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))
