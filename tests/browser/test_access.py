"""Everybody can use every page: axe finds nothing on any, in each language, light and dark, on a phone and a laptop."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import product

import pytest
from playwright.sync_api import Browser, BrowserContext

from shopvisio.i18n import LANGUAGES
from tests.conftest import PASSWORD

from . import axe
from .conftest import LAPTOP, PHONE, ROOT, Chromium, Served, appliance
from .people import colleague, customer, sees

LONG = bool(os.environ.get("SHOPVISIO_LONG"))
WAYS = list(product(LANGUAGES, ("light", "dark"), (PHONE, LAPTOP)))  # to look at a page
FIRST, OTHERS = WAYS[0], WAYS[1:]
Way = tuple[str, str, dict[str, int]]


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, list[tuple[str, str]]]]:
    """An appliance with something on every page, and its pages."""
    folder = tmp_path_factory.mktemp("every-page")
    running = appliance(folder)
    made = subprocess.run(
        [sys.executable, "-m", "tests.browser.every_page"], cwd=ROOT, env=running.env, capture_output=True, timeout=300
    )
    assert made.returncode == 0, made.stderr.decode()
    running.start()
    yield running, [(who, path) for who, path in json.loads(made.stdout.splitlines()[-1])]
    running.stop()


@pytest.fixture(scope="module")
def unclaimed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An appliance nobody has claimed."""
    running = appliance(tmp_path_factory.mktemp("unclaimed"))
    running.start()
    yield running
    running.stop()


def contexts(browser: Browser, served: Served, way: Way) -> dict[str, BrowserContext]:
    """Somebody from the street and the owner, both looking this way."""
    language, scheme, size = way
    given = {"viewport": size, "locale": language, "color_scheme": scheme, "base_url": served.url}
    opened = {who: browser.new_context(**given) for who in ("stranger", "owner")}  # type: ignore[arg-type]
    page = opened["owner"].new_page()
    page.goto("/signin")
    page.locator("input[name=email]").fill("owner@shop.example")
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url("**/desk")
    page.close()
    return opened


def looked_at(browser: Browser, served: Served, way: Way, pages: list[tuple[str, str]]) -> list[str]:
    """What axe finds on these pages, looked at this way."""
    found: list[str] = []
    opened = contexts(browser, served, way)
    tabs = {who: context.new_page() for who, context in opened.items()}
    for who, path in pages:
        tabs[who].goto(path, wait_until="load")
        assert tabs[who].locator("html").get_attribute("lang") == way[0], path
        found += [f"{way[:2]} {fault}" for fault in axe.faults(tabs[who])]
    for context in opened.values():
        context.close()
    return found


@pytest.mark.long
def test_axe_finds_nothing_on_any_page(
    shown: tuple[Served, list[tuple[str, str]]], browsers: Callable[[str], Browser]
) -> None:
    served, pages = shown
    assert len(pages) > 60
    some = pages if LONG else pages[::2]
    assert not "\n".join(looked_at(browsers("none"), served, FIRST, some))


@pytest.mark.long
@pytest.mark.parametrize("way", OTHERS, ids=lambda way: f"{way[0]} {way[1]} {way[2]['width']}")
def test_nor_in_the_other_language_in_the_dark_or_on_a_laptop(
    way: Way, shown: tuple[Served, list[tuple[str, str]]], browsers: Callable[[str], Browser]
) -> None:
    served, pages = shown
    some = pages if LONG else pages[1::2][OTHERS.index(way) :: len(OTHERS)]  # those that are left, each in one way
    assert not "\n".join(looked_at(browsers("none"), served, way, some))


@pytest.mark.parametrize("way", [FIRST, OTHERS[-1]], ids=["first", "last"])
def test_nor_on_the_pages_of_an_appliance_nobody_has_claimed(
    way: Way, unclaimed: Served, browsers: Callable[[str], Browser]
) -> None:
    language, scheme, size = way
    page = browsers("none").new_page(viewport=size, locale=language, color_scheme=scheme)  # type: ignore[arg-type]
    found: list[str] = []
    for path in ("/", "/claim"):
        page.goto(unclaimed.url + path)
        found += axe.faults(page)
    page.get_by_role("button").last.click()  # nothing typed: the form comes back with what is missing
    page.wait_for_load_state()
    found += axe.faults(page)
    page.close()
    assert found == []


@pytest.mark.long
def test_nor_in_a_call_while_it_is_held(served: Served, chromium: Chromium) -> None:
    for language in LANGUAGES if LONG else list(LANGUAGES)[:1]:
        visit = served.visit("repair")
        marie = customer(chromium, served, visit)
        karim = colleague(chromium, served, visit, "repairer")
        for page, colour in ((marie, "blue"), (karim, "red")):
            sees(page, colour)
            assert axe.faults(page) == [], language
