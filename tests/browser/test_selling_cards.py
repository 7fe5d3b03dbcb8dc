"""A sale in two browsers: a card is put on the customer's screen, they choose a variant, ask to see it, two lie side by
side, and the list of what to show keeps its stills."""

from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect

from .conftest import Chromium, Served
from .people import click, colleague, customer, sees

READ = """async () => {
  const page = document.querySelector('script[src*="call/call.js"]').src;
  const { library } = await import(page.replace("call.js", "scan.js"));
  const canvas = Object.assign(document.createElement("canvas"), { width: 400, height: 160 });
  const brush = canvas.getContext("2d");
  brush.fillStyle = "#fff";
  brush.fillRect(0, 0, 400, 160);
  brush.fillStyle = "#000";
  const L = "0001101 0011001 0010011 0111101 0100011 0110001 0101111 0111011 0110111 0001011".split(" ");
  const parity = "LGLLGG";
  const turn = (code) => [...code].map((bit) => 1 - bit).join("");
  const digits = [..."006381333931"].map(Number); // the first, 4, is told by the parity of the six that follow
  const left = digits.slice(0, 6).map((n, i) => parity[i] === "L" ? L[n] : [...turn(L[n])].reverse().join(""));
  const bars = `101${left.join("")}01010${digits.slice(6).map((n) => turn(L[n])).join("")}101`;
  [...bars].forEach((bit, i) => bit === "1" && brush.fillRect(57 + 3 * i, 20, 3, 120));
  return (await library())(canvas);
}"""


def test_a_card_is_shown_chosen_from_asked_for_and_compared(
    served: Served, chromium: Chromium, tmp_path: Path
) -> None:
    visit = served.visit("sale")
    nadia = colleague(chromium, served, visit, "seller")
    write_a_shirt(nadia.context.new_page(), served, tmp_path)
    marie = customer(chromium, served, visit)
    sees(marie, "blue")

    seek = nadia.get_by_label("Nom, référence ou lien du produit")
    seek.fill("http://127.0.0.1:9/theiere")  # of which the appliance asks nothing: it is a private address
    click(nadia, "Ajouter depuis cette page")
    expect(nadia.locator("#found-state")).to_contain_text("Cette page n’a pas pu être lue")
    assert nadia.evaluate(READ) == "4006381333931"
    seek.fill("LIN-38")
    click(nadia, "Montrer Chemise en lin")
    card = marie.locator("#product .card")
    expect(card).to_contain_text("Chemise en lin")
    expect(card.locator(".strip img")).to_have_js_property("complete", True)
    expect(card.locator(".cost")).to_contain_text("dès 59,90")
    click(marie, "Noir épuisé")
    expect(card.locator(".cost")).to_contain_text("64,90")
    expect(card.locator(".cost")).to_contain_text("Épuisé")
    expect(nadia.locator("#on-screen")).to_contain_text("Regarde : 40 / Noir")
    click(marie, "Écru")
    expect(card.locator(".cost")).to_contain_text("Dernière pièce")
    expect(nadia.locator("#on-screen")).to_contain_text("Dernière pièce")

    click(marie, "Montrez-moi celui-ci")
    expect(nadia.locator("#wish")).to_contain_text("Marie-Antoinette")
    expect(nadia.locator("#wish")).to_contain_text("Montrez-moi : Chemise en lin, 38 / Écru")
    click(nadia, "C’est vu")
    expect(nadia.locator("#wish")).to_be_hidden()
    click(nadia, "Étiquette")
    expect(nadia.get_by_role("button", name="Étiquette", pressed=True)).to_be_visible()
    expect(marie.locator("#still")).to_be_visible()  # it is shown large on the other side, and kept
    expect(marie.locator("#still .caption")).to_contain_text("Étiquette, Chemise en lin")
    click(marie, "Revenir au direct")
    expect(marie.locator("#room h1")).to_be_focused()  # its button went: the focus does not

    seek.fill("https://boutique.example/cafetiere")
    click(nadia, "Comparer Cafetière Lumio 12 tasses")
    expect(marie.locator("#product .card")).to_have_count(2)
    expect(nadia.locator("#on-screen li")).to_have_count(2)
    click(marie, "Fermer")
    expect(marie.locator("#product")).to_be_hidden()
    marie.reload()
    expect(marie.locator("#product .card")).to_have_count(2)
    click(nadia, "Ranger Chemise en lin")
    click(nadia, "Ranger Cafetière Lumio 12 tasses")
    expect(marie.locator("#product")).to_be_hidden()
    sees(marie, "blue")


def write_a_shirt(page: Page, served: Served, folder: Path) -> None:
    """By hand, on the desk: two variants, a photo."""
    page.goto(f"{served.url}/desk/products/new")
    page.get_by_label("Nom", exact=True).first.fill("Chemise en lin")
    page.get_by_label("Ce qui varie").fill("Taille / Couleur")
    for n, row in enumerate((("38 / Écru", "LIN-38", "59,90", "1"), ("40 / Noir", "LIN-40", "64,90", "0"))):
        for name, text in zip(("label", "sku", "price", "stock"), row, strict=True):
            page.locator(f"#{name}-{n}").fill(text)
        page.get_by_role("button", name="Enregistrer", exact=True).click()
        expect(page.get_by_text("Enregistré : Chemise en lin.")).to_be_visible()
    photo = folder / "chemise.jpg"
    Image.new("RGB", (600, 600), "beige").save(photo)
    page.get_by_label("Ajouter des photos").set_input_files(photo)
    click(page, "Mettre les photos à jour")
    expect(page.locator(".packs img")).to_have_count(1)
    page.close()
