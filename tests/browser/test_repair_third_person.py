"""A third person points and draws like the two others, and takes no more than what lies open."""

import os

import pytest
from playwright.sync_api import expect

from .conftest import PHONE, Chromium, Served
from .hands import LONG, apart, box, drag, drawn, freeze, middle, spot, square, thaw, tool
from .people import click, sees, until
from .test_call_guest import guest, link
from .test_repair_pointing import NEAR, calm, pair


@pytest.mark.long
@pytest.mark.skipif(not os.environ.get("SHOPVISIO_LONG"), reason="in tests/long")
def test_a_relative_shows_where_it_is_and_draws_on_what_lies_open(served: Served, chromium: Chromium) -> None:
    marie, karim = pair(served, chromium, served.visit("repair"))
    jeanne = calm(chromium("blue", PHONE))  # green is what is looked for
    guest(jeanne, link(karim))
    sees(jeanne, "red", timeout=LONG)  # the customer's picture is the large one
    expect(jeanne.locator("#theirs")).to_have_class("seen big")

    thing = square(jeanne, "#theirs")
    jeanne.mouse.move(thing[0], thing[1])
    jeanne.mouse.down()
    for page, seen in ((marie, "#mine"), (karim, "#theirs")):
        dot = page.locator(f"{seen} .pointer.guest")
        expect(dot).to_contain_text("Jeanne montre ici", timeout=LONG)
        if page is karim:  # on Marie's own page her picture is the small one, or the large one
            assert apart(middle(dot.locator("i")), square(karim, "#theirs")) < NEAR
    jeanne.mouse.up()
    expect(karim.locator("#theirs .pointer")).to_have_count(0, timeout=LONG)

    expect(jeanne.get_by_role("button", name="Figer")).to_have_count(0)  # the picture is not hers to stop
    freeze(karim, marie)
    expect(jeanne.locator('#tools [data-tool="line"]')).to_be_visible(timeout=LONG)
    tool(jeanne, "Trait")
    drag(jeanne, spot(jeanne, 0.2, 0.2), spot(jeanne, 0.5, 0.6), spot(jeanne, 0.7, 0.3))
    for page, who in ((jeanne, "vous"), (karim, "Jeanne"), (marie, "Jeanne")):
        assert until(page, lambda page=page, who=who: drawn(page) == [f"Trait 1, tracé par {who}"], LONG)  # type: ignore[misc]
    start = spot(karim, 0.2, 0.2)
    ink = box(karim.locator("#ink g").first)
    assert abs(ink["x"] - start[0]) < NEAR * box(karim.locator("#glass"))["width"]
    click(jeanne, "Effacer")
    assert until(karim, lambda: drawn(karim) == [], LONG)
    thaw(karim, marie)
    expect(jeanne.locator("#board")).to_be_hidden(timeout=LONG)
