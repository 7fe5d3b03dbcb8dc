"""A call runs on and the next visit is near: its customer is told, then a colleague takes it."""

import json
import subprocess
import sys

import pytest
from playwright.sync_api import expect

from tests.conftest import PASSWORD

from .conftest import PHONE, ROOT, Chromium, Served, Visit
from .people import click, colleague, customer, sees, until
from .test_desk_waiting import EARS, rung


@pytest.fixture
def odile(served: Served) -> Visit:
    """Karim's next visit, in four minutes; Anne could take it."""
    made = subprocess.run(
        [sys.executable, "-m", "tests.browser.next_visit"],
        cwd=ROOT, env=served.env, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr.decode()
    return Visit(**json.loads(made.stdout.splitlines()[-1]))


def test_the_next_customer_is_told_and_a_colleague_takes_the_visit(
    chromium: Chromium, served: Served, odile: Visit
) -> None:
    anne = chromium("green")
    anne.add_init_script(EARS)
    anne.goto(f"{served.url}/signin?next=/desk/cases")
    anne.locator("input[name=email]").fill("anne@shop.example")
    anne.locator("input[name=password]").fill(PASSWORD)
    anne.locator("input[name=password]").press("Enter")
    anne.wait_for_url("**/desk/cases")
    running = served.visit("repair")
    marie = customer(chromium, served, running)
    karim = colleague(chromium, served, running, "repairer")
    sees(karim, "red")
    bar = karim.get_by_role("status", name="Le rendez-vous suivant")
    expect(bar).to_contain_text("Odile Kervella")
    expect(bar.get_by_role("button", name="Anne Morel")).to_contain_text("au bureau")
    waits = chromium("red", PHONE)
    waits.goto(f"{served.url}{odile.case_path}/call")
    click(waits, "Entrer")
    expect(waits.locator("#c").get_by_text("Karim termine un autre appel")).to_be_visible()
    bar.get_by_role("button", name="10 min").click()
    expect(waits.locator("#c").get_by_text("Karim a environ 10 minutes de retard")).to_be_visible()
    before = rung(anne)
    bar.get_by_role("button", name="Anne Morel").click()
    expect(waits.locator("#c").get_by_text("Anne va arriver")).to_be_visible()
    expect(bar).to_be_hidden()
    expect(anne.locator("[data-bell]").get_by_text("Confié à vous")).to_be_visible()
    assert until(anne, lambda: rung(anne) > before)
    sees(karim, "red")  # the call goes on all the while
    colleague(chromium, served, odile, "anne", "green")
    sees(waits, "green")
    marie.close()
