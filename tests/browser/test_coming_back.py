"""Through the networks that people have, with the appliance as it is sold: the call comes, and comes back by itself.

Each test prints how long it took; only tests/long, on a machine that has nothing else to do, sets limits.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright, expect
from rtc import firefox
from rtc.networks import PORT, Internet, Machine, go, internet, why_not
from rtc.networks import firefox as on_firefox

from shopvisio import clock, tls

from .cameras import film
from .conftest import LAPTOP, PHONE, REMEMBER_CONNECTIONS, ROOT, Served, Visit
from .people import SEES, click, sees, sign_in

SHOP, TURN = "203.0.113.1", "203.0.113.5"
WHY_NOT = why_not()
pytestmark = [pytest.mark.long, pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)]
LONG = "SHOPVISIO_LONG" in os.environ
long = pytest.mark.skipif(not LONG, reason="in tests/long")

# what a patient observer would write down: when a picture came, and when the page said what
OBSERVER = """
window.shown = [];
window.told = [];
addEventListener("DOMContentLoaded", () => {
  const video = document.querySelector("#theirs video");
  const note = () => { shown.push(Date.now()); video.requestVideoFrameCallback(note); };
  video?.requestVideoFrameCallback(note);
  const box = document.querySelector("#room .notice");
  if (box) new MutationObserver(() => told.push([Date.now(), box.hidden ? "" : box.innerText]))
    .observe(box, { attributes: true, subtree: true, childList: true, characterData: true });
});
"""
# how our end of the connection is reached
CHOSEN = """async () => {
  const found = new Map([...(await connections.at(-1).getStats()).values()].map((one) => [one.id, one]));
  const pair = [...found.values()].find(({ type, nominated, state }) =>
    type === "candidate-pair" && nominated && state === "succeeded");
  return found.get(pair.localCandidateId);
}"""
WAIT = 30_000  # ms, before a test gives up


@dataclass
class Talk:
    """A customer (red) and a repairer (blue) in the product's own call."""

    marie: Page
    karim: Page

    def both_see(self) -> None:
        """Each has the other's picture, now."""
        sees(self.marie, "blue", timeout=WAIT)
        sees(self.karim, "red", timeout=WAIT)


@dataclass
class Town:
    """The shop's machine, and where people are."""

    net: Internet
    house: Machine
    served: Served
    people: Callable[[Machine, str, dict[str, int]], Page]

    def talk(self, customers: Machine, staff: Machine) -> Talk:
        """A call that stands."""
        visit: Visit = self.served.visit("repair")
        karim = self.people(staff, "blue", LAPTOP)
        go(karim, self.served.url)
        sign_in(karim, self.served, visit, "repairer")
        click(karim, "Rejoindre l’appel")
        marie = self.people(customers, "red", PHONE)
        go(marie, f"{self.served.url}{visit.case_path}/call")
        click(marie, "Entrer")
        talk = Talk(marie, karim)
        talk.both_see()
        marie.wait_for_timeout(3_000)
        return talk


@pytest.fixture
def town(tmp_path: Path, playwright: Playwright) -> Iterator[Town]:
    with internet() as net, ExitStack() as kept:
        house = net.machine()
        env = {**os.environ, "SHOPVISIO_DATA": str(tmp_path / "data"), "SHOPVISIO_BIND": "0.0.0.0",
               "SHOPVISIO_PORT": "0", "SHOPVISIO_TLS_PORT": str(PORT)}
        made = subprocess.run([sys.executable, "-m", "tests.browser.stage", "1", "0"], cwd=ROOT, env=env,
                              capture_output=True, timeout=60, check=True)
        visits = [Visit(**one) for one in json.loads(made.stdout.splitlines()[-1])["repair"]]
        served = Served(f"https://{SHOP}:{PORT}", PORT, env, tmp_path / "log", {"repair": visits}, on=house.enter)

        def people(machine: Machine, colour: str, size: dict[str, int]) -> Page:
            wrapper = tmp_path / f"chromium-{machine.name}"
            wrapper.write_text(f'#!/bin/sh\nexec {" ".join(machine.enter)} /usr/bin/chromium "$@"\n')
            wrapper.chmod(0o700)
            browser = playwright.chromium.launch(executable_path=wrapper, args=[
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking",
                "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
                "--ignore-certificate-errors", f"--use-file-for-fake-video-capture={film(tmp_path, colour)}"])
            kept.callback(browser.close)
            context = browser.new_context(
                viewport=size, locale="fr-FR", ignore_https_errors=True)  # type: ignore[arg-type]
            context.add_init_script(REMEMBER_CONNECTIONS + OBSERVER)
            return context.new_page()

        yield Town(net, house, served, people)
        if served.process:
            served.stop()


