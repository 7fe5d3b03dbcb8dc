"""A call is recorded: asked, agreed to, seen on both screens, ended by the customer; each side in a file that plays,
also where a line broke, where the video was given up for photos, and where the power went in the middle."""

import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import av
import pytest
from playwright.sync_api import Page, expect

from .conftest import Chromium, Served, Visit
from .people import COLOUR, click, colleague, customer, sees, until
from .shaper import narrow

RUNS = "Cet appel est enregistré"

PLAY = f"""async (number) => {{
  const video = document.querySelectorAll("#recordings video")[number];
  video.id = "played";
  video.muted = true;
  await video.play();
  video.playbackRate = 4;
  const seen = [];
  while (!video.ended && !video.error) {{
    const [red, green, blue] = ({COLOUR})("#played") ?? [0, 0, 0];
    const colour = red > 120 ? "red" : blue > 120 ? "blue" : red + green + blue < 60 ? "black" : "";
    if (colour && seen.at(-1) !== colour) seen.push(colour);
    await new Promise((done) => setTimeout(done, 40));
  }}
  video.removeAttribute("id");
  return {{ seen, at: video.currentTime, duration: video.duration, error: video.error?.message ?? "" }};
}}"""

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


def played(page: Page) -> list[list[str]]:
    """The colours that each film of the case shows in turn, played to its end on the case's page."""
    found = []
    for number in range(2):
        one = page.evaluate(PLAY, number)
        assert one["error"] == ""
        assert one["at"] == pytest.approx(one["duration"], abs=0.5)
        assert one["duration"] > 3
        found.append(one["seen"][one["seen"][0] == "black" :])  # whoever is heard before they are seen begins dark
    return found


def listed(page: Page, served: Served, visit: Visit) -> None:
    """On the case's page, once both films are there."""
    page.goto(f"{served.url}/desk/cases/{visit.case_key}")
    videos = page.locator("#recordings video")
    assert until(page, lambda: bool(videos.count() == 2 or page.reload()) and videos.count() == 2)


def recorded(chromium: Chromium, served: Served, uploads: Path, script: str = "") -> tuple[Visit, Page, Page]:
    """A call that both have agreed to have recorded, of which something is kept."""
    visit, before = served.visit("repair"), set(uploads.glob("*.webm"))
    marie = customer(chromium, served, visit, script=script)
    karim = colleague(chromium, served, visit, "repairer")
    sees(marie, "blue")
    sees(karim, "red")
    click(karim, "Enregistrer l’appel")
    click(marie, "Oui, enregistrer")
    runs(marie)
    assert until(marie, lambda: sum(one.stat().st_size > 100_000 for one in {*uploads.glob("*.webm")} - before) == 2)
    return visit, marie, karim


def writers(served: Served) -> list[int]:
    """The processes that write recordings."""
    assert served.process is not None
    parent = f"PPid:\t{served.process.pid}\n"
    ours = [one.parent for one in Path("/proc").glob("[0-9]*/status") if parent in one.read_text()]
    return [int(one.name) for one in ours if b"recorder" in (one / "cmdline").read_bytes()]


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
    listed(karim, served, visit)
    karim.wait_for_function("[...document.querySelectorAll('#recordings video')].every((one) => one.duration > 1)")
    assert {colour(one) for one in uploads.glob("*.webm")} == {"red", "blue"}


def test_a_line_that_broke_and_a_while_of_photos_are_dark_in_a_film_that_plays_to_its_end(
    served: Served, chromium: Chromium, uploads: Path
) -> None:
    with narrow(served.media_port) as line:
        visit, marie, karim = recorded(chromium, served, uploads, line.script)
        line.rate = 0
        expect(karim.locator("#room .notice")).to_contain_text("est interrompue")
        expect(karim.locator("#recording")).to_contain_text("ligne coupée, seul ce qui passe")
        expect(marie.locator("#recording")).to_contain_text("Votre ligne est coupée")
        karim.wait_for_timeout(3_000)
        line.rate = 100e6
        expect(karim.locator("#room .notice")).to_be_hidden()
        sees(karim, "red")
        karim.wait_for_timeout(2_000)
        click(karim, "Mode photo")
        expect(marie.locator("#voices")).to_contain_text("Karim a choisi la voix et les photos")
        karim.wait_for_timeout(5_000)
        runs(marie)
        click(karim, "Reprendre la vidéo")
        sees(karim, "red")
        sees(marie, "blue")
        karim.wait_for_timeout(2_000)
        click(karim, "Arrêter l’enregistrement")
        listed(karim, served, visit)
        customers, ours = played(karim)
    assert customers[0] == customers[-1] == "red"
    assert customers.count("black") >= 2
    assert ours[0] == ours[-1] == "blue"
    assert "black" in ours


def test_what_was_recorded_when_the_power_went_plays_is_listed_and_can_be_erased(
    served: Served, chromium: Chromium, uploads: Path
) -> None:
    visit, marie, karim = recorded(chromium, served, uploads)
    karim.wait_for_timeout(4_000)
    (writer,) = writers(served)
    assert served.process is not None
    os.kill(writer, signal.SIGSTOP)  # nobody finishes anything
    served.process.kill()
    served.process.wait(15)
    os.kill(writer, signal.SIGKILL)
    served.start()
    sees(marie, "blue")
    expect(marie.locator("#recording")).to_be_hidden()
    listed(karim, served, visit)
    expect(karim.locator("#recordings")).to_contain_text("au redémarrage de l’appareil")
    assert {colour for film in played(karim) for colour in film} >= {"red", "blue"}
    before = set(uploads.glob("*.webm"))
    click(karim, "Effacer maintenant")
    expect(karim.locator("#recordings")).to_have_count(0)
    assert len(before - set(uploads.glob("*.webm"))) == 2
