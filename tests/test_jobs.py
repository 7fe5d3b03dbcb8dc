"""Work to be done later is done once, tried again when it fails, and never lost."""

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from conftest import NOW
from flask import Flask

from shopvisio import jobs
from shopvisio.db import db, writing
from shopvisio.errors import MailFailed
from shopvisio.jobs import Job, enqueue, run_due


def only_job() -> Job:
    return db.session.scalars(db.select(Job)).one()


def give(kind: str, due: datetime = NOW, **facts: Any) -> None:
    with writing():
        enqueue(kind, due, **facts)


def test_a_due_job_runs_with_its_facts(house: Flask) -> None:
    seen: list[dict[str, Any]] = []
    give("greet", name="Odile")
    assert run_due({"greet": lambda facts, _now: seen.append(facts)}, NOW)
    assert not run_due({}, NOW)
    assert seen == [{"name": "Odile"}]
    assert only_job().state == "done"


def test_a_job_waits_for_its_time(house: Flask) -> None:
    give("greet", NOW + timedelta(hours=1))
    assert not run_due({}, NOW)
    assert jobs.next_due() == NOW + timedelta(hours=1)


def test_what_fails_is_tried_again_later_and_later(house: Flask) -> None:
    def fail(_facts: dict[str, Any], _now: datetime) -> None:
        raise OSError("no way through")

    give("greet")
    now, waits = NOW, []
    while only_job().state == "waiting":
        run_due({"greet": fail}, now)
        waits.append(only_job().due - now)
        now = only_job().due
    assert waits[: len(jobs.RETRY_AFTER)] == list(jobs.RETRY_AFTER)
    assert (only_job().state, only_job().reason) == ("failed", "no way through")


def test_what_a_dead_process_was_at_is_taken_up_at_once(house: Flask) -> None:
    class Killed(BaseException):
        pass

    def die(_facts: dict[str, Any], _now: datetime) -> None:
        raise Killed

    give("greet")
    with pytest.raises(Killed):
        run_due({"greet": die}, NOW)
    assert not run_due({"greet": lambda _facts, _now: None}, NOW)  # it may still be at it
    with writing():
        jobs.take_up(NOW)
    assert run_due({"greet": lambda _facts, _now: None}, NOW)
    assert only_job().state == "done"


def test_what_is_hopeless_is_not_tried_again(house: Flask) -> None:
    def refuse(_facts: dict[str, Any], _now: datetime) -> None:
        raise MailFailed("550", permanent=True)

    give("greet")
    run_due({"greet": refuse}, NOW)
    assert only_job().state == "failed"


def test_a_job_of_an_unknown_kind_does_not_stop_the_others(house: Flask) -> None:
    seen = []
    give("unknown")
    give("greet", NOW + timedelta(seconds=1))
    while run_due({"greet": lambda _f, _n: seen.append(1)}, NOW + timedelta(seconds=1)):
        pass
    assert seen == [1]


def test_a_job_whose_worker_died_is_taken_up_again(house: Flask) -> None:
    class Killed(BaseException):
        pass

    def die(_facts: dict[str, Any], _now: datetime) -> None:
        raise Killed

    give("greet")
    with pytest.raises(Killed):
        run_due({"greet": die}, NOW)
    assert only_job().state == "running"
    assert not run_due({}, NOW + timedelta(minutes=5))
    seen = []
    assert run_due({"greet": lambda _f, _n: seen.append(1)}, NOW + jobs.CLAIM + timedelta(seconds=1))
    assert seen == [1]


def test_two_workers_never_take_the_same_job(house: Flask) -> None:
    seen: list[int] = []
    with writing():
        for number in range(30):
            enqueue("count", NOW, number=number)

    def work() -> None:
        with house.app_context():
            while run_due({"count": lambda facts, _n: seen.append(facts["number"])}, NOW):
                pass

    thread = threading.Thread(target=work)  # a second process would do the same: SQLite's lock decides
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("shopvisio.db._open", _PerThread())
        thread.start()
        work()
        thread.join(20)
    assert sorted(seen) == list(range(30))


class _PerThread(threading.local):
    """``db._open`` as two processes would have it: one each."""

    def __init__(self) -> None:
        self.kept: list[str] = []

    def __bool__(self) -> bool:
        return bool(self.kept)

    def append(self, word: str) -> None:
        self.kept.append(word)

    def clear(self) -> None:
        self.kept.clear()
