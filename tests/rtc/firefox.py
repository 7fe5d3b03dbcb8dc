"""Firefox, moved by WebDriver BiDi from a process beside it: so it may live on a machine of a small internet.

    python -m tests.rtc.firefox FOLDER
    in:   one JSON object a line, {"go": URL} or {"run": JavaScript expression, awaited}
    out:  the answer to each, {"value": …} or {"fault": …}; first of all {"value": "ready"}
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from simple_websocket import Client

FIREFOX = "/usr/bin/firefox-esr"
PREFERENCES = {
    "media.navigator.streams.fake": True,           # a camera and a microphone that nobody has to own
    "media.navigator.permission.disabled": True,    # somebody who answers the browser's question with yes
    "media.autoplay.default": 0,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "app.update.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "browser.shell.checkDefaultBrowser": False,
}


class _Socket(Client):
    """Firefox wants the port in the name of the host."""

    def handshake(self) -> None:
        self.host = f"{self.host}:{self.port}"
        super().handshake()


class Firefox:
    """A browser with one page."""

    def __init__(self, folder: Path) -> None:
        profile = folder / "profile"
        profile.mkdir()
        lines = [f'user_pref("{name}", {json.dumps(value)});' for name, value in PREFERENCES.items()]
        (profile / "user.js").write_text("\n".join(lines))
        self._log = folder / "firefox.log"
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                [FIREFOX, "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0"],
                env={**os.environ, "HOME": str(folder), "MOZ_DISABLE_CONTENT_SANDBOX": "1"}, stdout=log, stderr=log)
        self._socket = _Socket(self._address() + "/session")
        self._asked = 0
        self.ask("session.new", capabilities={"alwaysMatch": {"acceptInsecureCerts": True}})
        self._page = self.ask("browsingContext.getTree")["contexts"][0]["context"]

    def _address(self) -> str:
        while self.process.poll() is None:
            if found := re.search(r"WebDriver BiDi listening on (ws://\S+)", self._log.read_text()):
                return found[1]
            time.sleep(0.1)
        raise RuntimeError("Firefox ended before it listened")

    def ask(self, method: str, **given: Any) -> Any:
        """One command; its result. Events that come meanwhile are not looked at."""
        self._asked += 1
        self._socket.send(json.dumps({"id": self._asked, "method": method, "params": given}))
        while (answer := json.loads(self._socket.receive(60) or "{}")).get("id") != self._asked:
            if not answer:
                raise TimeoutError(method)
        if answer["type"] == "error":
            raise RuntimeError(answer["message"])
        return answer["result"]

    def go(self, url: str) -> None:
        """To this page."""
        self.ask("browsingContext.navigate", context=self._page, url=url, wait="complete")

    def run(self, expression: str) -> Any:
        """The expression's value, once it has one."""
        asked = f"(async () => JSON.stringify((await ({expression})) ?? null))()"
        found = self.ask("script.evaluate", expression=asked, awaitPromise=True, target={"context": self._page})
        if found["type"] != "success":
            raise RuntimeError(found["exceptionDetails"]["text"])
        return json.loads(found["result"]["value"])


def main(folder: Path) -> None:
    """Do what is asked until nobody asks any more."""
    firefox = Firefox(folder)
    try:
        print(json.dumps({"value": "ready"}), flush=True)
        for line in sys.stdin:
            ((what, given),) = json.loads(line).items()
            try:
                answer = {"value": {"go": firefox.go, "run": firefox.run}[what](given)}
            except Exception as fault:
                answer = {"fault": str(fault)}
            print(json.dumps(answer), flush=True)
    finally:
        firefox.process.kill()


def why_not() -> str:
    """Why there is no Firefox; empty where there is."""
    return "" if shutil.which(FIREFOX) else "firefox-esr is not installed"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