def in_the_open(town: Town, customer: str = "203.0.113.9/24") -> tuple[Machine, Machine]:
    """Everybody on one network, without routers: (customer, staff)."""
    customers, staff = town.net.machine(), town.net.machine()
    town.net.switch((town.house, "wan", f"{SHOP}/24"), (staff, "wan", "203.0.113.8/24"), (customers, "wan", customer))
    town.served.start()
    return customers, staff


def behind_a_box(town: Town) -> tuple[Machine, Machine, Machine]:
    """The customer behind their box: (customer, staff, box)."""
    customers, staff, box = (town.net.machine() for _one in range(3))
    town.net.switch((town.house, "wan", f"{SHOP}/24"), (staff, "wan", "203.0.113.8/24"), (box, "wan", "203.0.113.2/24"))
    town.net.switch((customers, "lan", "192.168.1.11/24"), (box, "lan", "192.168.1.1/24"))
    customers.route("192.168.1.1")
    box.translates("wan")
    town.served.start()
    return customers, staff, box


def now() -> float:
    return time.time() * 1000


def back(page: Page, since: float) -> float:
    """Seconds from ``since`` until the picture goes on, after it stood still at least half a second."""
    found: float = page.wait_for_function(
        """(since) => {
          for (let at = shown.length - 1; at > 0; at--) {
            if (shown[at] < since - 3_000) return null;
            if (shown[at] > since && shown[at] - shown[at - 1] > 500) return shown[at];
          }
          return null;
        }""", arg=since, timeout=WAIT, polling=50).json_value()
    return (found - since) / 1000


def told(page: Page, words: str, since: float) -> float:
    """Seconds from ``since`` until the page said so."""
    found: float = page.wait_for_function(
        "([words, since]) => told.find(([at, text]) => at > since && text.includes(words))?.[0]",
        arg=[words, since], timeout=WAIT, polling=50).json_value()
    return (found - since) / 1000


def dials(page: Page) -> int:
    made: int = page.evaluate("connections.length")
    return made


def comes_back(talk: Talk, since: float, within: float = 3.0) -> None:
    """Both see again in time, and are told nothing else any more."""
    customer, repairer = back(talk.marie, since), back(talk.karim, since)
    print(f"back after {customer:.2f} s (customer) and {repairer:.2f} s (repairer)")
    assert not LONG or max(customer, repairer) < within
    talk.both_see()
    for page in (talk.marie, talk.karim):
        expect(page.locator("#room .notice")).to_be_hidden(timeout=WAIT)


def test_from_one_network_to_another(town: Town) -> None:
    customers, staff = in_the_open(town)
    talk = town.talk(customers, staff)
    before = dials(talk.karim)
    customers.run("ip", "address", "add", "203.0.113.99/24", "dev", "wan")
    customers.run("ip", "address", "del", "203.0.113.9/24", "dev", "wan")
    customers.run("ip", "address", "replace", "203.0.113.99/24", "dev", "wan")
    comes_back(talk, moved := now())
    print(f"customer told after {told(talk.marie, 'interrompue', moved):.2f} s")
    assert dials(talk.karim) == before


@long
def test_a_box_that_gets_another_address(town: Town) -> None:
    """The browser is told nothing, and its old connections hang."""
    customers, staff, box = behind_a_box(town)
    talk = town.talk(customers, staff)
    before = dials(talk.karim)
    box.run("ip", "address", "del", "203.0.113.2/24", "dev", "wan")
    box.run("ip", "address", "add", "203.0.113.3/24", "dev", "wan")
    comes_back(talk, now())
    assert dials(talk.karim) == before


