"""The library: what comes with the product is whole in every language, what the shop edits stays its own."""

import tomllib
from pathlib import Path

import pytest
from conftest import NOW, Shop

from shopvisio import cases, gates, guides, steps, stops
from shopvisio.booking import appointments
from shopvisio.cases import Case
from shopvisio.db import db, writing
from shopvisio.errors import Conflict, Forbidden, Invalid
from shopvisio.gates import CHECKS
from shopvisio.guides import DRAWING, LIBRARY, LONGEST, Guide, GuideStep
from shopvisio.steps import LEVELS, Wording

STATIC = LIBRARY.parent / "web/static/guides"
FILES = sorted(LIBRARY.glob("*/*.toml"))
SUBJECTS = {
    "running-cistern",
    "leaking-tap",
    "washing-machine-filter",
    "door-seal",
    "dishwasher-not-draining",
    "tripping-breaker",
}


def starter(name: str, language: str = "fr") -> Guide:
    found = db.session.query(Guide).filter_by(starter=name, language=language).one()
    assert isinstance(found, Guide)
    return found


def say_yes(case: Case, *checks: str) -> None:
    for check in checks:
        with writing():
            guides.answer(case, check, True, case.customer.actor, NOW)


# -- what comes with the product


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_subject_is_there_in_each_language(language: str) -> None:
    assert {path.stem for path in LIBRARY.glob(f"{language}/*.toml")} == SUBJECTS


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_guide_of_the_library_is_whole(path: Path) -> None:
    told = tomllib.loads(path.read_text())
    assert all(0 < len(told[name]) <= most for name, most in LONGEST.items())
    assert set(told["gate"]) <= set(CHECKS)
    assert told["gate"]
    assert 5 <= told["minutes"] <= 60
    for step in told["steps"]:
        Wording(step["text"], step["how"], step.get("danger", ""))
        assert "drawing" not in step or (STATIC / f"{step['drawing']}.svg").exists()
    assert any(step.get("danger") for step in told["steps"])


@pytest.mark.parametrize("name", sorted(SUBJECTS))
def test_languages_say_the_same_steps_with_the_same_dangers(name: str) -> None:
    french, english = (tomllib.loads((LIBRARY / code / f"{name}.toml").read_text()) for code in ("fr", "en"))
    assert french["gate"] == english["gate"]
    shape = [[(step.get("danger"), step.get("drawing")) for step in told["steps"]] for told in (french, english)]
    assert shape[0] == shape[1]


def test_nobody_works_on_live_parts() -> None:
    """Whatever is plugged in is unplugged before the first step; the consumer unit is never opened."""
    for path in LIBRARY.glob("fr/*.toml"):
        told = tomllib.loads(path.read_text())
        if path.stem == "tripping-breaker":
            assert "On n’ouvre jamais le tableau" in told["stop"]
            assert {"burnt", "dry"} <= set(told["gate"])
        elif told["device"].startswith(("Lave", "Sèche")):
            assert {"power", "water", "hot"} <= set(told["gate"])
            assert told["steps"][0]["danger"] == "danger"


def test_the_shop_owns_a_copy_that_follows_releases_until_it_edits_it(shop: Shop) -> None:
    guide, edited = starter("running-cistern"), starter("leaking-tap")
    with writing():
        guide.digest = edited.digest = "of an older release"
        guide.title = edited.title = "Ancien titre"
        edited.edited = True
    with writing():
        guides.keep_starters(NOW)
    assert guide.title == "Chasse d’eau qui coule sans arrêt"
    assert edited.title == "Ancien titre"
    assert db.session.query(Guide).count() == len(FILES)


def test_a_reader_finds_guides_in_their_language_by_a_word_with_or_without_accents(shop: Shop) -> None:
    assert [guide.starter for guide in guides.listed("fr", "vidange RINCEZ")] == [
        "washing-machine-filter",
        "dishwasher-not-draining",
    ]
    assert [guide.starter for guide in guides.listed("fr", "reservoir flotteur")] == ["running-cistern"]
    assert [guide.starter for guide in guides.listed("en", "cistern float")] == ["running-cistern"]
    assert {guide.language for guide in guides.listed("de")} == {"fr"}  # what nobody translated
    assert guides.listed("fr", "soucoupe") == []


# -- in a case


