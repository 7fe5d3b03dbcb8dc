"""Photo mode: voices and stills, a way of its own to be in a call, from the lobby or in the call, and back."""

from playwright.sync_api import expect

from .conftest import PHONE, Chromium, Served
from .people import SOON, click, colleague, hears, sees, until

DRAWN = "document.querySelector('#still img').naturalHeight > 0"


def test_chosen_in_the_lobby_the_still_is_large_on_both_sides_and_the_video_comes_back(
    served: Served, chromium: Chromium
) -> None:
    visit = served.visit("repair")
    marie = chromium("red", PHONE)
    marie.goto(f"{served.url}{visit.case_path}/call")
    click(marie, "Entrer en mode photo")
    karim = colleague(chromium, served, visit, "repairer")
    expect(marie.locator("#voices")).to_contain_text("Vous vous entendez", timeout=SOON)
    expect(karim.locator("#voices")).to_contain_text("a choisi la voix et les photos", timeout=SOON)
    assert hears(karim)
    sees(marie, "red", "#mine video")  # her own, to aim with
    click(marie, "Prendre une photo")
    for page in (marie, karim):
        expect(page.locator("#still")).to_be_visible(timeout=SOON)
        assert until(page, lambda: bool(page.evaluate(DRAWN)))  # noqa: B023
    marie.reload()
    expect(marie.locator("#still")).to_be_visible(timeout=SOON)  # still in photo mode, the still still there
    click(marie, "Prendre une photo")  # first the camera again
    expect(marie.locator("#still")).to_be_hidden()
    click(marie, "Prendre une photo")
    expect(karim.locator("#stills button")).to_have_count(2, timeout=SOON)
    click(marie, "Reprendre la vidéo")
    expect(marie.locator("#voices")).to_be_hidden()
    expect(karim.locator("#voices")).to_be_hidden(timeout=SOON)
    sees(karim, "red")
    sees(marie, "blue")


def test_the_repairer_chooses_it_asks_for_photos_and_goes_back(served: Served, chromium: Chromium) -> None:
    visit = served.visit("repair")
    karim = colleague(chromium, served, visit, "repairer")
    marie = chromium("red", PHONE)
    marie.goto(f"{served.url}{visit.case_path}/call")
    click(marie, "Entrer")
    sees(karim, "red")
    click(karim, "Mode photo")
    expect(marie.locator("#voices")).to_contain_text("Karim a choisi la voix et les photos", timeout=SOON)
    expect(karim.locator("#theirs")).to_contain_text("Demandez une photo : elle s’affichera ici")
    click(karim, "Demander une photo")
    click(marie, "Prendre la photo")
    expect(karim.locator("#still")).to_be_visible(timeout=SOON)
    click(karim, "Reprendre la vidéo")
    expect(karim.locator("#still")).to_be_hidden()
    sees(karim, "red")