@long
def test_an_appliance_that_gets_another_address(town: Town) -> None:
    """A lease ends: the shop's router forwards to the new address, and the old one answers nobody."""
    customers, staff, gate = (town.net.machine() for _one in range(3))
    town.net.switch((gate, "wan", f"{SHOP}/24"), (staff, "wan", "203.0.113.8/24"), (customers, "wan", "203.0.113.9/24"))
    town.net.switch((town.house, "lan", "192.168.1.10/24"), (gate, "lan", "192.168.1.1/24"))
    town.house.route("192.168.1.1")
    gate.translates("wan")
    gate.forwards("wan", "192.168.1.10")
    town.served.env["SHOPVISIO_MEDIA_ADDRESSES"] = SHOP
    town.served.start()
    talk = town.talk(customers, staff)
    town.house.run("ip", "address", "flush", "dev", "lan", "scope", "global")
    town.house.run("ip", "address", "add", "192.168.1.50/24", "dev", "lan")
    town.house.route("192.168.1.1")
    gate.run("iptables", "-t", "nat", "-F", "PREROUTING")
    gate.forwards("wan", "192.168.1.50")
    comes_back(talk, now())


@long
@pytest.mark.skipif(bool(firefox.why_not()), reason=firefox.why_not())
def test_a_customer_with_firefox(town: Town, tmp_path: Path) -> None:
    """The product's own page: the lobby, the call, and back after the network has changed."""
    customers, staff = in_the_open(town)
    visit: Visit = town.served.visit("repair")
    karim = town.people(staff, "blue", LAPTOP)
    go(karim, town.served.url)
    sign_in(karim, town.served, visit, "repairer")
    click(karim, "Rejoindre l’appel")
    with on_firefox(customers, tmp_path) as ask:

        def within(expression: str) -> None:
            until = now() + WAIT
            while not ask("run", expression):
                assert now() < until, ask("run", "document.body.innerText")

        ask("go", f"{town.served.url}{visit.case_path}/call")
        for button in ("ask", "enter"):
            within(f"""[...document.querySelectorAll("#lobby [data-act={button}]")].some(
                (one) => one.checkVisibility() && !one.disabled && !one.click())""")
        within(f"({SEES})(['#theirs video', 'blue'])")
        moves = "document.querySelector('#theirs video').currentTime"
        seen = karim.evaluate(moves)
        karim.wait_for_function(f"() => {moves} > {seen} + 1", timeout=WAIT)
        customers.run("ip", "address", "add", "203.0.113.99/24", "dev", "wan")
        customers.run("ip", "address", "del", "203.0.113.9/24", "dev", "wan")
        customers.run("ip", "address", "replace", "203.0.113.99/24", "dev", "wan")
        moved = now()
        karim.wait_for_timeout(5_000)
        karim.wait_for_function("(since) => shown.at(-1) > since + 5_000", arg=moved, timeout=WAIT)
        gap = karim.evaluate("(since) => Math.max(...shown.map((at, i) => at > since ? at - shown[i - 1] : 0))", moved)
        print(f"the repairer saw nothing new for {gap / 1000:.2f} s")
        within("document.querySelector('#room .notice').hidden")
        heard = ask("run", moves)
        within(f"{moves} > {heard} + 1")


@long
@pytest.mark.parametrize("seconds", [4, 13, 31, 47])
def test_a_tunnel(town: Town, seconds: int) -> None:
    """For some seconds nothing gets through at all."""
    customers, staff, box = behind_a_box(town)
    talk = town.talk(customers, staff)
    box.run("iptables", "-I", "FORWARD", "-j", "DROP")
    cut = now()
    print(f"customer told after {told(talk.marie, 'interrompue', cut):.2f} s, "
          f"repairer after {told(talk.karim, 'interrompue', cut):.2f} s")
    talk.marie.wait_for_timeout(cut + 1000 * seconds - now())
    box.run("iptables", "-D", "FORWARD", "1")
    comes_back(talk, now())


