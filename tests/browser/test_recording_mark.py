"""The red mark of a recording says what is recorded now: ``call/recording.js`` alone, on a page of its own."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, render_template_string
from playwright.sync_api import Browser, Page, Route, expect

import shopvisio

STATIC = Path(shopvisio.__file__).parent / "web/static"
PAGE = """<!doctype html><html lang="fr"><main id="call"></main>{% import "parts/ui.html" as ui %}
{% include "call/_words.html" %}{% include "call/_recording.html" %}</html>"""
BEGIN = """async () => {
  const { Recording } = await import("/call/recording.js");
  window.asked = [];
  window.answer = { code: "timeout" }; // the line is cut
  const line = { unrecord: async () => { asked.push("unrecord"); throw answer; } };
  window.recording = new Recording(line, () => undefined);
}"""
RUNS = {"state": "running", "name": "Karim Benali", "seats": [], "names": []}
MARIE = {"seat": "customer", "role": "customer", "name": "Marie Delaunay", "link": "live"}


class Strip:
    """The mark, and what the call tells it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.box = page.locator("#recording")

    def show(self, recording: dict[str, Any] | None, over: dict[str, str] | None = None) -> None:
        """The appliance tells how it stands."""
        self.page.evaluate("(told) => recording.show(told, 'staff:1')", {"recording": recording, "over": over})

    def follow(self, mine: bool, link: str) -> None:
        """Our line stands or not, and theirs."""
        self.page.evaluate("([mine, them]) => recording.follow(mine, [them])", [mine, {**MARIE, "link": link}])

    def says(self, words: str, state: str) -> None:
        """What is to be read on it, and how it looks."""
        expect(self.box).to_contain_text(words)
        expect(self.box).to_have_attribute("data-state", state)


@pytest.fixture
def strip(browsers: Callable[[str], Browser], open_app: Flask) -> Iterator[Strip]:
    with open_app.test_request_context():
        body = render_template_string(PAGE)

    def serve(route: Route) -> None:
        path = STATIC / route.request.url.partition("://")[2].partition("/")[2]
        if path.suffix == ".js":
            route.fulfill(path=path, content_type="text/javascript")
        else:
            route.fulfill(body=body, content_type="text/html; charset=utf-8")

    page = browsers("none").new_page()
    page.route("**/*", serve)
    page.goto("http://modules.test/")
    page.evaluate(BEGIN)
    made = Strip(page)
    made.follow(True, "live")
    made.show(RUNS)
    yield made
    page.close()


def test_while_a_line_is_cut_it_says_that_only_what_passes_is_recorded(strip: Strip) -> None:
    strip.says("Cet appel est enregistré", "running")
    strip.follow(True, "lost")
    strip.says("Marie : ligne coupée, seul ce qui passe est enregistré", "running")
    strip.follow(False, "live")
    strip.says("Votre ligne est coupée : seul ce qui passe est enregistré", "cut")
    strip.follow(True, "live")
    strip.says("Cet appel est enregistré", "running")


def test_a_stop_pressed_while_the_line_is_cut_is_done_when_it_is_back(strip: Strip) -> None:
    strip.page.evaluate("recording.stop()")
    strip.page.evaluate("answer = { code: 'conflict' }")  # from now on it is heard; twice is once
    strip.show(RUNS)
    strip.show(RUNS)
    assert strip.page.evaluate("asked") == ["unrecord", "unrecord"]


def test_what_ended_while_our_line_was_cut_is_said(strip: Strip) -> None:
    strip.follow(False, "live")
    strip.show(None)
    strip.says("Cet appel n’est plus enregistré", "over")
    strip.show(None)
    strip.show({**RUNS, "state": "asked", "names": ["Marie Delaunay"]})
    strip.says("Question posée à Marie", "asked")
    strip.show(None)
    expect(strip.box).to_be_hidden()
