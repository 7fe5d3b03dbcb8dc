"""The checklist of a case: who writes, who ticks, what is kept when it changes."""

from datetime import timedelta

import pytest
from conftest import NOW, TUESDAY_10, Shop

from shopvisio import booking, cases, parts, steps, stops
from shopvisio.accounts import Actor
from shopvisio.cases import Case
from shopvisio.db import writing
from shopvisio.errors import Conflict, Forbidden, Invalid, NotFound, WrongState
from shopvisio.parts import Wanted
from shopvisio.steps import Step, Wording

AFTERWARDS = TUESDAY_10 + timedelta(hours=13)
GUEST = Actor("guest", "Paul")


def written(case: Case, shop: Shop, *texts: str) -> list[Step]:
    """So many steps by the repairer."""
    with writing():
        for text in texts:
            steps.write(case, Wording(text), shop.repairer.actor)
    return steps.of_case(case)


def texts(case: Case) -> list[str]:
    return [step.text for step in steps.of_case(case)]


def told(case: Case) -> list[tuple[str, str, str]]:
    """The story of the steps: who, what, which."""
    return [(e.name, e.kind, e.told["step"]) for e in case.journal if e.kind.startswith("step_")]


def test_either_side_ticks_and_takes_it_back_and_the_journal_keeps_all_of_it(booked: Case, shop: Shop) -> None:
    first, second = written(booked, shop, "Retirer le couvercle", "Fermer le robinet")
    customer = booked.customer.actor
    with writing():
        steps.tick(booked, first.id, customer, NOW)
        steps.tick(booked, first.id, shop.repairer.actor, NOW)  # said twice is said once
        steps.tick(booked, second.id, shop.repairer.actor, NOW)
        steps.untick(booked, second.id, customer, NOW)
    assert [step.done_name for step in steps.done(booked)] == [booked.customer.name]
    assert steps.current(steps.of_case(booked)) == second
    assert steps.progress(steps.of_case(booked)) == (1, 2)
    assert told(booked) == [
        (booked.customer.name, "step_done", "Retirer le couvercle"),
        ("Karim Benali", "step_done", "Fermer le robinet"),
        (booked.customer.name, "step_undone", "Fermer le robinet"),
    ]


def test_the_list_survives_to_the_next_visit(booked: Case, shop: Shop) -> None:
    (first, _second) = written(booked, shop, "Retirer le couvercle", "Changer le joint")
    with writing():
        steps.tick(booked, first.id, booked.customer.actor, NOW)
        parts.offer(booked, Wanted("Joint", "", "", 0), "", shop.repairer.actor, NOW)
        parts.accept(booked, booked.offer, "1 rue du Port", "69001", "Lyon", NOW)
        parts.send(booked, booked.parts[-1], "", "", shop.repairer.actor, NOW)
        parts.receive(booked, booked.customer.actor, NOW)
        cases.book_again(booked)
        booking.book(booked, shop.repair, TUESDAY_10 + timedelta(days=1), AFTERWARDS)
    assert [(step.text, step.done is not None) for step in steps.of_case(booked)] == [
        ("Retirer le couvercle", True),
        ("Changer le joint", False),
    ]


def test_steps_move_up_and_down_and_stay_at_the_ends(booked: Case, shop: Shop) -> None:
    first, second, third = written(booked, shop, "un", "deux", "trois")
    for step, by, order in (
        (third, -1, ["un", "trois", "deux"]),
        (first, -1, ["un", "trois", "deux"]),
        (second, 1, ["un", "trois", "deux"]),
        (first, 1, ["trois", "un", "deux"]),
    ):
        with writing():
            steps.move(booked, step.id, by, shop.repairer.actor)
        assert texts(booked) == order


def test_a_step_that_was_never_ticked_goes_one_that_was_is_left_out_and_may_come_back(booked: Case, shop: Shop) -> None:
    first, second = written(booked, shop, "Retirer le couvercle", "Fermer le robinet")
    actor = shop.repairer.actor
    with writing():
        steps.remove(booked, second.id, actor, NOW)
        steps.tick(booked, first.id, actor, NOW)
    assert texts(booked) == ["Retirer le couvercle"]
    with pytest.raises(Conflict, match="décochez"), writing():
        steps.remove(booked, first.id, actor, NOW)
    with writing():
        steps.untick(booked, first.id, actor, NOW)
        steps.remove(booked, first.id, actor, NOW)
    assert steps.progress(steps.of_case(booked)) == (0, 0)
    assert not steps.of_case(booked)[0].is_to_do
    with writing():
        steps.put_back(booked, first.id, actor, NOW)
    assert steps.progress(steps.of_case(booked)) == (0, 1)
    assert [kind for _who, kind, _step in told(booked)][-2:] == ["step_left_out", "step_put_back"]