@long
def test_a_cable_that_is_pulled_and_put_back(town: Town) -> None:
    customers, staff, _box = behind_a_box(town)
    talk = town.talk(customers, staff)
    customers.run("ip", "link", "set", "lan", "down")
    cut = now()
    assert told(talk.karim, "interrompue", cut) < 3
    talk.marie.wait_for_timeout(cut + 8_000 - now())
    customers.run("ip", "link", "set", "lan", "up")
    customers.route("192.168.1.1")
    comes_back(talk, now())


@long
@pytest.mark.parametrize("seconds", [5, 15, 27, 60])
def test_a_telephone_that_sleeps(town: Town, seconds: int) -> None:
    """Nothing runs on it and nothing reaches it; both come back when it wakes."""
    customers, staff, box = behind_a_box(town)
    talk = town.talk(customers, staff)
    before = dials(talk.karim)
    box.run("iptables", "-I", "FORWARD", "-j", "DROP")
    with customers.asleep():
        slept = now()
        print(f"repairer told after {told(talk.karim, 'interrompue', slept):.2f} s")
        talk.karim.wait_for_timeout(slept + 1000 * seconds - now())
        box.run("iptables", "-D", "FORWARD", "1")
    comes_back(talk, now())
    assert dials(talk.karim) == before


@long
@pytest.mark.parametrize("how", ["asked to", "killed"])
def test_an_appliance_that_starts_anew(town: Town, how: str) -> None:
    customers, staff, _box = behind_a_box(town)
    talk = town.talk(customers, staff)
    began = now()
    assert town.served.process
    if how == "killed":
        subprocess.run(["pkill", "-9", "-P", str(town.served.process.pid)], check=False)
        town.served.process.kill()
        town.served.process.wait()
    else:
        town.served.stop()
    town.served.start()
    up = now()
    print(f"{how} end, up again after {(up - began) / 1000:.2f} s")
    comes_back(talk, up, within=5.0)



@long
@pytest.mark.skipif(shutil.which("turnserver") is None, reason="coturn is not installed")
def test_where_only_tls_passes_an_outside_turn_server_carries_the_call(town: Town, tmp_path: Path) -> None:
    customers, staff, outside = (town.net.machine() for _one in range(3))
    town.net.switch((town.house, "wan", f"{SHOP}/24"), (staff, "wan", "203.0.113.8/24"),
                    (customers, "wan", "203.0.113.9/24"), (outside, "wan", f"{TURN}/24"))
    customers.drops_udp()
    for chain in ("INPUT", "OUTPUT"):       # a firewall that looks inside: STUN in the clear is no web page
        customers.run("iptables", "-A", chain, "-p", "tcp", "-m", "string", "--algo", "bm",
                      "--hex-string", "|2112a442|", "-j", "DROP")
    certificate, key = tls.self_signed(tmp_path, [TURN], clock.now())
    relay = outside.start(
        "turnserver", "-n", "--no-udp", "--no-cli", "--listening-ip", TURN, "--relay-ip", TURN,
        "--tls-listening-port", "443", "--cert", str(certificate), "--pkey", str(key), "--realm", "relay.example",
        "--use-auth-secret", "--static-auth-secret", "une longue phrase", "--userdb", str(tmp_path / "turn.db"),
        "--pidfile", str(tmp_path / "turn.pid"), "--log-file", str(tmp_path / "turn.log"))
    put = ("from shopvisio import clock, config, db, settings\nfrom shopvisio.app import create_app\n"
           "app = create_app(config.load())\nwith app.app_context(), db.writing():\n"
           f"    settings.put({{'turn_urls': 'turns:{TURN}:443?transport=tcp', 'turn_secret': 'une longue phrase'}},"
           " 'tests', clock.now())")
    subprocess.run([sys.executable, "-c", put], cwd=ROOT, env=town.served.env, check=True)
    town.served.start()
    talk = town.talk(customers, staff)
    pair = talk.marie.evaluate(CHOSEN)
    relay.kill()
    relay.communicate()
    print(pair)
    assert (pair["candidateType"], pair["relayProtocol"]) == ("relay", "tls")
