"""The one way to write: locked before the first query, all or nothing, never yielding."""

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

import greenlet
import pytest
from conftest import NOW
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import StatementError

from shopvisio import backup, config, db, hub
from shopvisio.accounts import Customer
from shopvisio.jobs import Job


def test_the_pragmas_are_set(house: Flask) -> None:
    read = {
        name: db.db.session.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous", "foreign_keys")
    }
    assert read == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_a_write_holds_the_lock_before_its_first_query(house: Flask, settled: config.Config) -> None:
    other = sqlite3.connect(settled.data / "shop.db", timeout=0)
    with db.writing(), pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("BEGIN IMMEDIATE")
    other.execute("BEGIN IMMEDIATE")
    other.close()


def test_what_fails_leaves_nothing(house: Flask) -> None:
    with pytest.raises(RuntimeError, match="stop"), db.writing():
        db.db.session.add(Job(kind="x", facts="{}", due=NOW))
        db.db.session.flush()
        raise RuntimeError("stop")
    assert db.db.session.scalar(db.db.select(db.db.func.count(Job.id))) == 0
    assert not db.is_writing()


def test_writes_do_not_nest(house: Flask) -> None:
    with db.writing(), pytest.raises(RuntimeError, match="already open"), db.writing():
        pass


def test_a_naive_time_is_refused_at_the_door(house: Flask) -> None:
    with pytest.raises(StatementError, match="naive"), db.writing():
        db.db.session.add(Customer(name="x", email="x", phone="x", created=datetime(2026, 1, 1)))  # noqa: DTZ001
        db.db.session.flush()


def test_a_query_that_fails_tells_nobodys_name(house: Flask) -> None:
    with pytest.raises(StatementError) as failed, db.writing():
        db.db.session.execute(text("INSERT INTO customer (name) VALUES (:name)"), {"name": "Anne Martin"})
    assert "INSERT INTO customer" in str(failed.value)
    assert "Anne" not in str(failed.value)


def test_the_tripwire_sees_a_write_that_yields(house: Flask, request: pytest.FixtureRequest) -> None:
    """What guards every other test is itself shown to bite."""
    seen = []

    before = greenlet.gettrace()
    greenlet.settrace(lambda event, _args: seen.append(event) if event == "switch" and db.is_writing() else None)
    try:
        with db.writing():
            hub.sleep(0)
    finally:
        greenlet.settrace(before)
    assert seen


def test_ids_are_unguessable_and_never_alike() -> None:
    found = {db.public_id() for _ in range(10000)}
    assert len(found) == 10000
    assert all(len(one) == 12 for one in found)


def test_a_copy_of_the_base_is_whole_while_somebody_writes(
    house: Flask, settled: config.Config, tmp_path: Path
) -> None:
    with db.writing():
        db.db.session.add(Job(kind="x", facts="{}", due=NOW))
    with db.writing():
        db.db.session.add(Job(kind="y", facts="{}", due=NOW))
        db.db.session.flush()
        backup.copy(settled.data / "shop.db", tmp_path / "copy.db")
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copied:
        assert copied.execute("SELECT kind FROM job").fetchall() == [("x",)]
        assert copied.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_copy_is_taken_before_an_upgrade_and_the_last_five_are_kept(settled: config.Config, house: Flask) -> None:
    from datetime import timedelta

    for day in range(7):
        backup.before_upgrade(settled.data / "shop.db", NOW + timedelta(days=day))
    kept = sorted((settled.data / "backups").iterdir())
    assert len(kept) == 5
    assert "20261129" in kept[-1].name
