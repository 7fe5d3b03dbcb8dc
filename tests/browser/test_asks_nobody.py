"""Nothing leaves the appliance that the shop did not ask for: every packet is counted, on a machine of its own.

Its route leads to a router that notes nothing and answers nobody; its pages are asked for on the machine itself.
"""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import PASSWORD
from rtc.networks import Machine, internet, why_not

from .conftest import ROOT, Served

WHY_NOT = why_not()
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif("SHOPVISIO_LONG" not in os.environ, reason="a minute of waiting: run by tests/long"),
    pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT),
]
A_WHILE = 70  # seconds: whatever it does every minute or at its start has been done by then
VISITOR = f"""
import re, requests
home = "http://127.0.0.1:8080"
with requests.Session() as browser:
    for page in ("/", "/book/1", "/signin", "/legal/terms"):
        assert browser.get(home + page).status_code == 200, page
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get(home + "/signin").text)[1]
    typed = {{"csrf_token": token, "email": "owner@shop.example", "password": {PASSWORD!r}}}
    assert browser.post(home + "/signin", data=typed).url.endswith("/desk")
    for page in ("/desk", "/desk/diagnosis", "/desk/reach", "/desk/certificate", "/desk/settings/network", "/readyz"):
        assert browser.get(home + page).status_code == 200, page
"""


def left(machine: Machine) -> int:
    """How many packets of TCP and UDP have left it."""
    told = "".join(machine.run(tool, "-nvxL", "OUTPUT") for tool in ("iptables", "ip6tables"))
    return sum(int(found) for found in re.findall(r"^\s*(\d+)\s+\d+\s+.*!lo", told, re.M))


def test_a_shop_that_named_nobody_sends_nothing_to_anybody(tmp_path: Path) -> None:
    with internet() as net:
        house, router = net.machine(), net.machine()
        net.switch((house, "lan", "192.168.1.10/24"), (router, "lan", "192.168.1.1/24"))
        house.route("192.168.1.1")
        for tool in ("iptables", "ip6tables"):
            for kind in ("tcp", "udp"):
                house.run(tool, "-A", "OUTPUT", "!", "-o", "lo", "-p", kind)
        env = {**os.environ, "SHOPVISIO_DATA": str(tmp_path / "data"), "SHOPVISIO_PORT": "8080",
               "SHOPVISIO_TLS_PORT": "8443"}  # fmt: skip
        stage = [*house.enter, sys.executable, "-m", "tests.browser.stage", "1", "1"]
        subprocess.run(stage, cwd=ROOT, env=env, check=True, timeout=120, stdout=subprocess.DEVNULL)
        served = Served("", 8443, env, tmp_path / "log", on=house.enter)
        served.start()
        try:
            house.run(sys.executable, "-c", VISITOR)
            time.sleep(A_WHILE)
            assert left(house) == 0
            ask = "import socket as s; s.socket(s.AF_INET, s.SOCK_DGRAM).sendto(b'?', ('192.0.2.1', 53))"
            house.run(sys.executable, "-c", ask)
            assert left(house) == 1, "a packet is counted when there is one"
        finally:
            served.stop()
