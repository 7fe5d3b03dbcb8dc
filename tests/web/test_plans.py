"""What a page asks of the base is found by an index: it costs the same with a hundred appointments or a million."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from conftest import TUESDAY_10, Clock
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from way import AGREED, PERSON, REPAIR, begin, tell

from shopvisio.db import db

GROWING = re.compile(r"SCAN (appointment|customer|entry|photo|consent|part|call|job|mail)\b")
OF_ONE_CASE = "WHERE appointment.case_id = ? AND appointment.cancelled = 0"


@contextmanager
def asked(app: Flask) -> Iterator[list[tuple[str, Any]]]:
    """Every question that is put to the base meanwhile, with its values."""
    found: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        if statement.startswith("SELECT"):
            found.append((statement, values))

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    yield found
    event.remove(engine, "before_cursor_execute", note)


def plans(app: Flask, act: Callable[[], object]) -> list[tuple[str, str]]:
    """Each question of the act with the way SQLite goes about it."""
    with asked(app) as questions:
        act()

    def plan(question: str, values: Any) -> str:
        return " | ".join(row[3] for row in base.exec_driver_sql(f"EXPLAIN QUERY PLAN {question}", values))

    with app.app_context(), db.engine.connect() as base:
        return [(" ".join(question.split()), plan(question, values)) for question, values in questions]


def book(client: FlaskClient) -> None:
    path = begin(client, start="2026-11-24T10:00:00+00:00")
    tell(client, path)
    assert client.post(f"{path}/person", data=PERSON | AGREED).status_code == 303


@pytest.mark.parametrize("page", ["/", REPAIR, "a booking", "{case}", "{case}/move", "{case}/call"])
def test_no_page_of_the_customers_reads_a_whole_table(
    open_app: Flask, stranger: FlaskClient, case_path: str, clock_: Clock, page: str
) -> None:
    if page.endswith("call"):
        clock_.now = TUESDAY_10
    path = page.format(case=case_path)
    found = plans(open_app, lambda: book(stranger) if page == "a booking" else stranger.get(path))
    assert found
    assert [one for one in found if GROWING.search(one[1]) and "LIMIT" not in one[0]] == []
    of_case = [plan for question, plan in found if OF_ONE_CASE in question]
    assert all("ix_appointment_case_id" in plan for plan in of_case)
    assert of_case or "{case}" not in page
    window = [plan for question, plan in found if "appointment.since <" in question]
    assert all("COVERING INDEX ix_appointment_window (start>? AND start<?)" in plan for plan in window)


@pytest.mark.parametrize("page", ["/desk", "/desk/week", "/desk/cases"])
def test_nor_does_the_day_or_the_week_of_the_desk(
    open_app: Flask, repairer_client: FlaskClient, booked_key: str, page: str
) -> None:
    found = plans(open_app, lambda: repairer_client.get(page))
    assert [one for one in found if GROWING.search(one[1]) and "LIMIT" not in one[0]] == []
