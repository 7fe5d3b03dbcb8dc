"""How a call's connections went: bounded however long it lasts, and true in short."""

from datetime import timedelta

import pytest
from conftest import TUESDAY_10, Shop, book_visit

from shopvisio import calls, db, figures
from shopvisio.calls import Call
from shopvisio.figures import POINTS, VOICE, Sample


@pytest.fixture
def call(shop: Shop) -> Call:
    """One in which both are."""
    with db.writing():
        appointment = book_visit(shop.repair, TUESDAY_10)
        calls.arrive(appointment, appointment.case.customer.actor, TUESDAY_10)
        return calls.arrive(appointment, shop.repairer.actor, TUESDAY_10)


def sample(ago: int = 0, rtt: int | None = 40, loss: int = 0, rung: int = 0, redials: int = 0) -> Sample:
    return Sample(ago, rtt, loss, received=1000, sent=800, rung=rung, redials=redials, freezes=0)


def tell(call: Call, second: int, *samples: Sample, setup: int | None = None, seat: str = "customer") -> None:
    with db.writing():
        actor = call.appointment.case.customer.actor
        figures.note(call, actor, seat, setup, samples, TUESDAY_10 + timedelta(seconds=second))


def test_samples_stand_where_they_were_taken_even_when_they_come_late(call: Call) -> None:
    tell(call, 60, sample(ago=20), sample(ago=10), sample(ago=0))
    tell(call, 95, sample(ago=25))
    assert [point.at for point in figures.of_call(call)[0].points] == [40, 50, 60, 70]


def test_the_first_set_up_time_stands(call: Call) -> None:
    tell(call, 30, sample(), setup=420)
    tell(call, 300, sample(), setup=90)
    assert figures.of_call(call)[0].setup == 420


def test_a_call_of_six_hours_is_kept_in_as_much_room_as_a_short_one(call: Call) -> None:
    seconds = 6 * 3600
    for second in range(30, seconds, 30):
        tell(call, second, *(sample(ago, redials=int(ago == 0 and second % 3600 == 0)) for ago in (20, 10, 0)))
    [row] = figures.of_call(call)
    assert POINTS // 2 <= len(row.points) <= POINTS
    assert sum(point.samples for point in row.points) == seconds // 10 - 3
    assert row.points[-1].at > seconds - 120
    short = figures.summary(row.points)
    assert (short.rtt, short.received, short.redials) == (40, 1000, 5)


def test_in_short_it_is_weighed_and_the_worst_is_named(call: Call) -> None:
    tell(call, 60, sample(20, rtt=20), sample(10, rtt=None, loss=30), sample(0, rtt=400, rung=VOICE, redials=2))
    short = figures.summary(figures.of_call(call)[0].points)
    assert (short.rtt, short.rtt_worst, short.loss, short.voice, short.redials) == (210, 400, 1.0, 10, 2)


def test_each_person_has_their_own_and_the_customers_comes_first(call: Call) -> None:
    with db.writing():
        staff = call.appointment.staff.actor
        figures.note(call, staff, "staff:3", None, [sample()], TUESDAY_10)
    tell(call, 10, sample())
    assert [row.role for row in figures.of_call(call)] == ["customer", "staff"]


def test_of_nothing_nothing_is_said() -> None:
    short = figures.summary([])
    assert (short.rtt, short.loss, short.received, short.voice) == (None, None, None, 0)
