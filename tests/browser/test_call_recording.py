"""A call is recorded: asked, agreed to, seen on both screens, ended by the customer; each side in a file that plays."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import av
import pytest
from playwright.sync_api import Page, expect

from .conftest import Chromium, Served
from .people import click, colleague, customer, sees, until

RUNS = "Cet appel est enregistré"

pytestmark = pytest.mark.skipif("SHOPVISIO_LONG" not in os.environ, reason="media for a while: run by tests/long")


@pytest.fixture
def uploads(served: Served) -> Iterator[Path]:
    """Where files come, while the owner lets calls be recorded."""
    data = Path(served.env["SHOPVISIO_DATA"])

    def put(sentence: str) -> None:
        with closing(sqlite3.connect(data / "shop.db", timeout=30)) as base, base:
            base.execute(sentence)

    put("INSERT INTO setting (name, value) VALUES ('recording', '\"yes\"')")
    yield data / "uploads"
    put("DELETE FROM setting WHERE name = 'recording'")


def colour(file: Path) -> str:
    """The main colour in the middle of the last picture of a recording, which is heard too."""
    with av.open(str(file)) as film:
        assert {one.codec_context.name for one in film.streams} == {"vp8", "opus"}
        picture = list(film.decode(film.streams.video[0]))[-1].reformat(format="rgb24").planes[0]
        film.seek(0)
        voice = [memoryview(bytes(one.planes[0])).cast("f") for one in film.decode(film.streams.audio[0])]
    assert max(max(stretch) for stretch in voice) > 0.02
    at = picture.height // 2 * picture.line_size + picture.width // 2 * 3
    middle = bytes(picture)[at : at + 3]
    return ("red", "green", "blue")[middle.index(max(middle))]


def runs(page: Page) -> None:
    expect(page.locator("#recording")).to_contain_text(RUNS, timeout=30_000)


def test_a_call_is_recorded_once_both_have_said_yes_and_the_customer_stops_it(
    served: Served, chromium: Chromium, uploads: Path
) -> None:
    visit = served.visit("repair")
    marie = customer(chromium, served, visit)
    karim = colleague(chromium, served, visit, "repairer")
    sees(marie, "blue")
    sees(karim, "red")
    expect(marie.locator("#recording")).to_be_hidden()
    click(karim, "Enregistrer l’appel")
    expect(marie.locator("#ask-record")).to_contain_text("propose d’enregistrer cet appel")
    expect(karim.locator("#recording")).to_contain_text("Question posée à")
    assert not list(uploads.glob("*.webm"))
    click(marie, "Oui, enregistrer")
    runs(marie)
    runs(karim)
    marie.reload()
    runs(marie)
    assert until(marie, lambda: sum(one.stat().st_size > 100_000 for one in uploads.glob("*.webm")) == 2)
    click(marie, "Arrêter l’enregistrement")
    expect(karim.locator("#recording")).to_contain_text("a arrêté l’enregistrement")
    karim.goto(f"{served.url}/desk/cases/{visit.case_key}")
    videos = karim.locator("#recordings video")
    assert until(karim, lambda: bool(videos.count() == 2 or karim.reload()) and videos.count() == 2)
    karim.wait_for_function("[...document.querySelectorAll('#recordings video')].every((one) => one.duration > 1)")
    assert {colour(one) for one in uploads.glob("*.webm")} == {"red", "blue"}