def test_a_guide_starts_once_every_question_of_its_gate_is_answered_yes(booked: Case, shop: Shop) -> None:
    guide = starter("running-cistern")
    with writing():
        guides.start(guide, booked, shop.repairer.actor, NOW)
    assert steps.of_case(booked) == []
    say_yes(booked, "water")
    assert gates.waiting(booked) is not None
    say_yes(booked, "height")
    assert gates.waiting(booked) is None
    listed = steps.of_case(booked)
    assert [step.text for step in listed] == [step.text for step in guide.steps]
    assert listed[0].picture == f"{DRAWING}cistern"
    assert booked.journal[-1].told == {"guide": guide.title, "checks": ["water", "height"]}


def test_a_no_stops_and_is_logged_until_staff_ask_again_or_give_up(booked: Case, shop: Shop) -> None:
    guide, customer = starter("running-cistern"), booked.customer.actor
    with writing():
        guides.start(guide, booked, shop.repairer.actor, NOW)
        guides.answer(booked, "water", False, customer, NOW)
    gate = gates.waiting(booked)
    assert gate is not None
    assert gate.stopped_by is not None
    assert (booked.journal[-1].kind, booked.journal[-1].told["check"]) == ("gate_stopped", "water")
    with pytest.raises(Conflict), writing():
        guides.answer(booked, "height", True, customer, NOW)
    with pytest.raises(Forbidden), writing():
        gates.again(booked, customer)
    with writing():
        gates.again(booked, shop.repairer.actor)
    say_yes(booked, "water", "height")
    assert len(steps.of_case(booked)) == len(guide.steps)
    with writing():
        guides.start(guide, booked, shop.repairer.actor, NOW)
        gates.drop(booked, shop.repairer.actor, NOW)
    assert gates.waiting(booked) is None


def test_nothing_starts_while_everything_is_stopped_nor_from_a_draft(booked: Case, shop: Shop) -> None:
    with writing():
        stops.press(appointments(booked)[-1], booked.customer.actor, "gas", NOW)
        with pytest.raises(Conflict):
            guides.start(starter("door-seal"), booked, shop.repairer.actor, NOW)
        stops.lift(booked, shop.repairer.actor, "Fausse alerte.", NOW)
        draft = guides.begin("fr", shop.owner.actor, NOW)
        with pytest.raises(Conflict):
            guides.start(draft, booked, shop.repairer.actor, NOW)


# -- what the shop writes


def test_a_finished_case_becomes_a_draft_of_what_was_done(booked: Case, shop: Shop) -> None:
    actor = shop.repairer.actor
    with writing():
        for text in ("Ôter le couvercle", "Fermer l’eau", "Jamais faite"):
            steps.write(booked, Wording(text, "Comme ceci.", "attention"), actor)
        for step in steps.of_case(booked)[:2]:
            steps.tick(booked, step.id, booked.customer.actor, NOW)
        with pytest.raises(Conflict, match="terminé"):
            guides.of_case(booked, actor, NOW)
        cases.propose(booked, "repaired", "Joint changé.", actor, NOW)
        guide = guides.of_case(booked, actor, NOW)
    assert (guide.state, guide.title, guide.device) == ("draft", "L’eau coule en continu.", "Réservoir de WC")
    assert [(line.text, line.how, line.danger) for line in guide.steps] == [
        ("Ôter le couvercle", "Comme ceci.", "attention"),
        ("Fermer l’eau", "Comme ceci.", "attention"),
    ]
    assert [line.picture for line in guide.steps] == ["", ""]  # pictures are copied one by one, by hand


def test_a_guide_is_kept_as_typed_or_refused_with_each_field(shop: Shop) -> None:
    facts = {"title": "Hotte bruyante", "device": "Hotte", "tools": "", "stop": "Odeur de brûlé.", "minutes": "15"}
    with writing():
        guide = guides.begin("fr", shop.owner.actor, NOW)
        guides.save(guide, facts, ["power", "nonsense"], [GuideStep(text="Débrancher")], shop.owner.actor, NOW)
    assert (guide.title, guide.minutes, guide.checks, guide.by) == ("Hotte bruyante", 15, ["power"], "Claire Fontaine")
    with pytest.raises(Conflict), writing():
        guides.set_state(guides.begin("fr", shop.owner.actor, NOW), "ready", shop.owner.actor, NOW)
    for typed in ("-1", "1e3", "٣٤", "9999", "beaucoup"):
        with pytest.raises(Invalid) as refused, writing():
            guides.save(
                guide, {**facts, "title": "", "tools": "a" * 301, "minutes": typed}, [], [], shop.owner.actor, NOW
            )
        assert set(refused.value.fields) == {"title", "tools", "minutes"}


def test_levels_are_told_in_a_picture_and_in_words(house: None) -> None:
    assert all(level.icon and str(level.name) for name, level in LEVELS.items() if name)
