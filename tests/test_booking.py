"""A time is reserved once, whoever asks at the same moment."""

from datetime import timedelta

import pytest
from conftest import NOW, TUESDAY_10, Shop, book_visit
from flask import Flask

from shopvisio import booking, cases, settings
from shopvisio.availability import Hours
from shopvisio.db import db, writing
from shopvisio.errors import Conflict, Invalid, SlotTaken, WrongState
from shopvisio.jobs import Job


def test_a_free_time_is_booked_with_the_person_who_repairs(shop: Shop) -> None:
    with writing():
        appointment = book_visit(shop.repair, TUESDAY_10)
    assert appointment.staff_id == shop.repairer.id
    assert appointment.end - appointment.start == timedelta(minutes=45)
    assert appointment.case.number == "D2026-0001"
    assert appointment.case.fee == 2900


def test_the_confirmation_is_a_job_of_the_same_transaction(shop: Shop) -> None:
    with writing():
        book_visit(shop.repair, TUESDAY_10)
    kinds = [job.kind for job in db.session.scalars(db.select(Job)) if job.kind != "report"]
    assert kinds == ["confirmation", "reminder", "reminder", "missed"]


def test_it_refuses_a_slot_that_is_taken_and_names_the_next(shop: Shop) -> None:
    with writing():
        book_visit(shop.repair, TUESDAY_10)
    with pytest.raises(SlotTaken) as caught, writing():
        book_visit(shop.repair, TUESDAY_10)
    assert caught.value.next_free is not None
    assert caught.value.next_free > NOW
    assert "Le prochain libre" in caught.value.message


def test_what_was_refused_leaves_nothing_behind(shop: Shop) -> None:
    with writing():
        book_visit(shop.repair, TUESDAY_10)
    with pytest.raises(SlotTaken), writing():
        book_visit(shop.repair, TUESDAY_10)
    assert db.session.scalar(db.select(db.func.count(cases.Case.id))) == 1


def test_a_second_repairer_is_a_second_chance(shop: Shop) -> None:
    with writing():
        shop.owner.takes_repairs = True
        first = book_visit(shop.repair, TUESDAY_10)
        second = book_visit(shop.repair, TUESDAY_10)
    assert {first.staff_id, second.staff_id} == {shop.owner.id, shop.repairer.id}


def test_it_refuses_a_time_that_is_past(shop: Shop) -> None:
    with pytest.raises(SlotTaken), writing():
        book_visit(shop.repair, NOW - timedelta(hours=1))


def test_it_obeys_the_minimum_notice(shop: Shop) -> None:
    with pytest.raises(SlotTaken), writing():
        book_visit(shop.repair, NOW + timedelta(minutes=30))


def test_it_refuses_a_time_beyond_the_furthest_date(shop: Shop) -> None:
    with pytest.raises(Invalid), writing():
        book_visit(shop.repair, TUESDAY_10 + timedelta(weeks=10))


def test_it_refuses_a_time_outside_opening_hours(shop: Shop) -> None:
    with pytest.raises(SlotTaken), writing():
        book_visit(shop.repair, TUESDAY_10 + timedelta(hours=10))


def test_a_case_has_one_appointment_to_come(shop: Shop, booked: cases.Case) -> None:
    with pytest.raises(WrongState), writing():
        booking.book(booked, shop.repair, TUESDAY_10 + timedelta(hours=2), NOW)


def test_the_pause_after_a_visit_is_not_sold(shop: Shop, booked: cases.Case) -> None:
    at = [slot.start for slot in booking.free_slots(shop.repair, TUESDAY_10.date(), 1, NOW)]
    assert TUESDAY_10 not in at
    assert TUESDAY_10 + timedelta(minutes=45) not in at
    assert TUESDAY_10 + timedelta(minutes=60) in at


def test_a_closure_shuts_the_calendar(shop: Shop) -> None:
    with writing():
        db.session.add(booking.Closure(start=TUESDAY_10 - timedelta(hours=4), end=TUESDAY_10 + timedelta(hours=12)))
    assert booking.free_slots(shop.repair, TUESDAY_10.date(), 1, NOW) == []


def test_hours_that_overlap_are_refused(shop: Shop) -> None:
    with pytest.raises(Invalid), writing():
        booking.set_hours(shop.owner, [Hours(0, 540, 720), Hours(0, 700, 800)])


def test_an_empty_range_of_hours_is_refused(shop: Shop) -> None:
    with pytest.raises(Invalid), writing():
        booking.set_hours(shop.owner, [Hours(0, 720, 540)])


def test_the_fee_is_the_one_promised_when_it_was_booked(shop: Shop, booked: cases.Case) -> None:
    with writing():
        settings.put({"fee": "35"}, "owner", NOW)
    assert booked.fee == 2900


def test_the_cost_of_asking_does_not_grow_with_the_past(house: Flask, shop: Shop) -> None:
    """Only what the window needs is read: old appointments are not."""
    with writing():
        appointment = book_visit(shop.repair, TUESDAY_10)
        for day in range(1, 400):
            start = TUESDAY_10 - timedelta(days=day)
            db.session.add(
                booking.Appointment(
                    case=appointment.case,
                    service=shop.repair,
                    staff_id=shop.repairer.id,
                    since=start,
                    start=start,
                    end=start + timedelta(minutes=45),
                    until=start + timedelta(hours=1),
                    visit=1,
                    created=NOW,
                )
            )
    window = booking.Span(TUESDAY_10, TUESDAY_10 + timedelta(days=14))
    read = booking._taken(window, NOW)
    assert sum(map(len, read.values())) <= 2


def test_a_case_that_changes_all_day_is_asked_to_call(shop: Shop, booked: cases.Case) -> None:
    """Each change writes to two people: a loop must not become a flood of mails."""
    appointment = booking.appointments(booked)[0]
    for number in range(1, booking.CHANGES):
        with writing():
            booking.move(appointment, TUESDAY_10 + timedelta(days=number % 2, hours=1), booked.customer.actor, NOW)
    with pytest.raises(Conflict), writing():
        booking.move(appointment, TUESDAY_10 + timedelta(days=2), booked.customer.actor, NOW)
    with writing():
        booking.move(appointment, TUESDAY_10 + timedelta(days=2), booked.customer.actor, NOW + timedelta(hours=25))


def test_a_visit_whose_case_is_over_counts_no_more(shop: Shop) -> None:
    for day in range(booking.CAP):
        with writing():
            done = book_visit(shop.repair, TUESDAY_10 + timedelta(days=day))
            cases.dismiss(done.case, "no_show", shop.repairer.actor, NOW)
    booking.check_cap(done.case.customer, NOW)
    with writing():
        for day in range(booking.CAP):
            book_visit(shop.repair, TUESDAY_10 + timedelta(days=day, hours=1))
    with pytest.raises(Conflict):
        booking.check_cap(done.case.customer, NOW)
