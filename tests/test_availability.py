"""Free slots are a pure function of rules and taken time."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from shopvisio.availability import Hours, Rules, Slot, Span, free, who_fits

PARIS = ZoneInfo("Europe/Paris")
MONDAY = date(2026, 11, 23)
EARLY, LATE = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 12, 31, tzinfo=UTC)
HOUR = Rules(timedelta(hours=1))
MORNING = [Hours(0, 9 * 60, 12 * 60)]


def paris(*when: int) -> datetime:
    return datetime(*when, tzinfo=PARIS).astimezone(UTC)  # type: ignore[misc, arg-type]


def starts(slots: list[Slot]) -> list[str]:
    return [slot.start.astimezone(PARIS).strftime("%d %H:%M") for slot in slots]


def slots(hours=None, closures=(), taken=None, rules=HOUR, first=MONDAY, days=1, earliest=EARLY, latest=LATE):  # noqa: ANN001, ANN201
    return free({1: hours or MORNING}, closures, taken or {}, rules, first, days, PARIS, earliest, latest)


def test_a_morning_holds_three_hours() -> None:
    assert starts(slots()) == ["23 09:00", "23 10:00", "23 11:00"]


def test_a_closed_day_offers_nothing() -> None:
    assert slots(first=MONDAY + timedelta(days=1)) == []


def test_the_lunch_break_is_kept() -> None:
    hours = [Hours(0, 9 * 60, 11 * 60), Hours(0, 14 * 60, 15 * 60)]
    assert starts(slots(hours)) == ["23 09:00", "23 10:00", "23 14:00"]


def test_a_taken_hour_is_not_offered() -> None:
    taken = {1: [Span(paris(2026, 11, 23, 10), paris(2026, 11, 23, 11))]}
    assert starts(slots(taken=taken)) == ["23 09:00", "23 11:00"]


def test_time_goes_on_right_after_what_is_taken() -> None:
    taken = {1: [Span(paris(2026, 11, 23, 9), paris(2026, 11, 23, 9, 40))]}
    assert starts(slots(taken=taken)) == ["23 09:45", "23 10:45"]


def test_the_pause_after_a_visit_is_kept_free() -> None:
    rules = Rules(timedelta(minutes=45), timedelta(minutes=15))
    assert starts(slots(rules=rules)) == ["23 09:00", "23 10:00", "23 11:00"]


def test_the_pause_may_run_past_closing_time() -> None:
    rules = Rules(timedelta(hours=3), timedelta(hours=1))
    assert starts(slots(rules=rules)) == ["23 09:00"]


def test_a_closure_shuts_the_shop() -> None:
    assert slots(closures=[Span(paris(2026, 11, 23, 0), paris(2026, 11, 24, 0))]) == []


def test_it_obeys_the_minimum_notice_and_the_furthest_date() -> None:
    found = slots(earliest=paris(2026, 11, 23, 9, 30), latest=paris(2026, 11, 23, 10))
    assert starts(found) == ["23 10:00"]


def test_two_colleagues_are_two_chances() -> None:
    taken = {1: [Span(paris(2026, 11, 23, 9), paris(2026, 11, 23, 12))]}
    found = free({1: MORNING, 2: MORNING}, (), taken, HOUR, MONDAY, 1, PARIS, EARLY, LATE)
    assert [slot.staff for slot in found] == [(2,), (2,), (2,)]


def test_nine_o_clock_is_nine_o_clock_on_both_sundays_of_the_clock() -> None:
    sunday = [Hours(6, 9 * 60, 10 * 60)]
    spring = slots(sunday, first=date(2026, 3, 29))
    autumn = slots(sunday, first=date(2026, 10, 25))
    assert starts(spring) == ["29 09:00"]
    assert starts(autumn) == ["25 09:00"]
    assert spring[0].start.hour == 7  # UTC+2 already
    assert autumn[0].start.hour == 8  # UTC+1 already


def test_an_hour_that_does_not_exist_is_never_offered() -> None:
    night = [Hours(6, 60, 5 * 60)]  # 1 h to 5 h, the night the clock jumps from 2 h to 3 h
    assert starts(slots(night, first=date(2026, 3, 29))) == ["29 01:00", "29 03:00", "29 04:00"]


def test_an_hour_that_comes_twice_is_one_hour_longer() -> None:
    night = [Hours(6, 60, 4 * 60)]
    found = slots(night, first=date(2026, 10, 25))
    assert len(found) == 4
    assert len({slot.start for slot in found}) == 4


def test_a_start_off_the_grid_still_fits() -> None:
    assert who_fits({1: MORNING}, (), {}, HOUR, paris(2026, 11, 23, 10, 20), PARIS) == (1,)
    assert who_fits({1: MORNING}, (), {}, HOUR, paris(2026, 11, 23, 11, 20), PARIS) == ()


busy_spans = st.lists(
    st.tuples(st.integers(0, 24 * 60), st.integers(5, 300)).map(
        lambda at: Span(
            paris(2026, 11, 23) + timedelta(minutes=at[0]), paris(2026, 11, 23) + timedelta(minutes=at[0] + at[1])
        )
    ),
    max_size=8,
)


@given(busy_spans, st.integers(15, 120), st.integers(0, 30))
def test_whatever_is_taken_every_slot_offered_fits(busy: list[Span], length: int, pause: int) -> None:
    rules = Rules(timedelta(minutes=length), timedelta(minutes=pause))
    hours = {1: [Hours(0, 8 * 60, 19 * 60)]}
    found = free(hours, (), {1: busy}, rules, MONDAY, 1, PARIS, EARLY, LATE)
    for slot in found:
        assert who_fits(hours, (), {1: busy}, rules, slot.start, PARIS) == (1,)
