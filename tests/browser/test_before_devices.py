"""Before the call: which camera, microphone and loudspeaker; what to press where one is refused."""

from playwright.sync_api import Page, expect

from .agents import AGENTS, INSIDE
from .conftest import PHONE, Chromium, Served
from .people import click, colleague, hears, sees, until

REFUSES = """([name, message]) => {
  navigator.permissions.query = async () => ({state: "prompt"});
  navigator.mediaDevices.getUserMedia = async () => { throw new DOMException(message, name); };
}"""


def camera_of(page: Page) -> str:
    """The device that is open."""
    script = "document.querySelector('#mine video').srcObject?.getVideoTracks()[0]?.getSettings().deviceId ?? ''"
    found: str = page.evaluate(script)
    return found


def refuse(page: Page, name: str, message: str) -> None:
    """From the next page on, cameras are refused so."""
    page.add_init_script(f"({REFUSES})({[name, message]!r})")


def test_another_camera_and_loudspeaker_are_chosen_and_remembered(served: Served, chromium: Chromium) -> None:
    visit = served.visit("repair")
    marie = chromium("several")
    marie.goto(f"{served.url}{visit.case_path}/call")
    marie.get_by_text("Choisir un autre appareil").click()
    first = camera_of(marie)
    others = marie.get_by_label("Caméra", exact=True).locator("option").evaluate_all("all => all.map((o) => o.value)")
    wanted = next(one for one in others if one != first)
    marie.get_by_label("Caméra", exact=True).select_option(wanted)
    assert until(marie, lambda: camera_of(marie) == wanted)
    ears = marie.get_by_label("Haut-parleur").locator("option").evaluate_all("all => all.map((o) => o.value)")
    marie.get_by_label("Haut-parleur").select_option(ears[-1])
    assert until(marie, lambda: marie.evaluate("document.querySelector('#voice').sinkId") == ears[-1])
    marie.reload()
    assert until(marie, lambda: camera_of(marie) == wanted)
    assert until(marie, lambda: marie.evaluate("document.querySelector('#voice').sinkId") == ears[-1])
    click(marie, "Entrer")
    karim = colleague(chromium, served, visit, "repairer")
    assert hears(karim)
    expect(karim.locator("#theirs video")).to_be_visible()


def test_a_camera_that_was_chosen_and_is_unplugged_gives_way_to_another(served: Served, chromium: Chromium) -> None:
    visit = served.visit("repair")
    marie = chromium("red", PHONE)
    marie.add_init_script("localStorage.setItem('devices', JSON.stringify({videoinput: 'gone', audioinput: 'gone'}))")
    marie.goto(f"{served.url}{visit.case_path}/call")
    sees(marie, "red", "#mirror")


def test_what_the_computer_itself_refuses_is_sought_in_its_own_settings(served: Served, chromium: Chromium) -> None:
    visit = served.visit("repair")
    marie = chromium("red", PHONE, user_agent=AGENTS["edge, Windows"])
    refuse(marie, "NotAllowedError", "Permission denied by system")
    marie.goto(f"{served.url}{visit.case_path}/call")
    click(marie, "Autoriser la caméra et le micro")
    alert = marie.get_by_role("alert")
    expect(alert).to_contain_text("Les réglages de l’appareil")
    expect(alert).to_contain_text("Menu Démarrer")
    expect(marie.get_by_role("button", name="Réessayer")).to_be_visible()


def test_a_question_closed_without_an_answer_is_asked_again(served: Served, chromium: Chromium) -> None:
    visit = served.visit("repair")
    marie = chromium("red", PHONE)
    refuse(marie, "NotAllowedError", "Permission dismissed")
    marie.goto(f"{served.url}{visit.case_path}/call")
    click(marie, "Autoriser la caméra et le micro")
    expect(marie.get_by_role("alert")).to_contain_text("restée sans réponse")


def test_a_camera_in_use_elsewhere_is_told_and_the_voice_goes_alone(served: Served, chromium: Chromium) -> None:
    visit = served.visit("repair")
    marie = chromium("red", PHONE, user_agent=AGENTS["chrome, Android"])
    marie.add_init_script(
        """const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
        navigator.mediaDevices.getUserMedia = async (what) => {
          if (what.video) throw new DOMException("Could not start video source", "NotReadableError");
          return ask(what);
        };"""
    )
    marie.goto(f"{served.url}{visit.case_path}/call")
    expect(marie.get_by_role("alert")).to_contain_text("Une autre application se sert")
    expect(marie.get_by_text("Sans caméra", exact=True)).to_be_visible()
    click(marie, "Entrer")
    karim = colleague(chromium, served, visit, "repairer")
    assert hears(karim)


def test_a_tablet_that_calls_itself_a_mac_is_helped_as_a_tablet(served: Served, chromium: Chromium) -> None:
    visit = served.visit("repair")
    marie = chromium("shut", user_agent=AGENTS["safari, Mac"])
    marie.add_init_script("Object.defineProperty(navigator, 'maxTouchPoints', {get: () => 5})")
    marie.goto(f"{served.url}{visit.case_path}/call")
    click(marie, "Autoriser la caméra et le micro")
    expect(marie.get_by_text("puis « Réglages du site web »")).to_be_visible()
    expect(marie.get_by_text("Dans la barre des menus")).to_be_hidden()


def test_inside_another_app_the_way_to_the_browser_comes_first(served: Served, chromium: Chromium) -> None:
    visit = served.visit("repair")
    marie = chromium("none", PHONE, user_agent=INSIDE["Instagram"])
    marie.add_init_script("Object.defineProperty(navigator, 'mediaDevices', {get: () => undefined})")
    marie.goto(f"{served.url}{visit.case_path}/call")
    expect(marie.get_by_text("Cette page est ouverte dans Instagram")).to_be_visible()
    expect(marie.get_by_text("« Ouvrir dans Safari »")).to_be_visible()
    expect(marie.get_by_role("button", name="Copier")).to_be_visible()
    expect(marie.get_by_role("alert")).to_contain_text("Ce navigateur n’ouvre pas la caméra")
    click(marie, "Sans caméra ni micro : photos et messages")
    karim = colleague(chromium, served, visit, "repairer")
    sees(marie, "blue")
    expect(karim.get_by_text("n’a pas ouvert sa caméra")).to_be_visible()


