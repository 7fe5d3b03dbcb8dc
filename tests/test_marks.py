"""Marks on stills: what is one, who may erase it, and that nothing drawn is ever lost."""

import contextlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from conftest import NOW, TUESDAY_10, Shop, book_visit
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from shopvisio import calls, db, marks, stills
from shopvisio.accounts import Actor
from shopvisio.booking import Appointment
from shopvisio.errors import Conflict, Forbidden, Invalid, NotFound
from shopvisio.marks import Erasure, Mark
from shopvisio.stills import Still

LATER = TUESDAY_10 + timedelta(minutes=1)
ARROW = [[0.25, 0.5], [0.75, 0.5]]
GUEST = Actor("guest", "Jeanne")
Draw = Callable[..., Mark]


@pytest.fixture
def visit(shop: Shop) -> Appointment:
    """A call that everybody is in."""
    with db.writing():
        appointment = book_visit(shop.repair, TUESDAY_10)
        for actor in (appointment.case.customer.actor, shop.repairer.actor):
            calls.arrive(appointment, actor, TUESDAY_10)
    return appointment


@pytest.fixture
def still(visit: Appointment) -> Still:
    """What the customer took."""
    with db.writing():
        made, _new = stills.add(visit, visit.case.customer.actor, "a-first-still", "a.jpg", 1280, 720, TUESDAY_10)
    return made


@pytest.fixture
def karim(shop: Shop) -> Actor:
    return shop.repairer.actor


@pytest.fixture
def marie(visit: Appointment) -> Actor:
    return visit.case.customer.actor


@pytest.fixture
def draw(still: Still) -> Draw:
    """draw(actor, once): an arrow, or what is said."""

    def mark(actor: Actor, once: str, kind: str = "arrow", points: Any = ARROW, text: str = "") -> Mark:
        with db.writing():
            return marks.add(still, actor, once, kind, "yellow", points, text, LATER)

    return mark


def standing(still: Still) -> list[str]:
    return [mark.once for mark in marks.of(still)]


def erase(still: Still, actor: Actor, *names: str, gone: bool = True) -> list[str]:
    with db.writing():
        return marks.erase(still, actor, names, gone, LATER)


def test_both_sides_and_a_third_person_draw_and_each_is_told_in_words(
    still: Still, draw: Draw, karim: Actor, marie: Actor
) -> None:
    draw(karim, "mark-one-0")
    draw(karim, "mark-two-0")
    draw(marie, "mark-three", "circle")
    draw(GUEST, "mark-four-", "text", [[0.5, 0.5]], " le  joint ")
    draw(karim, "mark-five-", "stamp", [[0.5, 0.9]], "hands_off")
    draw(karim, "mark-six-0", "number", [[0.1, 0.1]])
    assert marks.words(marks.of(still)) == [
        "Flèche 1, posée par Karim",
        "Flèche 2, posée par Karim",
        "Cercle 1, tracé par Marie-Antoinette Delaunay-Charpentier",
        "«\u00a0le joint\u00a0», écrit par Jeanne",
        "«\u00a0Ne pas toucher\u00a0», posé par Karim",
        "Numéro 1, posé par Karim",
    ]
    told = [(entry.name, entry.told) for entry in still.appointment.case.journal if entry.kind == "marked"]
    assert told == [(karim.name, {"on": still.id}), (marie.name, {"on": still.id}), ("Jeanne", {"on": still.id})]


def test_sent_twice_a_mark_is_kept_once(still: Still, draw: Draw, karim: Actor) -> None:
    assert draw(karim, "mark-one-0").id == draw(karim, "mark-one-0").id
    assert standing(still) == ["mark-one-0"]


def test_numbers_count_on_from_the_highest_that_stands(still: Still, draw: Draw, karim: Actor) -> None:
    for once in ("mark-one-0", "mark-two-0"):
        draw(karim, once, "number", [[0.5, 0.5]])
    erase(still, karim, "mark-two-0")
    assert draw(karim, "mark-three", "number", [[0.5, 0.5]]).number == 2
    erase(still, karim, "mark-three")
    erase(still, karim, "mark-one-0")
    assert erase(still, karim, "mark-one-0", gone=False) == ["mark-one-0"]
    assert [mark.number for mark in marks.of(still)] == [1]  # put back, it is what it was


def test_the_customer_erases_their_own_marks_alone_and_the_shop_any(
    still: Still, draw: Draw, karim: Actor, marie: Actor
) -> None:
    draw(karim, "of-karim-0")
    draw(marie, "of-marie-0")
    draw(GUEST, "of-jeanne-")
    for actor, names in ((marie, ["of-karim-0"]), (marie, ["of-marie-0", "of-jeanne-"]), (GUEST, ["of-marie-0"])):
        with pytest.raises(Forbidden):
            erase(still, actor, *names)
    with pytest.raises(Forbidden):
        erase(still, Actor("guest", "Paul"), "of-jeanne-")
    assert len(standing(still)) == 3
    assert erase(still, marie, "of-marie-0") == ["of-marie-0"]
    assert erase(still, karim, "of-karim-0", "of-jeanne-", "of-marie-0", "unheard-of") == ["of-karim-0", "of-jeanne-"]
    assert standing(still) == []
    assert erase(still, karim, "of-karim-0", "of-jeanne-", gone=False) == ["of-karim-0", "of-jeanne-"]


NONSENSE: list[Any] = [
    None, 7, "0.5", {}, [], [[0.5, 0.5]], [[0.5], [0.5]], [[0.5, 0.5, 0.5]] * 2, [[0.1, -0.1], [0.5, 0.5]],
    [[0.1, 1.01], [0.5, 0.5]], [[float("nan"), 0.1], [0.5, 0.5]], [[float("inf"), 0.1], [0.5, 0.5]],
    [[True, 0.1], [0.5, 0.5]], [["0", 0.1], [0.5, 0.5]], [[None, 0.1], [0.5, 0.5]], [[0.5, 0.5], [0.5, 0.5]],
    [[0.5, 0.5], [0.5, 0.502]], [*ARROW, [0.5, 0.5]],
]  # fmt: skip