def test_words_may_change_until_the_step_is_done(booked: Case, shop: Shop) -> None:
    (step,) = written(booked, shop, "Retirer le couvercle")
    with writing():
        steps.rewrite(
            booked, step.id, Wording("Soulever le couvercle", "Il est lourd.", "attention"), None, shop.owner.actor
        )
        steps.tick(booked, step.id, booked.customer.actor, NOW)
    assert (step.text, step.how, step.danger) == ("Soulever le couvercle", "Il est lourd.", "attention")
    with pytest.raises(Conflict), writing():
        steps.rewrite(booked, step.id, Wording("Autre chose"), None, shop.owner.actor)
    with pytest.raises(NotFound), writing():
        steps.untick(booked, step.id, shop.owner.actor, NOW)
        steps.rewrite(booked, step.id, Wording("Autre chose"), 99, shop.owner.actor)  # a picture of no case


@pytest.mark.parametrize(
    ("text", "how", "danger", "field"),
    [(" ", "", "", "text"), ("a" * 161, "", "", "text"), ("ok", "a" * 801, "", "how"), ("ok", "", "mortel", "danger")],
)
def test_nonsense_is_refused_with_its_field(house: None, text: str, how: str, danger: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        Wording(text, how, danger)
    assert set(refused.value.fields) == {field}


def test_customers_tick_and_do_not_write_and_a_third_person_does_neither(booked: Case, shop: Shop) -> None:
    (step,) = written(booked, shop, "Retirer le couvercle")
    for act in (
        lambda: steps.write(booked, Wording("x"), booked.customer.actor),
        lambda: steps.rewrite(booked, step.id, Wording("x"), None, booked.customer.actor),
        lambda: steps.move(booked, step.id, 1, GUEST),
        lambda: steps.remove(booked, step.id, booked.customer.actor, NOW),
        lambda: steps.tick(booked, step.id, GUEST, NOW),
    ):
        with pytest.raises(Forbidden), writing():
            act()


def test_there_is_an_end_to_a_list_and_a_closed_case_keeps_its_own(booked: Case, shop: Shop) -> None:
    (step, *_others) = written(booked, shop, *(f"étape {n}" for n in range(steps.MOST)))
    with pytest.raises(Conflict), writing():
        steps.write(booked, Wording("une de trop"), shop.repairer.actor)
    with writing():
        cases.dismiss(booked, "cancelled", shop.repairer.actor, NOW)
    with pytest.raises(WrongState), writing():
        steps.tick(booked, step.id, booked.customer.actor, NOW)


# -- stop, danger


def test_whoever_is_there_stops_everything_and_a_colleague_lets_it_go_on_with_a_reason(
    booked: Case, shop: Shop
) -> None:
    (step,) = written(booked, shop, "Fermer le robinet")
    visit = booking.appointments(booked)[-1]
    for actor in (GUEST, booked.customer.actor, shop.repairer.actor):
        with writing():
            stops.press(visit, actor, "", NOW)
            stops.press(visit, booked.customer.actor, "water", NOW)
        stop = stops.standing(booked)
        assert stop is not None
        assert (stop.name, stop.cause) == (actor.name, "water")
        with pytest.raises(Conflict, match="arrêté"), writing():
            steps.tick(booked, step.id, booked.customer.actor, NOW)
        with pytest.raises(Forbidden), writing():
            stops.lift(booked, booked.customer.actor, "tout va bien", NOW)
        with pytest.raises(Invalid), writing():
            stops.lift(booked, shop.repairer.actor, "  ", NOW)
        with writing():
            stops.lift(booked, shop.repairer.actor, "L’eau est coupée.", NOW)
        assert stops.standing(booked) is None
    kinds = [entry.kind for entry in booked.journal if entry.kind.startswith("stop")]
    assert kinds == ["stopped", "stop_cause", "stop_lifted"] * 3


def test_a_stop_ends_with_its_visit_or_with_its_conclusion(booked: Case, shop: Shop) -> None:
    visit = booking.appointments(booked)[-1]
    with writing():
        stops.press(visit, booked.customer.actor, "mains", NOW)
        why = cases.Why("repairable", "unsafe")
        cases.propose(booked, "not_repaired", "Trop dangereux.", shop.repairer.actor, NOW, why)
    assert stops.standing(booked) is None
    with writing():
        cases.answer(booked, False, "", NOW)
    assert stops.standing(booked) is not None
    with writing():
        cases.book_again(booked)
        booking.book(booked, shop.repair, TUESDAY_10 + timedelta(days=1), AFTERWARDS)
    assert stops.standing(booked) is None
