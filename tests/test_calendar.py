"""Public holidays close the shop by themselves; somebody's own day replaces their week on that date."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from conftest import NOW, TUESDAY_10, Shop, book_visit

from shopvisio import booking, calendar, demo, settings
from shopvisio.availability import DayHours, Hours, openings
from shopvisio.config import Config
from shopvisio.db import writing
from shopvisio.errors import Invalid, NotFound, SlotTaken

CHRISTMAS = date(2026, 12, 25)  # a Friday
BEFORE = datetime(2026, 12, 21, 8, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")


def hours_of(shop: Shop, day: date, now: datetime = BEFORE) -> list[str]:
    """When a repair may start on that day, on the shop's clock."""
    slots = booking.free_slots(shop.repair, day, 1, now)
    return [slot.start.astimezone(PARIS).strftime("%H:%M") for slot in slots]


def test_a_public_holiday_is_closed_without_being_asked(shop: Shop) -> None:
    assert hours_of(shop, CHRISTMAS) == []
    assert hours_of(shop, CHRISTMAS - timedelta(days=1)) != []
    with pytest.raises(SlotTaken), writing():
        book_visit(shop.repair, datetime(2026, 12, 25, 9, tzinfo=UTC), BEFORE)


def test_a_public_holiday_may_be_opened_and_closed_again(shop: Shop) -> None:
    with writing():
        calendar.keep_open(CHRISTMAS, True)
    assert hours_of(shop, CHRISTMAS)[0] == "09:00"
    with writing():
        calendar.keep_open(CHRISTMAS, False)
    assert hours_of(shop, CHRISTMAS) == []


def test_an_ordinary_day_is_not_opened_as_a_holiday(shop: Shop) -> None:
    with pytest.raises(NotFound), writing():
        calendar.keep_open(TUESDAY_10.date(), True)


def test_the_region_decides_which_days_are_holidays(shop: Shop) -> None:
    day_after = CHRISTMAS + timedelta(days=1)
    assert day_after not in calendar.public_holidays(CHRISTMAS, day_after)
    with writing():
        settings.put({"holidays": "FR-6AE"}, "owner", NOW)
    assert "Étienne" in calendar.public_holidays(CHRISTMAS, day_after)[day_after]
    with writing():
        settings.put({"holidays": "none"}, "owner", NOW)
    assert calendar.public_holidays(CHRISTMAS, day_after) == {}
    assert hours_of(shop, CHRISTMAS) != []


@pytest.mark.parametrize("region", [name for name in settings.HOLIDAYS if name != "none"])
def test_every_region_of_the_list_is_known(shop: Shop, region: str) -> None:
    with writing():
        settings.put({"holidays": region}, "owner", NOW)
    assert date(2027, 7, 14) in calendar.public_holidays(date(2027, 1, 1), date(2027, 12, 31))


def test_hours_of_one_date_replace_the_week(shop: Shop) -> None:
    day, today = TUESDAY_10.date(), NOW.date()
    with writing():
        calendar.set_day(shop.repairer, day, [(18 * 60, 20 * 60)], today)
    assert hours_of(shop, day, NOW) == ["18:00", "19:00"]
    assert hours_of(shop, day + timedelta(days=7), NOW)[0] == "09:00"
    with writing():
        calendar.clear_day(shop.repairer, day)
    assert hours_of(shop, day, NOW)[0] == "09:00"


def test_no_hours_on_a_date_is_a_day_off_for_that_person_alone(shop: Shop) -> None:
    day = TUESDAY_10.date()
    with writing():
        calendar.set_day(shop.repairer, day, [], NOW.date())
    assert hours_of(shop, day, NOW) == []
    assert calendar.own_days(shop.repairer, NOW.date()) == {day: []}
    with writing():
        shop.owner.takes_repairs = True
    assert hours_of(shop, day, NOW) != []


def test_who_says_so_works_on_a_public_holiday(shop: Shop) -> None:
    with writing():
        calendar.set_day(shop.repairer, CHRISTMAS, [(10 * 60, 12 * 60)], NOW.date())
    assert hours_of(shop, CHRISTMAS) == ["10:00", "11:00"]


@pytest.mark.parametrize("ranges", [[(600, 600)], [(700, 600)], [(540, 720), (700, 800)], [(0, 1500)]])
def test_hours_that_make_no_sense_are_refused(shop: Shop, ranges: list[tuple[int, int]]) -> None:
    with pytest.raises(Invalid), writing():
        calendar.set_day(shop.repairer, TUESDAY_10.date(), ranges, NOW.date())


def test_a_past_day_is_not_changed(shop: Shop) -> None:
    with pytest.raises(Invalid), writing():
        calendar.set_day(shop.repairer, NOW.date() - timedelta(days=1), [], NOW.date())


def test_a_special_day_is_pure_reckoning() -> None:
    monday = date(2026, 11, 23)
    hours = [Hours(0, 540, 720), DayHours(monday, 600, 660), DayHours(monday, 900, 960)]
    spans = list(openings(hours, monday, 8, PARIS))
    assert [(s.start.astimezone(PARIS).day, s.start.astimezone(PARIS).hour) for s in spans] == [
        (23, 10),
        (23, 15),
        (30, 9),
    ]


@pytest.mark.usefixtures("house")
def test_the_demo_stands_on_a_public_holiday_too(settled: Config) -> None:
    assert demo.make(settled, datetime(2026, 12, 25, 11, 20, tzinfo=UTC))
