"""Small internets for the tests: each machine a network namespace of its own, cables between them, real browsers.

Made by root alone, from names that carry the test's process number; everything goes when the block ends.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Error, Page, Playwright

ROOT = Path(__file__).parents[2]
CHROMIUM = "/usr/bin/chromium"
PORT = 8443     # Chromium refuses candidates below 1024 at private addresses
ARGUMENTS = (
    "--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", "--disable-gpu",
    "--disable-quic", "--disable-background-networking", "--autoplay-policy=no-user-gesture-required",
    "--ignore-certificate-errors",
)


def why_not() -> str:
    """Why this machine cannot make networks; empty where it can."""
    missing = [tool for tool in ("ip", "iptables", "ip6tables", CHROMIUM) if shutil.which(tool) is None]
    if missing:
        return f"not installed: {', '.join(missing)}"
    name = f"sv{os.getpid()}try"
    if os.geteuid() or subprocess.run(["ip", "netns", "add", name], capture_output=True).returncode:
        return "this machine gives no network namespaces to a test"
    subprocess.run(["ip", "netns", "del", name], check=True)
    return ""


@dataclass
class Machine:
    """One namespace: a computer, or a router."""

    name: str

    @property
    def enter(self) -> tuple[str, ...]:
        """Before a command, to have it run there."""
        return ("ip", "netns", "exec", self.name)

    def run(self, *words: str) -> str:
        """A command on it; what it printed."""
        done = subprocess.run([*self.enter, *words], capture_output=True, text=True)
        assert done.returncode == 0, (words, done.stderr)
        return done.stdout

    def start(self, *words: str) -> "subprocess.Popen[str]":
        """A process on it."""
        return subprocess.Popen(
            [*self.enter, *words], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def route(self, via: str) -> None:
        """Everything unknown goes there."""
        self.run("ip", *(["-6"] if ":" in via else []), "route", "add", "default", "via", via)

    @contextmanager
    def asleep(self) -> Iterator[None]:
        """Nothing runs on it, but the clock goes on: a telephone in a pocket. Nobody may ask its pages meanwhile."""
        told = subprocess.run(["ip", "netns", "pids", self.name], capture_output=True, text=True, check=True).stdout
        pids = [int(pid) for pid in told.split()]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    def drops_udp(self) -> None:
        """No UDP gets in or out."""
        for tool in ("iptables", "ip6tables"):
            for chain in ("INPUT", "OUTPUT"):
                self.run(tool, "-A", chain, "-p", "udp", "-j", "DROP")

    def loses(self, share: float, sender: str = "0/0") -> None:
        """This share of the UDP packets that come in from there. Dropped on the way out it would be told to who sends,
        and Chromium sends at once what was refused."""
        self.run("iptables", "-A", "INPUT", "-s", sender, "-p", "udp", "-m", "statistic", "--mode", "random",
                 "--probability", str(share), "-j", "DROP")

    def translates(self, cable: str, *how: str) -> None:
        """A router that hides its house behind its own address on that cable."""
        self.run("sysctl", "-qw", "net.ipv4.ip_forward=1")
        self.run("iptables", "-t", "nat", "-A", "POSTROUTING", "-o", cable, "-j", "MASQUERADE", *how)

    def forwards(self, cable: str, to: str) -> None:
        """The port of the shop comes in through this router."""
        for kind in ("tcp", "udp"):
            self.run("iptables", "-t", "nat", "-A", "PREROUTING", "-i", cable, "-p", kind, "--dport", str(PORT),
                     "-j", "DNAT", "--to-destination", f"{to}:{PORT}")


@dataclass
class Internet:
    """Machines and cables."""

    machines: list[Machine] = field(default_factory=list)

    def machine(self) -> Machine:
        """A new one, with nothing but loopback."""
        made = Machine(f"sv{os.getpid()}n{len(self.machines)}")
        subprocess.run(["ip", "netns", "add", made.name], check=True)
        self.machines.append(made)
        made.run("ip", "link", "set", "lo", "up")
        made.run("sysctl", "-qw", "net.ipv6.conf.default.accept_dad=0")     # else browsers see the network change
        return made

    def switch(self, *ends: tuple[Machine, str, str]) -> None:
        """One network: each end is a machine, the name of its cable there, and its address with its length."""
        middle = self.machine()
        middle.run("ip", "link", "add", "middle", "type", "bridge")
        middle.run("ip", "link", "set", "middle", "up")
        for number, (machine, cable, address) in enumerate(ends):
            machine.run("ip", "link", "add", cable, "type", "veth", "peer", "name", f"port{number}",
                        "netns", middle.name)
            middle.run("ip", "link", "set", f"port{number}", "master", "middle", "up")
            machine.run("ip", "address", "add", address, "dev", cable, *(["nodad"] if ":" in address else []))
            machine.run("ip", "link", "set", cable, "up")


@contextmanager
def internet() -> Iterator[Internet]:
    """An empty one; gone at the end, with everything that still runs on it."""
    made = Internet()
    try:
        yield made
    finally:
        for machine in made.machines:
            for process in machine.run("ip", "netns", "pids", machine.name).split():
                subprocess.run(["kill", "-9", process], stderr=subprocess.DEVNULL)      # it may be gone
            subprocess.run(["ip", "netns", "del", machine.name], check=True)


@contextmanager
def shop(machine: Machine, folder: Path, *advertised: str) -> Iterator[None]:
    """The shop serves on this machine."""
    process = machine.start(sys.executable, "-m", "tests.rtc.shop", str(folder), str(PORT), *advertised)
    try:
        assert process.stdout
        assert process.stdout.readline() == "serving\n"
        yield
    finally:
        process.terminate()
        process.communicate()


def stats(machine: Machine) -> Any:
    """The relay's figures, asked on the shop's own machine."""
    ask = ("import ssl,urllib.request as u;print(u.urlopen('https://localhost:8443/stats',timeout=5,"
           "context=ssl._create_unverified_context()).read().decode())")
    return json.loads(machine.run(sys.executable, "-c", ask))


def browser(playwright: Playwright, machine: Machine, folder: Path, film: Path) -> Browser:
    """Chromium on this machine, with this film as its camera."""
    wrapper = folder / f"chromium-{machine.name}"
    wrapper.write_text(f'#!/bin/sh\nexec {" ".join(machine.enter)} {CHROMIUM} "$@"\n')
    wrapper.chmod(0o700)
    return playwright.chromium.launch(
        executable_path=wrapper, args=[*ARGUMENTS, f"--use-file-for-fake-video-capture={film}"])


@contextmanager
def firefox(machine: Machine, folder: Path) -> Iterator[Callable[[str, str], Any]]:
    """ask(what, given) of a Firefox on this machine: see ``firefox.py``."""
    process = machine.start(sys.executable, "-m", "tests.rtc.firefox", str(folder))
    assert process.stdin
    assert process.stdout

    def answer() -> Any:
        told = json.loads(process.stdout.readline())       # type: ignore[union-attr]
        assert "value" in told, told
        return told["value"]

    def ask(what: str, given: str) -> Any:
        process.stdin.write(json.dumps({what: given}) + "\n")      # type: ignore[union-attr]
        process.stdin.flush()       # type: ignore[union-attr]
        return answer()

    try:
        assert answer() == "ready"
        yield ask
    finally:
        process.stdin.close()
        process.wait(20)
        process.stdout.close()


def visit(browser: Browser, host: str, seat: str) -> Page:
    """The shop's page, ready to enter."""
    page = browser.new_context(ignore_https_errors=True).new_page()
    go(page, f"https://{host}:{PORT}/?room=room&seat={seat}&sharp")
    page.wait_for_function("window.ready")
    return page


def go(page: Page, url: str) -> None:
    """To this page; a cable that has just been plugged in makes Chromium give up, and say so."""
    for _try in range(5):
        try:
            page.goto(url)
            break
        except Error as error:
            if "ERR_NETWORK_CHANGED" not in error.message:
                raise
            page.wait_for_timeout(500)
