"""A case's journal reads as sentences, at the desk and on the customer's own page."""

from datetime import timedelta

import pytest
from conftest import NOW, TUESDAY_10, Shop

from shopvisio import booking, calls, cases, parts, steps, stops
from shopvisio.cases import Case
from shopvisio.db import writing
from shopvisio.parts import Wanted
from shopvisio.steps import Wording
from shopvisio.web import story

CALLED = TUESDAY_10 + timedelta(minutes=30)


def at_desk(case: Case) -> list[str]:
    lines = [line for _day, lines in story.by_day(case.journal) for line in lines]
    return [f"{line.who} {line.text}".strip() for line in reversed(lines)]


def to_customer(case: Case) -> list[str]:
    lines = [line for _day, lines in story.by_day(case.journal, to_customer=True) for line in lines]
    return [f"{line.who} {line.text}".strip() for line in reversed(lines)]


def hold_call(case: Case, shop: Shop) -> None:
    appointment = booking.appointments(case)[-1]
    call = calls.arrive(appointment, case.customer.actor, TUESDAY_10)
    calls.arrive(appointment, shop.repairer.actor, TUESDAY_10)
    calls.end(call, shop.repairer.actor, CALLED)


def test_the_desk_reads_who_did_what(booked: Case, shop: Shop) -> None:
    with writing():
        hold_call(booked, shop)
        cases.propose(booked, "repaired", "Joint changé.", shop.repairer.actor, CALLED)
    assert at_desk(booked) == [
        "Marie-Antoinette Delaunay-Charpentier réserve le 1er appel, mardi 24 novembre, 10\u00a0h.",
        "Marie-Antoinette Delaunay-Charpentier est en salle d’attente.",
        "Le 1er appel commence.",
        "Karim Benali termine le 1er appel, après 30 minutes.",
        "Karim Benali conclut\u00a0: réparé.",
    ]


def test_the_customer_is_spoken_to(booked: Case, shop: Shop) -> None:
    with writing():
        hold_call(booked, shop)
        cases.propose(booked, "repaired", "", shop.repairer.actor, CALLED)
        cases.answer(booked, False, "Il fuit encore.", CALLED)
    told = to_customer(booked)
    assert told[0] == "Vous avez réservé le 1er appel, mardi 24 novembre, 10\u00a0h."
    assert told[-1] == "Vous avez répondu Non à «\u00a0réparé\u00a0»."
    assert not any("salle d’attente" in line for line in told)


def test_words_stand_beside_their_sentence(booked: Case, shop: Shop) -> None:
    with writing():
        cases.propose(booked, "repaired", "Joint <b>changé</b>.", shop.repairer.actor, CALLED)
    line = story.tell(booked.journal[-1])
    assert line is not None
    assert line.words == "Joint <b>changé</b>."


@pytest.mark.parametrize(("price", "told"), [(1840, "18,40\u00a0€"), (0, "comprise dans le forfait")])
def test_a_part_is_told_with_its_price(booked: Case, shop: Shop, price: int, told: str) -> None:
    with writing():
        parts.offer(booked, Wanted("Joint", "481246", "", price), "", shop.repairer.actor, CALLED)
    assert told in at_desk(booked)[-1]


def test_the_way_of_a_part_is_told_to_its_end(booked: Case, shop: Shop) -> None:
    with writing():
        parts.offer(booked, Wanted("Joint", "", "", 1840), "", shop.repairer.actor, CALLED)
        parts.accept(booked, booked.offer, "1 rue Haute", "69001", "Lyon", CALLED)
        parts.send(booked, booked.parts[-1], "Colissimo", "https://suivi.example/1", shop.repairer.actor, CALLED)
        parts.receive(booked, booked.customer.actor, CALLED)
    accepted, sent, received = at_desk(booked)[-3:]
    assert "1 rue Haute, 69001 Lyon" in accepted
    assert sent.endswith("a envoyé\u00a0: Joint par Colissimo.")
    assert received.endswith("a bien reçu\u00a0: Joint.")
    assert [line.link for _day, lines in story.by_day(booked.journal) for line in lines][1] == "https://suivi.example/1"


