"""When something does not work before the call: the page says what, and there is always a way in."""

import json
from datetime import UTC, datetime, timedelta

from playwright.sync_api import expect

from .conftest import PHONE, Chromium, Served
from .people import click, colleague, customer, hears, sees, until


def test_a_refused_camera_is_explained_and_one_may_come_without(served: Served, chromium: Chromium) -> None:
    visit = served.visit("repair")
    marie = chromium("shut", PHONE)
    marie.goto(f"{served.url}{visit.case_path}/call")
    expect(marie.get_by_text("Votre navigateur va demander l’accès")).to_be_visible()
    click(marie, "Autoriser la caméra et le micro")
    expect(marie.get_by_role("alert").filter(has_text="fermés à cette page")).to_be_visible()
    expect(marie.get_by_text("l’icône des réglages")).to_be_visible()
    click(marie, "Sans caméra ni micro : photos et messages")
    karim = colleague(chromium, served, visit, "repairer")
    sees(marie, "blue")
    assert hears(marie)
    expect(karim.get_by_text("n’a pas ouvert sa caméra")).to_be_visible()
    marie.get_by_role("button", name="Messages").click()
    marie.get_by_label("Écrire un message").fill("Je vous entends.")
    marie.keyboard.press("Enter")
    expect(karim.get_by_role("log")).to_contain_text("Je vous entends.")


def test_without_camera_and_microphone_the_page_says_what_is_missing(served: Served, chromium: Chromium) -> None:
    visit = served.visit("repair")
    marie = chromium("none", PHONE)
    marie.goto(f"{served.url}{visit.case_path}/call")
    expect(marie.get_by_role("alert").filter(has_text="Il manque une caméra ou un micro")).to_be_visible()
    expect(marie.get_by_role("button", name="Sans caméra ni micro : photos et messages")).to_be_visible()


def test_voice_alone_is_heard(served: Served, chromium: Chromium) -> None:
    visit = served.visit("repair")
    marie = chromium("red", PHONE)
    marie.add_init_script("navigator.permissions.query = async () => ({state: 'prompt'})")
    marie.goto(f"{served.url}{visit.case_path}/call")
    click(marie, "Continuer avec la voix seule")
    expect(marie.get_by_text("Sans caméra", exact=True)).to_be_visible()
    click(marie, "Entrer")
    karim = colleague(chromium, served, visit, "repairer")
    expect(karim.get_by_text("n’a pas ouvert sa caméra")).to_be_visible()
    assert hears(karim)
    sees(marie, "blue")
    click(marie, "Ouvrir ma caméra")
    sees(karim, "red")


def test_sound_held_back_by_the_browser_comes_with_a_touch(served: Served, chromium: Chromium) -> None:
    visit = served.visit("repair")
    karim = colleague(chromium, served, visit, "repairer")
    marie = chromium("shut", PHONE)
    # a page that the browser brings back by itself, after it had put it away: nothing in it was touched
    inside = json.dumps({"audio": False, "video": False})
    marie.add_init_script(f"sessionStorage.setItem('inside:{visit.key}', {json.dumps(inside)})")
    marie.goto(f"{served.url}{visit.case_path}/call")
    # looking at her page would count as a touch: first the desk is told
    expect(karim.get_by_text("ne vous entend pas encore").last).to_be_visible()
    expect(marie.get_by_role("button", name="Touchez pour entendre")).to_be_visible()
    click(marie, "Touchez pour entendre")
    expect(marie.get_by_role("button", name="Touchez pour entendre")).to_be_hidden()
    expect(karim.locator("#room .notice")).to_be_hidden()
    assert until(marie, lambda: not marie.evaluate("document.querySelector('#voice').paused"))


def test_before_its_time_the_waiting_room_says_when_it_opens_and_opens_by_itself(
    served: Served, chromium: Chromium
) -> None:
    visit = served.visit("repair")
    marie = chromium("red", PHONE)
    opens = datetime.now(UTC) + timedelta(seconds=4)
    marie.route(
        "**/call",
        lambda route: route.fulfill(
            response=(page := route.fetch()),
            body=page.text().replace('data-opens="', f'data-opens="{opens.isoformat()}" data-was="'),
        ),
    )
    marie.goto(f"{served.url}{visit.case_path}/call")
    expect(marie.get_by_text("La salle d’attente ouvre à")).to_be_visible()
    expect(marie.get_by_role("button", name="Entrer", exact=True)).to_be_hidden()
    expect(marie.get_by_role("button", name="Entrer", exact=True)).to_be_visible()


def test_the_screen_is_kept_awake_while_a_call_lasts(served: Served, chromium: Chromium) -> None:
    visit = served.visit("repair")
    marie = chromium("red", PHONE)
    marie.add_init_script(
        """window.locks = [];
        const ask = navigator.wakeLock?.request.bind(navigator.wakeLock);
        if (ask) navigator.wakeLock.request = async (kind) => {
          const lock = await ask(kind);
          locks.push(lock);
          return lock;
        };"""
    )
    marie.goto(f"{served.url}{visit.case_path}/call")
    click(marie, "Entrer")
    assert until(marie, lambda: marie.evaluate("locks.length === 1 && !locks[0].released"))
    click(marie, "Quitter la salle d’attente")
    assert until(marie, lambda: marie.evaluate("locks[0].released"))


def test_a_camera_taken_away_by_the_telephone_is_taken_back(served: Served, chromium: Chromium) -> None:
    visit = served.visit("repair")
    marie = customer(chromium, served, visit)
    karim = colleague(chromium, served, visit, "repairer")
    sees(karim, "red")
    track = "document.querySelector('#mine video').srcObject?.getVideoTracks()[0]"
    before = marie.evaluate(f"{track}.id")
    marie.evaluate(f"{track}.dispatchEvent(new Event('ended'))")  # what an incoming call does
    assert until(marie, lambda: marie.evaluate(f"({track}?.id ?? {before!r}) !== {before!r}"))
    sees(karim, "red")
