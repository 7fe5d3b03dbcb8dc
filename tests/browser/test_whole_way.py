"""The whole job, once through, in two real browsers: claimed, booked, called, concluded, on paper.

One appliance, empty at first, on its own ports, serves every test of this file; the first claims it.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from shopvisio import setup
from tests.conftest import PASSWORD

from .conftest import PHONE, ROOT, Chromium, Served, unclaimed
from .people import click, hears, remotes, sees

SHOP = {
    "shop_name": "Atelier Lumière", "tagline": "Électroménager & petites réparations", "phone": "04 65 71 12 34",
    "email": "bonjour@atelier.example", "fee": "29", "legal_name": "Atelier Lumière", "capital": "8 000 €",
    "street": "14 rue des Canuts", "postcode": "69004", "city": "Lyon", "siret": "912 345 675 00009",
    "register": "RCS Lyon 912 345 675", "vat_number": "FR65912345675", "iban": "FR76 3000 6000 0112 3456 7890 189",
    "mediator": "Médiation Démonstration, 1 place Inventée, 75000 Paris",
}  # fmt: skip
OWNER = "claire@atelier.example"
LATER = ("name", "media", "mail", "recovery")


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An appliance that nobody has claimed yet."""
    yield from unclaimed(tmp_path_factory.mktemp("fresh"))


def fill_in(page: Page) -> None:
    """Whatever the step asks for."""
    for name, value in SHOP.items():
        if page.locator(f"#setup input[name={name}], #setup textarea[name={name}]").count():
            page.locator(f"#setup [name={name}]").fill(value)
    for name, value in (("legal_form", "SARL"), ("vat_regime", "standard")):
        if page.locator(f"#setup select[name={name}]").count():
            page.locator(f"#setup select[name={name}]").select_option(value)
    boxes = page.locator("#hours input")
    for number in range(boxes.count()):
        boxes.nth(number).fill(["0:00", "12:00", "12:00", "24:00"][number % 4])


def claim(page: Page, shop: Served) -> None:
    """The code of the terminal, then each step of the wizard."""
    page.goto(f"{shop.url}/claim")
    found = re.search(r"Claim code: (\S+)", shop.log.read_text())
    assert found is not None
    page.locator("[name=code]").fill(found[1])
    page.locator("[name=owner_name]").fill("Claire Fontaine")
    page.locator("[name=owner_email]").fill(OWNER)
    page.locator("[name=password]").fill(PASSWORD)
    click(page, "Ouvrir la boutique")
    for step in setup.STEPS:
        page.wait_for_url(f"**/desk/setup/{step}")
        fill_in(page)
        click(page, "Plus tard" if step in LATER else "Continuer")
    page.wait_for_url("**/desk/setup")


@pytest.fixture(scope="module")
def claimed(fresh: Served, browsers) -> Served:  # noqa: ANN001
    """The same, claimed by its owner and set up step by step, open day and night and bookable at once."""
    page = browsers("blue").new_context(viewport=PHONE, locale="fr-FR").new_page()
    page.set_default_timeout(10_000)
    refused = page.goto(f"{fresh.url}/desk")
    assert refused is not None
    assert refused.status == 503
    claim(page, fresh)
    page.goto(f"{fresh.url}/desk/settings/booking")
    page.locator("[name=notice_minutes]").fill("0")
    page.locator("[name=early_minutes]").fill("240")
    page.locator("form[data-settings]").get_by_role("button").last.click()
    expect(page.locator("[name=early_minutes]")).to_have_value("240")
    page.context.close()
    return fresh


def book(page: Page, shop: Served, name: str) -> str:
    """Book the first repair that is free, as a customer on a telephone; answers their link."""
    page.goto(shop.url)
    page.get_by_role("link", name="Choisir un horaire de réparation").click()
    page.locator("button.slot").first.click()
    page.locator("[name=device]").fill("Réservoir de WC")
    page.locator("[name=brand]").fill("Sanilux")
    page.locator("[name=model]").fill("Duo 3/6 L")
    page.locator("[name=symptom]").fill("L’eau coule en continu dans la cuvette depuis dimanche.")
    page.locator("[name=photos]").set_input_files(photo())
    click(page, "Continuer")
    page.get_by_role("checkbox", name="De l’eau qui coule").check()
    click(page, "Continuer")
    page.get_by_role("checkbox", name="L’eau est coupée").check()
    click(page, "Continuer")
    page.locator("[name=name]").fill(name)
    page.locator("[name=email]").fill("marie@exemple.example")
    page.locator("[name=phone]").fill("06 39 98 27 50")
    page.locator("[name=terms]").check()
    page.locator("[name=immediate]").check()
    page.locator("main form button.first").click()
    expect(page.get_by_text("C’est réservé, à bientôt")).to_be_visible()
    expect(page.get_by_text("e-mail").first).to_be_visible()
    return page.url.partition("?")[0]


