"""Photos beside the call: one touch, shown big on the other side, however the line is."""

from playwright.sync_api import Route, expect

from .conftest import PHONE, Chromium, Served
from .people import SOON, click, colleague, customer, sees, until

TALL = "document.querySelector('#still img').naturalHeight"


def test_a_photo_asked_for_and_taken_with_one_touch_is_seen_big(served: Served, chromium: Chromium) -> None:
    visit = served.visit("repair")
    marie = customer(chromium, served, visit)
    karim = colleague(chromium, served, visit, "repairer")
    sees(karim, "red")
    click(karim, "Demander une photo")
    expect(karim.locator("#asking", has_text="Photo demandée : elle s’affichera ici.")).to_be_visible()
    expect(marie.locator("#asked")).to_contain_text("Karim demande une photo")
    click(marie, "Prendre la photo")
    expect(karim.locator("#still")).to_contain_text("Photo de Marie", timeout=SOON)
    assert until(karim, lambda: karim.evaluate(TALL) == 480)  # the whole of what the camera has
    expect(karim.get_by_text("Photo demandée")).to_be_hidden()
    expect(marie.get_by_text("Photo envoyée")).to_be_visible()
    click(karim, "Revenir au direct")
    expect(karim.locator("#still")).to_be_hidden()
    karim.reload()
    karim.locator("#stills button").click()  # it stays in the list
    expect(karim.locator("#still")).to_be_visible()


def test_without_a_camera_the_telephones_own_takes_the_photo(served: Served, chromium: Chromium) -> None:
    visit = served.visit("repair")
    marie = chromium("shut", PHONE)
    marie.goto(f"{served.url}{visit.case_path}/call")
    click(marie, "Autoriser la caméra et le micro")
    click(marie, "Sans caméra ni micro : photos et messages")
    karim = colleague(chromium, served, visit, "repairer")
    sees(marie, "blue")
    with marie.expect_file_chooser() as chooser:
        click(marie, "Prendre une photo")
    picture = marie.screenshot()
    chooser.value.set_files({"name": "plaque.png", "mimeType": "image/png", "buffer": picture})
    expect(karim.locator("#still")).to_be_visible(timeout=SOON)


def test_a_photo_that_cannot_leave_is_kept_and_sent_again(served: Served, chromium: Chromium) -> None:
    visit = served.visit("repair")
    marie = customer(chromium, served, visit)
    karim = colleague(chromium, served, visit, "repairer")
    sees(karim, "red")
    fails = {"left": 2}

    def once_more(route: Route) -> None:
        fails["left"] -= 1
        if fails["left"] >= 0:
            route.abort()
        else:
            route.continue_()

    marie.route("**/stills/*", once_more)
    click(marie, "Prendre une photo")
    expect(karim.locator("#still")).to_be_visible(timeout=SOON)
    expect(karim.locator("#stills button")).to_have_count(1)


def test_voice_alone_is_chosen_by_hand_said_on_both_sides_and_taken_back(served: Served, chromium: Chromium) -> None:
    visit = served.visit("repair")
    marie = customer(chromium, served, visit)
    karim = colleague(chromium, served, visit, "repairer")
    sees(karim, "red")
    marie.locator(".line-mark summary").click()
    click(marie, "Passer en mode photo")
    expect(karim.locator("#voices")).to_contain_text("a choisi la voix et les photos")
    expect(marie.locator("#voices")).to_contain_text("Vous vous entendez")
    marie.locator("#voices").get_by_role("button", name="Reprendre la vidéo").click()
    sees(karim, "red")
    sees(marie, "blue")
