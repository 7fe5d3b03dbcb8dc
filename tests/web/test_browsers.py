"""Whose settings hold the camera: each browser is told what its own buttons are called."""

import pytest
from conftest import TUESDAY_10, Clock
from flask.testing import FlaskClient

from shopvisio.web import browsers
from tests.browser.agents import AGENTS, INSIDE

PRESS = {  # what the help for a refused camera says to press
    "safari, iPhone": "« Réglages du site web »",
    "chrome, iPhone": "puis « Apps », puis « Chrome »",
    "chrome, Android": "puis « Autorisations »",
    "samsung, Android": "puis « Samsung Internet »",
    "firefox, Android": "le bouclier ou le cadenas",
    "chrome, Windows": "l’icône des réglages ou sur le cadenas",
    "edge, Windows": "« Autorisations pour ce site »",
    "firefox, Windows": "la caméra barrée",
    "chrome, Mac": "mettez Chrome en marche",
    "safari, Mac": "« Réglages pour ce site web »",
    "firefox, Linux": "la caméra barrée",
}


@pytest.mark.parametrize("who", AGENTS)
def test_a_browser_is_known_by_what_it_says(who: str) -> None:
    found = browsers.named(AGENTS[who])
    name, system = who.split(", ")
    assert (found.name, browsers.SYSTEMS[found.system], found.is_inside) == (name, system, False)


@pytest.mark.parametrize("app", INSIDE)
def test_an_app_that_shows_the_page_in_its_own_window_is_known(app: str) -> None:
    found = browsers.named(INSIDE[app])
    assert (found.is_inside, found.app) == (True, app)


def test_who_says_nothing_is_not_taken_for_an_app() -> None:
    assert browsers.named("") == browsers.Browser("other", "other")


@pytest.mark.parametrize("who", AGENTS)
def test_the_help_names_what_to_press_in_that_browser(
    stranger: FlaskClient, case_path: str, clock_: Clock, who: str
) -> None:
    clock_.now = TUESDAY_10
    page = stranger.get(f"{case_path}/call", headers={"User-Agent": AGENTS[who]}).text.replace("\u00a0", " ")
    assert PRESS[who] in page


def test_a_page_inside_an_app_shows_the_way_to_the_browser(stranger: FlaskClient, case_path: str) -> None:
    for path in ("/", case_path):
        messenger = stranger.get(path, headers={"User-Agent": INSIDE["Messenger"]}).text
        assert "ouverte dans Messenger" in messenger
        assert f'href="intent://localhost{path}#Intent;scheme=https;' in messenger
        instagram = stranger.get(path, headers={"User-Agent": INSIDE["Instagram"]}).text
        assert "Ouvrir dans Safari" in instagram
        assert "intent://" not in instagram
        assert "ouverte dans" not in stranger.get(path, headers={"User-Agent": AGENTS["safari, iPhone"]}).text


def test_an_address_typed_by_an_enemy_stays_inside_its_quotes(stranger: FlaskClient) -> None:
    page = stranger.get('/?"><script>', headers={"User-Agent": INSIDE["Messenger"]}).text
    assert "<script>" not in page
