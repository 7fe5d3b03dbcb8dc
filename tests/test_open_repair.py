"""The sheet for the Open Repair Alliance: every line as its standard wants it, and nothing in it about anybody."""

import csv
import io
from dataclasses import dataclass
from datetime import timedelta

import pytest
from conftest import NOW, TUESDAY_10, Shop, a_customer, book_visit
from flask import Flask
from flask.testing import FlaskClient

from shopvisio import cases, gates, guides, open_repair, plates, settings
from shopvisio.cases import Case, Intake, Why
from shopvisio.db import db, writing

# The standard's field reference (0.3, December 2021), in its order.
HEAD = [
    "id", "partner_product_category", "product_category", "product_category_id", "brand", "year_of_manufacture",
    "product_age_estimate", "problem", "repair_status", "repair_barrier_if_end_of_life", "group_identifier",
    "event_date", "data_provider", "country", "record_date",
]  # fmt: skip
STATUSES = {"Fixed", "Repairable", "End of life", "Unknown"}
BARRIERS = {
    "", "Spare parts not available", "Spare parts too expensive", "No way to open product",
    "Repair information not available", "Lack of equipment", "Item too worn out",
}  # fmt: skip
PERSONAL = "Marie Delaunay, marie@mail.example, 06 12 34 56 78, 6 quai Saint-Vincent"


@dataclass(frozen=True)
class Ended:
    """A repair as it ended."""

    device: str
    brand: str = ""
    condition: str = ""
    barrier: str = ""


def ended(shop: Shop, *repairs: Ended) -> list[Case]:
    """Each of another customer, closed, with words everywhere that are nobody's to share."""
    owner, made = shop.owner.actor, []
    for one in repairs:
        about = Intake(one.device, one.brand, PERSONAL, PERSONAL)
        case = cases.open_case("repair", a_customer(NOW, PERSONAL), about, NOW)
        if one.condition:
            cases.propose(case, "not_repaired", PERSONAL, owner, NOW, Why(one.condition, one.barrier))
        else:
            cases.propose(case, "repaired", PERSONAL, owner, NOW)
        cases.answer(case, True, "", NOW + timedelta(days=1))
        made.append(case)
    return made


def rows() -> list[dict[str, str]]:
    text = open_repair.shared().csv()
    assert text.endswith("\r\n")
    sheet = csv.DictReader(io.StringIO(text, newline=""))
    assert sheet.fieldnames == HEAD
    return list(sheet)


def test_every_line_is_as_the_standard_wants_it(shop: Shop) -> None:
    with writing():
        ended(
            shop,
            Ended("Lave-linge"),
            Ended("Mon grille-pain", condition="repairable", barrier="too_dear"),
            *(Ended("Cafetière", condition="end_of_life", barrier=name) for name in cases.BARRIERS if name != "other"),
        )
    lines = rows()
    assert len(lines) == 1 + len(cases.BARRIERS)
    assert len({line["id"] for line in lines}) == len(lines)
    for line in lines:
        assert line["repair_status"] in STATUSES
        assert line["repair_barrier_if_end_of_life"] in BARRIERS
        assert open_repair.CATEGORIES[int(line["product_category_id"])] == line["product_category"]
        assert line["event_date"] == f"{NOW:%Y-%m-%d}"  # the day it was said, not that of the answer
        assert line["record_date"] == f"{NOW + timedelta(days=1):%Y-%m-%d}"
        assert (line["country"], line["year_of_manufacture"], line["product_age_estimate"]) == ("FRA", "", "")
        assert line["data_provider"] == line["group_identifier"] == settings.get("shop_name")
    asked = ("product_category_id", "repair_status", "repair_barrier_if_end_of_life")
    told = [tuple(line[name] for name in asked) for line in lines]
    assert told[:2] == [("17", "Fixed", ""), ("31", "Repairable", "")]  # a barrier only where it is the end
    assert {barrier for _number, status, barrier in told if status == "End of life"} == BARRIERS


