"""Each service has its own terms: time kept free around it, notice, furthest date, who serves, what is asked."""

from datetime import timedelta

import pytest
from conftest import NOW, TUESDAY_10, Shop, book_visit
from flask import Flask
from flask_migrate import Migrate, upgrade
from sqlalchemy import text

from shopvisio import booking, config, db
from shopvisio.base import MIGRATIONS
from shopvisio.db import writing
from shopvisio.errors import Invalid, SlotTaken

TERMS = {"name": "Réparer", "minutes": "45"}
AT = "'2026-11-20 09:00:00.000000'"
FIRST_VERSION = (
    f"INSERT INTO staff VALUES (1, 'k', 'Karim', 'k@x.example', '', 'repairer', 1, 0, 1, 0, {AT})",
    "INSERT INTO service VALUES (1, 'repair', 'Réparer', '', 45, 15, 1)",
    f"INSERT INTO customer VALUES (1, 'Marie', 'm@x.example', '', 'fr', '', '', '', {AT})",
    f"""INSERT INTO "case" VALUES (1, 'c', 'D2026-0001', 'repair', 'booked', '', 1, 2900, '', '', '', '', '', NULL,
        NULL, '', {AT})""",
    f"""INSERT INTO appointment VALUES (1, 'theirkey2345', 1, 1, 1, '2026-11-24 09:00:00.000000',
        '2026-11-24 09:45:00.000000', '2026-11-24 10:00:00.000000', 1, 0, {AT})""",
    f"INSERT INTO call VALUES (1, 1, 'waiting', {AT}, NULL, NULL, NULL)",
)


def starts(service: booking.Service) -> list[str]:
    """When a visit may start on Tuesday, in UTC."""
    return [slot.start.strftime("%H:%M") for slot in booking.free_slots(service, TUESDAY_10.date(), 1, NOW)]


def change(service: booking.Service, **typed: str) -> None:
    with writing():
        booking.change_service(service, {**TERMS, **typed}, service.people, True)


def test_time_to_prepare_is_kept_free_before_a_visit(shop: Shop) -> None:
    change(shop.repair, before="30", pause="0")
    with writing():
        appointment = book_visit(shop.repair, TUESDAY_10)
    assert appointment.since == TUESDAY_10 - timedelta(minutes=30)
    assert starts(shop.repair)[0] == "10:15"  # from 8 h to 8 h 45 would run into preparing the one of 9 h
    with pytest.raises(SlotTaken), writing():
        book_visit(shop.repair, TUESDAY_10 - timedelta(minutes=60))
    with pytest.raises(SlotTaken), writing():
        book_visit(shop.repair, TUESDAY_10 + timedelta(minutes=60))
    with writing():
        assert book_visit(shop.repair, TUESDAY_10 + timedelta(minutes=75)).staff_id == shop.repairer.id


def test_preparing_and_resting_may_lie_outside_the_opening_hours(shop: Shop) -> None:
    change(shop.repair, minutes="180", before="60", pause="60")
    assert starts(shop.repair)[0] == "08:00"  # 9 h in Paris, the very opening


def test_a_service_has_its_own_notice(shop: Shop) -> None:
    change(shop.repair, notice="2880")
    assert starts(shop.repair) == []
    with pytest.raises(SlotTaken), writing():
        book_visit(shop.repair, TUESDAY_10)
    change(shop.repair, notice="0")
    assert starts(shop.repair) != []


def test_a_service_has_its_own_furthest_date(shop: Shop) -> None:
    change(shop.repair, horizon="1")
    with pytest.raises(Invalid), writing():
        book_visit(shop.repair, TUESDAY_10 + timedelta(days=2))
    change(shop.repair, horizon="")
    with writing():
        book_visit(shop.repair, TUESDAY_10 + timedelta(days=2))


def test_a_service_may_name_who_serves_it(shop: Shop) -> None:
    with writing():
        shop.owner.takes_repairs = True
        booking.change_service(shop.repair, TERMS, [shop.owner], True)
        assert book_visit(shop.repair, TUESDAY_10).staff_id == shop.owner.id
    with pytest.raises(SlotTaken), writing():
        book_visit(shop.repair, TUESDAY_10)
    with writing():
        booking.change_service(shop.repair, TERMS, [], True)
        assert book_visit(shop.repair, TUESDAY_10).staff_id == shop.repairer.id


def test_who_no_longer_takes_its_kind_does_not_serve_it(shop: Shop) -> None:
    with writing():
        booking.change_service(shop.repair, TERMS, [shop.seller], True)
    assert starts(shop.repair) == []


def test_the_owner_adds_a_service(shop: Shop) -> None:
    with writing():
        made = booking.add_service("sale", "Choisir une cafetière", "20")
    assert [s.name for s in booking.services("sale")] == ["Acheter en visio", "Choisir une cafetière"]
    assert starts(made) != []


@pytest.mark.parametrize(
    ("kind", "name", "minutes", "field"),
    [("sale", "", "20", "name"), ("sale", "A", "", "minutes"), ("sale", "A", "2", "minutes"), ("x", "A", "20", "kind")],
)
def test_a_service_that_makes_no_sense_is_refused(shop: Shop, kind: str, name: str, minutes: str, field: str) -> None:
    with pytest.raises(Invalid) as caught, writing():
        booking.add_service(kind, name, minutes)
    assert field in caught.value.fields
    assert len(booking.services()) == 2


@pytest.mark.parametrize("field", ["before", "pause", "notice", "horizon"])
def test_lengths_are_whole_numbers(shop: Shop, field: str) -> None:
    with pytest.raises(Invalid) as caught, writing():
        booking.change_service(shop.repair, {**TERMS, field: "-5"}, [], True)
    assert field in caught.value.fields


def test_a_base_of_the_first_version_keeps_its_appointments(settled: config.Config) -> None:
    """Upgraded with rows in it: nothing is lost, and the time kept free is the visit's own."""
    bare = Flask("upgrade")
    bare.config.update(
        SQLALCHEMY_DATABASE_URI=db.url(settled.data), SQLALCHEMY_ENGINE_OPTIONS=db.engine_options(), SHOP=settled
    )
    db.db.init_app(bare)
    Migrate(bare, db.db, directory=str(MIGRATIONS))
    with bare.app_context():
        db.prepare()
        upgrade(revision="0001")
        with writing():
            for row in FIRST_VERSION:
                db.db.session.execute(text(row))
        upgrade()
        kept = booking.find("theirkey2345")
        assert kept is not None
        assert (kept.since, kept.revision, kept.case.answered) == (kept.start, 0, [])
        assert kept.service.rules.length == timedelta(minutes=45)
        db.db.session.remove()
        db.db.engine.dispose()
