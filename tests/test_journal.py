"""The story of a case: only ever added to, and gone with its case alone."""

import pytest
from conftest import NOW, Shop
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from shopvisio import cases
from shopvisio.accounts import Actor
from shopvisio.cases import Case
from shopvisio.db import db, writing


@pytest.fixture
def karim(shop: Shop) -> Actor:
    return shop.repairer.actor


def test_a_line_is_never_rewritten(booked: Case, karim: Actor) -> None:
    with writing():
        line = cases.note(booked, "Le client préfère le matin.", karim, NOW)
    with pytest.raises(IntegrityError, match="only added to"), writing():
        line.facts = "{}"
        db.session.flush()
    with pytest.raises(IntegrityError, match="only added to"), writing():
        db.session.execute(text("UPDATE entry SET at = at"))
    assert booked.journal[-1].told == {"words": "Le client préfère le matin."}


def test_a_line_is_never_removed_while_its_case_is_kept(booked: Case) -> None:
    with pytest.raises(IntegrityError, match="leaves with its case"), writing():
        db.session.execute(text("DELETE FROM entry"))
    assert [entry.kind for entry in booked.journal] == ["booked"]


def test_retention_takes_a_case_and_its_story_together(booked: Case) -> None:
    gone = {"case": booked.id}
    with writing():
        db.session.execute(text("PRAGMA defer_foreign_keys=ON"))
        db.session.execute(text("DELETE FROM appointment WHERE case_id = :case"), gone)
        db.session.execute(text('DELETE FROM "case" WHERE id = :case'), gone)
        db.session.execute(text("DELETE FROM entry WHERE case_id = :case"), gone)
    assert db.session.execute(text("SELECT count(*) FROM entry")).scalar() == 0
