"""A call runs on and the next visit is near: its customer is told, then a colleague takes it."""

import json
import subprocess
import sys

import pytest
from playwright.sync_api import expect

from tests.conftest import PASSWORD

from .conftest import PHONE, ROOT, Chromium, Served, Visit
from .hands import box
from .people import SOON, click, colleague, customer, sees, until
from .test_desk_waiting import EARS, rung


@pytest.fixture
def visits(served: Served) -> list[Visit]:
    """Karim's visit that begins now, and his next one, in four minutes; Anne could take it."""
    made = subprocess.run(
        [sys.executable, "-m", "tests.browser.next_visit"],
        cwd=ROOT, env=served.env, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr.decode()
    return [Visit(**one) for one in json.loads(made.stdout.splitlines()[-1])]


def test_the_next_customer_is_told_and_a_colleague_takes_the_visit(
    chromium: Chromium, served: Served, visits: list[Visit]
) -> None:
    running, odile = visits
    anne = chromium("green")
    anne.add_init_script(EARS)
    anne.goto(f"{served.url}/signin?next=/desk/cases")
    anne.locator("input[name=email]").fill("anne@shop.example")
    anne.locator("input[name=password]").fill(PASSWORD)
    anne.locator("input[name=password]").press("Enter")
    anne.wait_for_url("**/desk/cases")
    marie = customer(chromium, served, running)
    karim = colleague(chromium, served, running, "repairer")
    sees(karim, "red")
    bar = karim.get_by_role("status", name="Le rendez-vous suivant")
    expect(bar).to_contain_text("Odile Kervella", timeout=SOON)
    expect(bar.get_by_role("button", name="Anne Morel")).to_contain_text("au bureau")
    line, picture = box(bar), box(karim.locator("main.stage"))
    assert line["y"] + line["height"] <= picture["y"], "it covers neither the picture nor its tools"
    waits = chromium("red", PHONE)
    waits.goto(f"{served.url}{odile.case_path}/call")
    click(waits, "Entrer")
    expect(waits.locator("#c").get_by_text("Karim termine un autre appel")).to_be_visible(timeout=SOON)
    bar.get_by_role("button", name="10 min").click()
    expect(waits.locator("#c").get_by_text("Karim a environ 10 minutes de retard")).to_be_visible(timeout=SOON)
    before = rung(anne)
    bar.get_by_role("button", name="Anne Morel").click()
    expect(waits.locator("#c").get_by_text("Anne va arriver")).to_be_visible(timeout=SOON)
    expect(bar).to_be_hidden(timeout=SOON)
    expect(anne.locator("[data-bell]").get_by_text("Confié à vous")).to_be_visible(timeout=SOON)
    assert until(anne, lambda: rung(anne) > before)
    sees(karim, "red")  # the call goes on all the while
    colleague(chromium, served, odile, "anne", "green")
    sees(waits, "green")
    marie.close()
