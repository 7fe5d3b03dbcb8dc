"""A link opened on a computer goes on with the telephone's camera, in the same seat."""

import shutil
import subprocess

import pytest
from playwright.sync_api import Page, expect

from .conftest import PHONE, Chromium, Served
from .people import SOON, click, colleague, sees, until

pytestmark = pytest.mark.skipif(shutil.which("zbarimg") is None, reason="zbarimg is not installed")

SILENT = """[...document.querySelectorAll("audio, video")].every((one) => one.muted
  || !one.srcObject || one.srcObject.getAudioTracks().every(({readyState}) => readyState === "ended"))"""


def scanned(page: Page) -> str:
    """The address in the code that the page shows, read from its picture as a telephone would."""
    page.wait_for_function("() => document.querySelector('#phone-code').naturalWidth > 0")
    picture = page.locator("#phone-code").screenshot()
    read = subprocess.run(["zbarimg", "-q", "--raw", "-"], input=picture, capture_output=True, check=True, timeout=20)
    return read.stdout.decode().strip()


def test_the_call_goes_on_with_the_telephone_and_may_come_back(served: Served, chromium: Chromium) -> None:
    visit = served.visit("repair")
    computer = chromium("green")
    computer.goto(f"{served.url}{visit.case_path}/call")
    click(computer, "Entrer")
    karim = colleague(chromium, served, visit, "repairer")
    sees(karim, "green")
    computer.locator("#room").get_by_role("button", name="Téléphone", exact=True).click()
    address = scanned(computer)
    assert address.startswith(f"{served.url}/phone/")
    telephone = chromium("red", PHONE)
    telephone.goto(address)
    expect(telephone.get_by_role("button", name="Continuer avec mon téléphone")).to_be_hidden()
    click(telephone, "Entrer")
    sees(karim, "red")
    sees(telephone, "blue")
    expect(computer.get_by_role("heading", name="L’appel continue sur votre téléphone")).to_be_visible()
    sees(computer, "red", "#screen-mine")
    sees(computer, "blue", "#screen-theirs")
    assert computer.evaluate(SILENT)
    click(telephone, "Prendre une photo")
    expect(computer.locator("#screen-still")).to_be_visible(timeout=SOON)
    assert until(
        computer, lambda: computer.evaluate("document.querySelector('#screen-still img').naturalHeight") == 480
    )
    click(computer, "Revenir au direct")
    sees(computer, "red", "#screen-mine")
    click(computer, "Reprendre l’appel sur cet ordinateur")
    sees(karim, "green")
    expect(telephone.get_by_role("heading", name="L’appel est ouvert sur une autre page")).to_be_visible()


def test_a_computer_that_was_not_in_the_call_looks_on_and_leaves_when_it_ends(
    served: Served, chromium: Chromium
) -> None:
    visit = served.visit("repair")
    computer = chromium("green")
    computer.goto(f"{served.url}{visit.case_path}/call")
    click(computer, "Continuer avec mon téléphone")
    telephone = chromium("red", PHONE)
    telephone.goto(scanned(computer))
    click(telephone, "Entrer")
    click(computer, "C’est fait\u00a0: cet écran reste le grand écran")
    karim = colleague(chromium, served, visit, "repairer")
    sees(karim, "red")
    sees(computer, "red", "#screen-mine")
    sees(computer, "blue", "#screen-theirs")
    conclude(karim)
    computer.wait_for_url(f"**{visit.case_path}")


def conclude(karim: Page) -> None:
    """Not repaired, in the dialog at the end."""
    click(karim, "Conclure l’appel")
    karim.get_by_text("Non réparé", exact=True).click()
    karim.locator("#conclude details[open] [name=condition]").first.check()
    karim.locator("#conclude details[open] [name=barrier]").select_option("too_dear")
    click(karim, "Proposer « Non réparé »")
