"""The owner of a busy appliance: brings five thousand products in, again and again, by the pages for it."""

import http.client
import os
import re
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.bench.dial import sign_in

ROWS = 5_000
EVERY = 5.0     # seconds between two files: each is looked at, and written once the one before is
PAGE = "/desk/products/import"
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
FAR = re.compile(r'<progress max="\d+" value="(\d+)"')


class Owner:
    """Signed in; ``kept`` is how many products were written so far."""

    def __init__(self, host: str) -> None:
        self._line, self._cookie = http.client.HTTPConnection(host, timeout=60), sign_in(host, "owner")
        self._running, self._before, self._far = "", 0, 0

    @property
    def kept(self) -> int:
        return self._before + self._far

    def bring(self, turn: int) -> None:
        """A file comes in and is looked at; it is begun unless one before is still being written."""
        lines = [f"Lampe Océan arrivage {n};N-{n:05};{10 + turn % 80},{n % 100:02};5" for n in range(ROWS)]
        page = self._ask("POST", PAGE, _form("\n".join(["Nom;Référence;Prix;Stock", *lines]), self._token(PAGE)))
        if not self._running:
            self._running = page
            self._ask("POST", f"{page}/start", _form("", self._token(page)))

    def look(self) -> None:
        """How far the one that runs is."""
        if not self._running:
            return
        found = FAR.search(self._get(self._running))
        if found:
            self._far = int(found[1])
        else:
            self._running, self._before, self._far = "", self._before + ROWS, 0

    def _token(self, path: str) -> str:
        found = TOKEN.search(self._get(path))
        assert found
        return found[1]

    def _get(self, path: str) -> str:
        self._line.request("GET", path, headers={"Cookie": self._cookie})
        answer = self._line.getresponse()
        text = answer.read().decode()
        assert answer.status == 200, (path, answer.status)
        self._cookie = (answer.getheader("Set-Cookie") or self._cookie).partition(";")[0]
        return text

    def _ask(self, method: str, path: str, form: tuple[str, bytes]) -> str:
        """Where it leads."""
        self._line.request(method, path, form[1], {"Content-Type": form[0], "Cookie": self._cookie})
        answer = self._line.getresponse()
        said = answer.read()
        assert answer.status == 303, (answer.status, said[:500])
        return (answer.getheader("Location") or "").removeprefix(f"http://{self._line.host}:{self._line.port}")


def _form(file: str, token: str) -> tuple[str, bytes]:
    """Its content type, and its bytes."""
    edge = secrets.token_hex(8)
    parts = [f'--{edge}\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{token}\r\n']
    if file:
        head = 'Content-Disposition: form-data; name="file"; filename="catalogue.csv"\r\nContent-Type: text/csv'
        parts.append(f"--{edge}\r\n{head}\r\n\r\n{file}\r\n")
    return f"multipart/form-data; boundary={edge}", "".join([*parts, f"--{edge}--\r\n"]).encode()


@contextmanager
def importing(host: str, products: list[float]) -> Iterator[None]:
    """While it lasts; in the end, how many products were written a second. The owner has a machine of their own."""
    owner, over, began = Owner(host), threading.Event(), time.monotonic()

    def work() -> None:
        os.nice(19)      # this thread's alone (Linux)
        for turn in range(1_000_000):
            due = time.monotonic() + EVERY
            with suppress(OSError, http.client.HTTPException):
                owner.bring(turn)
            while time.monotonic() < due:
                if over.wait(1):
                    return
                with suppress(OSError, http.client.HTTPException):
                    owner.look()

    working = threading.Thread(target=work)
    working.start()
    try:
        yield
    finally:
        over.set()
        working.join()
        products.append(owner.kept / (time.monotonic() - began))
