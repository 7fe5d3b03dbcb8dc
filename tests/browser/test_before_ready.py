"""On a slow line a button may be pressed before its script has come."""

from typing import Any

from playwright.sync_api import Route, expect

from .conftest import PHONE, Chromium, Served
from .people import click


def test_a_button_pressed_before_its_script_has_come_is_pressed_once_it_has(served: Served, chromium: Chromium) -> None:
    visit = served.visit("repair")
    marie = chromium("red", PHONE)
    waiting: list[Any] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    marie.route("**/trial.js", hold)
    marie.goto(f"{served.url}{visit.case_path}/trial", wait_until="commit")
    click(marie, "Tester sans caméra")
    click(marie, "Commencer le test")  # changed their mind: the last one counts
    pressed = marie.get_by_role("button", name="Commencer le test")
    expect(pressed).to_have_attribute("aria-busy", "true")
    assert marie.locator("[data-pressed]").count() == 1
    for route in waiting:
        route.continue_()
    expect(marie.get_by_role("button", name="Écouter")).to_be_visible(timeout=30_000)
    expect(marie.locator("[data-pressed]")).to_have_count(0)