def photo() -> dict[str, object]:
    """A picture as a telephone sends it."""
    from io import BytesIO

    from PIL import Image

    made = BytesIO()
    Image.new("RGB", (800, 600), "#336699").save(made, "JPEG")
    return {"name": "étiquette.jpg", "mimeType": "image/jpeg", "buffer": made.getvalue()}


def enter(page: Page, link: str) -> None:
    """The customer goes into the waiting room."""
    page.goto(f"{link}/call")
    click(page, "Entrer")


def join_from_the_day(page: Page, shop: Served, name: str) -> None:
    """The owner sees on the desk that the customer is there, and joins."""
    page.goto(f"{shop.url}/desk")
    if "/signin" in page.url:
        page.locator("[name=email]").fill(OWNER)
        page.locator("[name=password]").fill(PASSWORD)
        page.locator("[name=password]").press("Enter")
        page.wait_for_url("**/desk")
    row = page.locator(".wait li").filter(has_text=name)
    row.get_by_role("link", name="Entrer").click()
    click(page, "Rejoindre l’appel")


def see_and_hear_each_other(marie: Page, claire: Page, shop: Served) -> None:
    """Both see the other's colour and hear the other, through the appliance alone."""
    sees(marie, "blue")
    sees(claire, "red")
    assert hears(marie)
    assert hears(claire)
    for page in (marie, claire):
        assert {address.rpartition(":")[2] for address in remotes(page)} == {str(shop.media_port)}


def conclude(claire: Page, marie: Page, way: str, button: str, **fields: str) -> None:
    """The owner ends the call; each is led on, the customer to their own page."""
    click(claire, "Conclure l’appel")
    dialog = claire.locator("#conclude")
    dialog.locator("summary").filter(has_text=re.compile(f"^\\s*{way}")).click()
    if way == "Non réparé":
        dialog.locator("details[open] [name=condition][value=repairable]").check()
        dialog.locator("details[open] [name=barrier]").select_option("on_site")
    for name, value in fields.items():
        dialog.locator(f"details[open] [name={name}]").fill(value)
    dialog.get_by_role("button", name=button).click()
    claire.wait_for_url("**/desk/cases/*")
    marie.wait_for_url(re.compile(r"/case/[^/]+(/part|/answer)?$"))


def pdf_text(page: Page, folder: Path, name: str) -> str:
    """The text of the paper with this name on the customer's page, read by another program."""
    link = page.get_by_role("link").filter(has_text=name)
    for _try in range(60):  # a child that gives way to everything else draws it
        page.reload()
        if link.count():
            answer = page.request.get(link.first.evaluate("link => link.href"))
            if answer.headers["content-type"] == "application/pdf":
                file = folder / "paper.pdf"
                file.write_bytes(answer.body())
                return subprocess.run(
                    ["pdftotext", "-layout", file, "-"], capture_output=True, check=True
                ).stdout.decode()
        page.wait_for_timeout(1000)
    raise AssertionError(f"no {name} came")


