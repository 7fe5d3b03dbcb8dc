"""The owner's telephone proves the way in, from a mobile network through the box: the QR code is read off the screen.

Machines of their own behind a router of their own; whoever holds the telephone sees what the appliance makes of it.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Error, Page, Playwright, expect
from rtc.networks import PORT, Machine, browser, go, internet, why_not

from shopvisio.demo import PASSWORD

from .cameras import film
from .conftest import LAPTOP, PHONE, Served
from .people import click

# addresses that count as public ones, on networks that lead nowhere
HOUSE, BOX, OUTSIDE, MOBILE = "192.168.1.10", "192.168.1.1", "192.88.99.1", "192.88.99.7"
WHY_NOT = why_not() or ("" if shutil.which("zbarimg") else "zbarimg is not installed")
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif("SHOPVISIO_LONG" not in os.environ, reason="a minute of measuring: run by tests/long"),
    pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT),
]
UDP_RULE = ("-i", "wan", "-p", "udp", "--dport", str(PORT), "-j", "DNAT", "--to-destination", f"{HOUSE}:{PORT}")


@dataclass
class Street:
    """A shop that was just claimed, at the step of the wizard that proves the call; its box; a telephone outside."""

    laptop: Page
    phone: Page
    box: Machine
    served: Served

    def films_the_code(self) -> str:
        """What the telephone's camera reads off the laptop's screen."""
        picture = self.laptop.locator("img[alt^='QR code']").screenshot()
        read = subprocess.run(["zbarimg", "-q", "--raw", "-"], input=picture, capture_output=True, check=True)
        return read.stdout.decode().strip()

    def forwards_udp(self, how: str) -> None:
        """The owner adds (``-A``) or takes away (``-D``) the redirection of the media's port."""
        self.box.run("iptables", "-t", "nat", how, "PREROUTING", *UDP_RULE)


@pytest.fixture
def street(tmp_path: Path, playwright: Playwright) -> Iterator[Street]:
    with internet() as net, ExitStack() as kept:
        house, staff, box, mobile = (net.machine() for _one in range(4))
        net.switch((house, "lan", f"{HOUSE}/24"), (staff, "lan", "192.168.1.20/24"), (box, "lan", f"{BOX}/24"))
        net.switch((box, "wan", f"{OUTSIDE}/24"), (mobile, "wan", f"{MOBILE}/24"))
        for machine in (house, staff):
            machine.route(BOX)
        box.translates("wan")
        box.forwards("wan", HOUSE)
        env = {**os.environ, "SHOPVISIO_DATA": str(tmp_path / "data"), "SHOPVISIO_BIND": "0.0.0.0",
               "SHOPVISIO_PORT": "0", "SHOPVISIO_TLS_PORT": str(PORT), "SHOPVISIO_PUBLIC_URL": f"https://{OUTSIDE}:{PORT}"}
        served = Served(f"https://{HOUSE}:{PORT}", PORT, env, tmp_path / "log", on=house.enter)
        served.start()
        kept.callback(served.stop)

        def page(machine: Machine, size: dict[str, int]) -> Page:
            running = browser(playwright, machine, tmp_path, film(tmp_path, "red"))
            kept.callback(running.close)
            context = running.new_context(viewport=size, locale="fr-FR", ignore_https_errors=True)  # type: ignore[arg-type]
            return context.new_page()

        laptop, phone = page(staff, LAPTOP), page(mobile, PHONE)
        claim(laptop, served)
        yield Street(laptop, phone, box, served)


def claim(laptop: Page, served: Served) -> None:
    """The owner takes the shop and goes to the step that proves the call."""
    go(laptop, f"{served.url}/claim")
    code = re.search(r"Claim code: (\S+)", served.log.read_text())
    assert code
    owner = {"owner_name": "Claire Fontaine", "owner_email": "claire@shop.example", "password": PASSWORD}
    for name, text in {"code": code[1], **owner}.items():
        laptop.locator(f"[name={name}]").fill(text)
    click(laptop, "Ouvrir la boutique")
    laptop.wait_for_url("**/desk/setup/language")
    laptop.goto(f"{served.url}/desk/setup/media")


def both_say(street: Street, words: str) -> None:
    """The telephone and, by itself, the laptop."""
    for page in (street.phone, street.laptop):
        expect(page.get_by_text(words)).to_be_visible(timeout=60_000)


def test_the_step_is_done_once_a_telephone_outside_was_heard_by_udp(street: Street) -> None:
    link = street.films_the_code()
    assert link.startswith(f"https://{OUTSIDE}:{PORT}/knock/")

    street.forwards_udp("-D")
    go(street.phone, link)
    both_say(street, f"Le port UDP {PORT} n’arrive pas jusqu’à l’appareil.")
    click(street.laptop, "Continuer")
    expect(street.laptop.get_by_text("Le test n’est pas encore passé").first).to_be_visible()

    street.forwards_udp("-A")
    street.phone.get_by_role("link", name="Refaire l’essai").click()
    both_say(street, "On vous voit et on vous entend de l’extérieur.")
    expect(street.phone.get_by_text("IPv4")).to_be_visible()
    expect(street.phone.get_by_text("kbit/s")).to_be_visible()  # media went out and came back
    click(street.laptop, "Continuer")
    street.laptop.wait_for_url("**/desk/setup/*")
    expect(street.laptop.get_by_role("heading", level=1)).not_to_have_text("L’appel depuis l’extérieur")


def test_a_box_that_redirects_nothing_shows_no_page_at_all(street: Street) -> None:
    link = street.films_the_code()
    street.box.run("iptables", "-t", "nat", "-F", "PREROUTING")
    with pytest.raises(Error, match=r"ERR_CONNECTION_REFUSED|ERR_CONNECTION_TIMED_OUT|ERR_ADDRESS_UNREACHABLE"):
        street.phone.goto(link)
    street.laptop.goto(f"{street.served.url}/desk/reach")
    expect(street.laptop.get_by_text("Il dit que le site est inaccessible")).to_be_visible()
    expect(street.laptop.get_by_text("Le port TCP 443 n’arrive pas")).to_be_visible()


def test_a_telephone_on_the_shops_own_wi_fi_proves_nothing(street: Street) -> None:
    """The page is opened by the address of the house, as a telephone does that never left its Wi-Fi."""
    link = street.films_the_code().replace(OUTSIDE, HOUSE)
    page = street.laptop.context.new_page()
    go(page, link)
    expect(page.get_by_text("Ce téléphone était encore sur le réseau de la boutique.")).to_be_visible(timeout=60_000)
    expect(street.laptop.get_by_text("Ce téléphone était encore sur le réseau")).to_be_visible(timeout=60_000)