def test_nothing_in_it_is_about_anybody(shop: Shop) -> None:
    with writing():
        done = ended(shop, Ended("Aspirateur", PERSONAL), Ended(PERSONAL), Ended(f"four {PERSONAL}", "Marie Delaunay"))
    text = open_repair.shared().csv()
    said = [PERSONAL, *PERSONAL.split(", "), "Marie", "Delaunay", "mail.example", *(case.number for case in done)]
    assert [word for word in (*said, *(case.key for case in done)) if word in text] == []
    assert [line["partner_product_category"] for line in rows()] == ["aspirateur", "four"]
    assert open_repair.shared().left_out == 1


def test_a_brand_is_told_that_staff_read_or_several_people_named(shop: Shop) -> None:
    with writing():
        named = Ended("Four", "Blanco"), Ended("Four", "BLANCO"), Ended("TV", "Rara")
        read, *_rest = ended(shop, Ended("Aspirateur"), *named)
        plates.read(read, "Rowenta", "X1", "1234", "", shop.owner.actor, NOW)
    assert [line["brand"] for line in rows()] == ["Rowenta", "Blanco", "BLANCO", ""]


def test_the_problem_is_the_title_of_a_guide_of_the_product(shop: Shop) -> None:
    with writing():
        guides.keep_starters(NOW)
        guide = next(one for one in guides.listed("fr") if one.starter == "washing-machine-filter")
        case = book_visit(shop.repair, TUESDAY_10).case
        case.device = "Machine à laver"
        gate = gates.ask(case, guide.id, guide.title, guide.checks, shop.owner.actor, NOW)
        for name in guide.checks:
            gates.answer(case, name, True, shop.owner.actor, NOW)
        gates.open_(case, gate, shop.owner.actor, NOW)
        cases.propose(case, "repaired", "", shop.owner.actor, NOW)
        cases.answer(case, True, "", NOW)
    assert [line["problem"] for line in rows()] == [guide.title]
    with writing():
        guide.edited = True
        db.session.flush()
    assert [line["problem"] for line in rows()] == [""]


@pytest.mark.parametrize(
    ("device", "number"),
    [
        ("Lave-vaisselle Blanco", 17), ("LAVE LINGE", 17), ("Tondeuse à cheveux", 9), ("Tondeuse", 17),
        ("PC portable", 16), ("vieux PC", 4), ("Radio-réveil", 23), ("Réveil", 35), ("Casque", 11),
        ("Sèche-cheveux", 39), ("Fer à repasser", 40), ("Toaster", 31), ("Machine à café", 36),
        ("Téléphone portable", 19), ("Robinet de la cuisine", 0), ("Chasse d’eau", 0), ("Environ", 0), ("", 0),
    ],
)  # fmt: skip
def test_what_people_write_finds_its_category(device: str, number: int) -> None:
    assert open_repair.category(device)[1] == number


def test_what_has_not_ended_is_not_told(shop: Shop) -> None:
    with writing():
        book_visit(shop.repair, TUESDAY_10).case.device = "Four"
        off = book_visit(shop.repair, TUESDAY_10 + timedelta(hours=1)).case
        off.device = "Four"
        cases.call_off(off, True, NOW, by="staff")
    assert rows() == []


def test_the_owner_alone_has_it_and_only_where_they_chose_to(
    open_app: Flask, owner_client: FlaskClient, stranger: FlaskClient
) -> None:
    address = "/desk/figures/open-repair.csv"
    assert owner_client.get(address).status_code == 404
    assert address not in owner_client.get("/desk/figures").text
    with open_app.app_context(), writing():
        settings.put({"open_repair": "yes"}, "tests", NOW)
    assert address in owner_client.get("/desk/figures").text
    answer = owner_client.get(address)
    assert answer.mimetype == "text/csv"
    assert answer.text == ",".join(HEAD) + "\r\n"
    assert "OpenRepairData_v0.3_" in answer.headers["Content-Disposition"]
    assert stranger.get(address).status_code == 302
