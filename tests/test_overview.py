"""The shop by month: each thing counted in the month it belongs to, by the shop's own clock."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from conftest import NOW, Shop, book_visit
from sqlalchemy import text

from shopvisio import calls, cases, demo, figures, guarantee, overview, parts, ratings, settings
from shopvisio.booking import set_hours
from shopvisio.cases import Case
from shopvisio.db import db, writing
from shopvisio.figures import Figures, Sample
from shopvisio.parts import Wanted
from shopvisio.web.overview import FEW, MEASURES, plot

WHY = cases.Why("end_of_life", "too_dear")
OCTOBER = datetime(2026, 10, 5, 9, 0, tzinfo=UTC)


@pytest.fixture
def always(shop: Shop) -> Shop:
    """Open day and night."""
    with writing():
        settings.put({"holidays": "none"}, "tests", NOW)
        set_hours(shop.repairer, demo.ALWAYS)
        set_hours(shop.seller, demo.ALWAYS)
    return shop


def done(shop: Shop, start: datetime, outcome: str, minutes: int = 30) -> Case:
    """A repair of one call, concluded when it ends."""
    with writing():
        visit = book_visit(shop.repair, start, start - timedelta(days=2))
        end = start + timedelta(minutes=minutes)
        call = calls.arrive(visit, visit.case.customer.actor, start)
        calls.arrive(visit, shop.repairer.actor, start)
        figures.note(call, shop.repairer.actor, "staff:1", 400, [Sample(0, 80, 10, 500, 500, 0, 1, 0)], end)
        calls.end(call, shop.repairer.actor, end)
        cases.propose(visit.case, outcome, "", shop.repairer.actor, end, WHY)
        cases.answer(visit.case, True, "", end)
    return visit.case


def test_a_month_is_counted_where_it_belongs(always: Shop) -> None:
    first, second = done(always, OCTOBER, "repaired"), done(always, OCTOBER + timedelta(days=1), "not_repaired", 50)
    done(always, OCTOBER + timedelta(days=32), "repaired")
    with writing():
        book_visit(always.repair, OCTOBER + timedelta(days=3), OCTOBER)  # nobody came
        ratings.rate(first, 5, "", OCTOBER)
        ratings.rate(second, 2, "", OCTOBER)
        entry = next(line.id for line in first.journal if line.kind == "answered_yes")
        assert guarantee.ask(first, entry, OCTOBER + timedelta(days=7))
        guarantee.still_works(first, OCTOBER + timedelta(days=8))
    *_earlier, october, november = overview.months(NOW)
    assert (october.first, november.first) == (date(2026, 10, 1), date(2026, 11, 1))
    assert (october.repaired, october.not_repaired, october.visits, round(october.minutes)) == (1, 1, 2, 80)
    assert (october.appointments, october.missed) == (3, 1)
    assert (october.ratings, october.stars, october.answered, october.works) == (2, 7, 1, 1)
    assert (october.connections, october.redialled, october.rtt, october.loss) == (2, 2, 80, 10)
    assert (november.repaired, november.not_repaired, november.missed) == (1, 0, 0)
    assert overview.barriers(NOW) == [("too_dear", 1)]


def test_older_calls_are_reckoned_when_the_base_is_brought_up_to_date(always: Shop) -> None:
    """What the migration makes of a series is what the series itself says."""
    path = Path(cases.__file__).parent / "migrations" / "versions" / "0025_months.py"
    sums = re.search(r'RECKON = """(.*?)"""', path.read_text(), re.S)
    assert sums is not None
    done(always, OCTOBER, "repaired")
    with writing():
        row = db.session.scalars(db.select(Figures)).one()
        row.series = "[[0,1,80,10,500,500,0,1,0],[10,3,null,30,500,500,0,0,0],[40,2,50,0,500,500,0,1,0]]"
        db.session.flush()
        db.session.execute(text(sums[1]))
    db.session.refresh(row)
    whole = figures.summary(row.points)
    assert (row.rtt, row.loss, row.redials) == (whole.rtt, round(10 * (whole.loss or 0)), whole.redials) == (60, 17, 2)


def test_midnight_is_the_shops_own(always: Shop) -> None:
    last = datetime(2026, 10, 31, 22, 50, tzinfo=UTC)  # 23 h 50 in Paris: a visit does not cross midnight
    done(always, last - timedelta(minutes=50), "repaired", minutes=59)
    by_month = {month.first: month.repaired for month in overview.months(NOW)}
    assert (by_month[date(2026, 10, 1)], by_month[date(2026, 11, 1)]) == (1, 0)


def test_a_shop_without_any_case_has_twelve_empty_months(shop: Shop) -> None:
    months = overview.months(NOW)
    assert len(months) == 12
    assert all(plot(measure, months).value == "–" for measure in MEASURES)
    assert overview.parts_out(NOW) == (0, 0)


def test_few_things_are_told_as_few(always: Shop) -> None:
    done(always, OCTOBER, "repaired")
    told = plot(MEASURES[0], overview.months(NOW))
    assert (told.value, told.is_few, told.things) == ("100\u00a0%", True, "sur 1 réparation conclue")
    assert [bar.is_hollow for bar in told.bars if bar.height] == [True]
    assert told.cells[-2] == "100\u00a0% (1)"
    for day in range(1, FEW):
        done(always, OCTOBER + timedelta(days=day), "not_repaired")
    told = plot(MEASURES[0], overview.months(NOW))
    assert (told.value, told.is_few) == ("20\u00a0%", False)
    assert [(bar.is_hollow, bar.height) for bar in told.bars if bar.height] == [(False, 20)]


def test_a_part_on_its_way_is_counted_with_its_age(booked: Case, shop: Shop) -> None:
    karim = shop.repairer.actor
    with writing():
        parts.offer(booked, Wanted("Joint"), "", karim, NOW)
        parts.accept(booked, booked.offer, "1 rue", "69001", "Lyon", NOW)
    assert overview.parts_out(NOW + timedelta(days=9)) == (1, 9)