def verify(shop: Served) -> str:
    """What ``shopvisio verify`` says, beside the running appliance."""
    done = subprocess.run(
        [sys.executable, "-m", "shopvisio", "verify"],
        cwd=ROOT,
        env=shop.env,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_repair_with_a_part_and_a_second_visit_gives_one_invoice(
    claimed: Served, chromium: Chromium, tmp_path: Path
) -> None:
    name = "Marie-Antoinette Delaunay-Charpentier"
    marie, claire = chromium("red", PHONE), chromium("blue")
    link = book(marie, claimed, name)
    calendar = marie.request.get(f"{link}/appointment.ics")
    assert "BEGIN:VEVENT" in calendar.text()

    enter(marie, link)
    join_from_the_day(claire, claimed, name)
    see_and_hear_each_other(marie, claire, claimed)
    conclude(
        claire, marie, "Il faut une pièce", "Proposer cette pièce", name="Joint de cloche", price="12,90", words="Usé."
    )

    marie.goto(f"{link}/part")
    expect(marie.get_by_text("12,90").first).to_be_visible()
    marie.locator("[name=street]").fill("118 montée de la Grande-Côte")
    marie.locator("[name=postcode]").fill("69001")
    marie.locator("[name=city]").fill("Lyon")
    marie.get_by_role("button", name="Accepter la pièce").click()

    claire.reload()
    claire.locator("summary").filter(has_text="Noter l’envoi").click()
    claire.locator("[name=carrier]").fill("Colissimo")
    claire.locator("[name=tracking]").fill("https://suivi.example/8R123")
    click(claire, "C’est parti")
    marie.goto(link)
    marie.get_by_role("button", name=re.compile("reçu la pièce")).click()
    if "/times" not in marie.url:
        marie.goto(f"{link}/times")
    expect(marie.get_by_text("ne coûte rien").first).to_be_visible()
    marie.locator("button.slot").first.click()

    enter(marie, link)
    join_from_the_day(claire, claimed, name)
    see_and_hear_each_other(marie, claire, claimed)
    conclude(claire, marie, "Réparé", "Proposer « Réparé »", words="Joint remplacé, plus de fuite.")
    marie.goto(f"{link}/answer")
    expect(marie.get_by_text("41,90").first).to_be_visible()
    marie.get_by_role("button", name="Oui, c’est réparé").click()

    text = pdf_text(marie, tmp_path, "Facture")
    assert re.search(r"F20\d\d-000001", text)
    for fact in ("41,90", "29,00", "12,90", "Joint de cloche", "FR76 3000 6000", name, "912 345 675"):
        assert fact in text, fact
    assert "1 papers" in verify(claimed)

    claire.reload()
    expect(claire.get_by_text("41,90").first).to_be_visible()
    click(claire, "Noter le paiement")
    expect(claire.get_by_role("button", name="Noter le paiement")).to_have_count(0)
    marie.goto(link)
    expect(marie.get_by_text("reste à payer")).to_have_count(0)


def test_nothing_repaired_is_nothing_to_pay(claimed: Served, chromium: Chromium, tmp_path: Path) -> None:
    name = "Thibault Lefebvre-Saint-Ouen"
    marie, claire = chromium("red", PHONE), chromium("blue")
    link = book(marie, claimed, name)
    enter(marie, link)
    join_from_the_day(claire, claimed, name)
    see_and_hear_each_other(marie, claire, claimed)
    conclude(claire, marie, "Non réparé", "Proposer « Non réparé »", words="Roulement usé, à changer en atelier.")
    marie.goto(f"{link}/answer")
    marie.locator("button.answer[value=yes]").click()
    text = pdf_text(marie, tmp_path, "Compte rendu")
    assert re.search(r"R20\d\d-000001", text)
    assert "sans frais" in text
    assert "Roulement usé" in text
    assert "Réparable : il faut venir sur place." in text
    assert "Facture" not in text
    assert "TVA" not in text.partition("SIRET")[0]
    assert "chain is whole" in verify(claimed)


def test_a_customer_who_answers_no_gets_no_paper_and_staff_cannot_pass_over_it(
    claimed: Served, chromium: Chromium
) -> None:
    name = "Fatoumata Diarra-Bonnefoy"
    marie, claire = chromium("red", PHONE), chromium("blue")
    link = book(marie, claimed, name)
    enter(marie, link)
    join_from_the_day(claire, claimed, name)
    see_and_hear_each_other(marie, claire, claimed)
    before = verify(claimed)
    conclude(claire, marie, "Réparé", "Proposer « Réparé »", words="Plus de bruit.")
    marie.goto(f"{link}/answer")
    marie.get_by_role("link", name="Non, ce n’est pas réparé").click()
    marie.locator("[name=words]").fill("Elle fuit encore, goutte à goutte.")
    marie.get_by_role("button", name="Envoyer : non").click()
    expect(marie.get_by_role("link").filter(has_text="Facture")).to_have_count(0)

    claire.reload()
    expect(claire.get_by_text("Elle fuit encore, goutte à goutte.").first).to_be_visible()
    expect(claire.get_by_text("Confirmer sans réponse")).to_have_count(0)
    claire.goto(f"{claimed.url}/desk")
    expect(claire.get_by_text(name).first).to_be_visible()
    assert verify(claimed) == before