def test_every_kind_of_line_has_its_words(booked: Case) -> None:
    for kind in story.TELLINGS:
        with writing():
            cases.record(booked, kind, booked.customer.actor, NOW, start=NOW.isoformat())
        line = story.tell(booked.journal[-1])
        assert line is not None
        assert line.text.endswith(".")
        assert "{" not in line.text


def test_braces_in_what_people_write_are_left_alone(booked: Case, shop: Shop) -> None:
    with writing():
        parts.offer(booked, Wanted("Joint {0} {price}", "", "", 0), "", shop.repairer.actor, CALLED)
    assert "Joint {0} {price}" in at_desk(booked)[-1]


def test_the_latest_day_comes_first(booked: Case, shop: Shop) -> None:
    with writing():
        cases.propose(booked, "repaired", "", shop.repairer.actor, CALLED)
    days = [day for day, _lines in story.by_day(booked.journal)]
    assert days == sorted(days, reverse=True)
    assert len(days) == 2


def test_the_line_of_a_case_ends_with_what_comes_next(booked: Case, shop: Shop) -> None:
    upcoming = booking.upcoming(booked, NOW)
    assert [(stage.label, stage.phase) for stage in story.stages(booked, upcoming)] == [
        ("Réservé", "was"),
        ("1er appel", "is"),
        ("Clos", ""),
    ]


def test_the_line_of_a_closed_case_ends_with_its_outcome(booked: Case, shop: Shop) -> None:
    with writing():
        hold_call(booked, shop)
        cases.propose(booked, "repaired", "", shop.repairer.actor, CALLED)
        cases.answer(booked, True, "", CALLED)
    stages = story.stages(booked, None)
    assert (stages[-1].label, stages[-1].phase) == ("Réparé", "is")
    assert "1er appel" in [stage.label for stage in stages]


def test_the_line_does_not_say_the_present_twice(booked: Case, shop: Shop) -> None:
    with writing():
        parts.offer(booked, Wanted("Joint", "", "", 0), "", shop.repairer.actor, CALLED)
    assert [stage.label for stage in story.stages(booked, None)] == ["Réservé", "Pièce proposée", "Clos"]


@pytest.mark.parametrize(
    ("written", "inside"), [("Lave-linge", "lave-linge"), ("TV", "TV"), ("WC suspendu", "WC suspendu"), ("", "")]
)
def test_a_device_is_written_small_inside_a_sentence(written: str, inside: str) -> None:
    assert story.mid(written) == inside


def test_who_draws_on_a_photo_is_told_once(booked: Case, shop: Shop) -> None:
    with writing():
        hold_call(booked, shop)
        for actor in (booked.customer.actor, shop.repairer.actor):
            cases.record(booked, "marked", actor, CALLED, on=1)
    assert at_desk(booked)[-2:] == [
        "Marie-Antoinette Delaunay-Charpentier dessine sur une photo.",
        "Karim Benali dessine sur une photo.",
    ]
    assert to_customer(booked)[-2:] == ["Vous avez dessiné sur une photo.", "Karim Benali dessine sur une photo."]
def test_what_one_hand_ticked_in_a_row_is_one_line_and_a_stop_is_loud(booked: Case, shop: Shop) -> None:
    visit, actor = booking.appointments(booked)[-1], shop.repairer.actor
    with writing():
        made = [steps.write(booked, Wording(text), actor) for text in ("Ôter le couvercle", "Fermer l’eau", "Vider")]
        for step in made[:2]:
            steps.tick(booked, step.id, booked.customer.actor, CALLED)
        steps.tick(booked, made[2].id, actor, CALLED)
        stops.press(visit, booked.customer.actor, "", CALLED)
        stops.press(visit, actor, "water", CALLED)
        stops.lift(booked, actor, "C’était de la buée.", CALLED)
    assert to_customer(booked)[1:] == [
        "Vous avez coché\u00a0: ôter le couvercle et fermer l’eau.",
        "Karim Benali coche\u00a0: vider.",
        "Vous avez tout arrêté pour danger.",
        "Karim Benali précise le danger (de l’eau).",
        "Karim Benali a repris après l’arrêt.",
    ]
    assert story.tell(booked.journal[-1]).words == "C’était de la buée."