@pytest.mark.parametrize("points", NONSENSE, ids=str)
def test_what_is_no_place_on_the_picture_is_refused(still: Still, draw: Draw, karim: Actor, points: Any) -> None:
    with pytest.raises(Invalid):
        draw(karim, "mark-one-0", points=points)
    assert standing(still) == []


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("text", ""), ("text", "  "), ("text", "a" * 41), ("text", "a\x00b"), ("text", "a\u202eb"), ("arrow", "words"),
        ("stamp", ""), ("stamp", "explode"), ("number", "7"), ("star", ""), ("", ""),
    ],
)  # fmt: skip
def test_what_a_mark_may_not_say_is_refused(still: Still, draw: Draw, karim: Actor, kind: str, text: str) -> None:
    points = ARROW if kind == "arrow" else [[0.5, 0.5]]
    with pytest.raises(Invalid):
        draw(karim, "mark-one-0", kind, points, text)
    assert standing(still) == []


@pytest.mark.parametrize("once", ["", "short", "a" * 65, "../../../etc", "éééééééé"])
def test_a_mark_has_a_name_of_its_own(draw: Draw, karim: Actor, once: str) -> None:
    with pytest.raises(Invalid):
        draw(karim, once)


def test_a_still_has_room_for_so_many(still: Still, draw: Draw, karim: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marks, "MOST", 2)
    draw(karim, "mark-one-0")
    draw(karim, "mark-two-0")
    with pytest.raises(Conflict):
        draw(karim, "mark-three")
    erase(still, karim, "mark-one-0")
    draw(karim, "mark-three")
    with pytest.raises(Conflict):
        erase(still, karim, "mark-one-0", gone=False)
    monkeypatch.setattr(marks, "MOST_ROWS", 4)
    with pytest.raises(Conflict):
        erase(still, karim, "mark-two-0")


def test_a_still_of_the_case_lies_open_between_them_until_it_is_taken_away(visit: Appointment, still: Still) -> None:
    assert marks.laid(visit) is None
    for laid in (still, still, None, still):
        with db.writing():
            marks.lay(visit, laid)
        assert marks.laid(visit) == laid


def test_no_other_cases_still_can_be_opened(still: Still, shop: Shop) -> None:
    with db.writing():
        other = book_visit(shop.repair, TUESDAY_10 + timedelta(hours=1), NOW)
    with pytest.raises(NotFound), db.writing():
        marks.lay(other, still)
    assert marks.laid(other) is None


def test_the_drawing_holds_the_marks_in_words_and_the_picture_beneath(still: Still, draw: Draw, karim: Actor) -> None:
    draw(karim, "mark-one-0")
    draw(karim, "mark-two-0", "text", [[0.5, 0.5]], "<script>alert(1)</script>")
    drawn = marks.svg(still, "data:image/jpeg;base64,AA==")
    assert "<script" not in drawn
    tree = ElementTree.fromstring(drawn)
    assert tree[0].text == "Flèche 1, posée par Karim. «\u00a0<script>alert(1)</script>\u00a0», écrit par Karim"
    assert tree[1].get("href") == "data:image/jpeg;base64,AA=="


def test_a_mark_goes_with_its_still(still: Still, draw: Draw, karim: Actor, visit: Appointment) -> None:
    draw(karim, "mark-one-0")
    erase(still, karim, "mark-one-0")
    with db.writing():
        marks.lay(visit, still)
    with db.writing():
        db.db.session.execute(db.db.delete(Still).where(Still.id == still.id))
    assert db.db.session.scalars(db.db.select(Mark)).all() == []
    assert db.db.session.scalars(db.db.select(Erasure)).all() == []
    assert marks.laid(visit) is None


acts = st.lists(st.tuples(st.sampled_from(["draw", "gone", "back"]), st.integers(0, 4)), max_size=25)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3), lambda one: st.lists(one, max_size=4)
)


class Undone(Exception):
    """An example is over: nothing of it stays."""


@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts)
def test_however_marks_are_drawn_erased_and_put_back_what_stands_is_what_was_meant(
    still: Still, karim: Actor, acts: list[tuple[str, int]]
) -> None:
    """Against a set that is changed in place; the rows themselves only ever grow."""
    meant: set[str] = set()
    drawn: set[str] = set()
    rows = 0
    with contextlib.suppress(Undone), db.writing():
        for act, nth in acts:
            once = f"mark-number-{nth}"
            if act == "draw":
                marks.add(still, karim, once, "arrow", "sky", ARROW, "", LATER)
                meant |= {once} - drawn
                drawn.add(once)
            else:
                marks.erase(still, karim, [once], act == "gone", LATER)
                meant = meant - {once} if act == "gone" else meant | ({once} & drawn)
            assert set(standing(still)) == meant
            assert marks._rows(still) >= rows
            rows = marks._rows(still)
        raise Undone


@hypothesis_settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(sorted(marks.KINDS)), anything | st.lists(st.lists(st.floats(-0.2, 1.2), min_size=2, max_size=2))
)
def test_whatever_comes_as_places_is_kept_as_places_or_refused(kind: str, points: Any) -> None:
    try:
        places = marks.read_points(kind, points)
    except Invalid:
        return
    assert json.loads(json.dumps(places)) == [[round(x, 4), round(y, 4)] for x, y in points]
    assert all(0 <= part <= 1 for place in places for part in place)
