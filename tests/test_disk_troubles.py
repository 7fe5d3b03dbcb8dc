"""The disk under the running appliance gets full, or breaks and is read-only from then on: it says so, nothing is lost.

A real one: an ext4 in a file, mounted for the appliance's eyes alone; the kernel itself is told that it met a fault.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests
from conftest import PASSWORD
from test_serving import environment

from shopvisio.demo import SHOP

ROOT = Path(__file__).parent.parent
PATIENCE = 60  # seconds: a busy machine
MOUNT = 'mount -o loop,errors=remount-ro "$IMAGE" "$SHOPVISIO_DATA" && exec "$@"'
REFUSED = "le disque de la boutique ne prend plus rien"


def why_not() -> str:
    """Why this machine cannot mount a disk of its own; empty where it can."""
    missing = [tool for tool in ("unshare", "nsenter", "mkfs.ext4", "e2fsck") if shutil.which(tool) is None]
    if missing:
        return f"not installed: {', '.join(missing)}"
    if os.geteuid() or not Path("/dev/loop-control").exists():
        return "this machine lets no test mount a disk"
    done = subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False)
    return "" if done.returncode == 0 else "this machine gives no mounts of their own to a test"


pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not())


@dataclass
class Appliance:
    """Runs on a disk of its own."""

    image: Path
    env: dict[str, str]
    browser: requests.Session = field(default_factory=requests.Session)
    run: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.env['SHOPVISIO_PORT']}"

    @property
    def data(self) -> Path:
        """Its data folder, as it sees it."""
        assert self.run is not None
        return Path(f"/proc/{self.run.pid}/root{self.env['SHOPVISIO_DATA']}")

    def on_disk(self, *words: str) -> "subprocess.Popen[bytes]":
        """A command that finds the disk at the data folder, and nobody else does."""
        command = ["unshare", "--mount", "sh", "-euc", MOUNT, "sh", sys.executable, *words]
        return subprocess.Popen(command, cwd=ROOT, env=self.env, stdout=subprocess.DEVNULL)

    def start(self) -> None:
        """Up, and the owner is signed in."""
        self.run = self.on_disk("-m", "shopvisio", "serve")
        until = time.monotonic() + PATIENCE
        while self.get("/healthz", quiet=True) != (200, "ok\n"):
            assert time.monotonic() < until
            assert self.run.poll() is None
            time.sleep(0.05)
        if "/signin" in self.browser.get(f"{self.url}/desk", timeout=30).url:
            status, _text = self.send("/signin", email="owner@shop.example", password=PASSWORD)
            assert status == 200

    def stop(self) -> None:
        """Asked to end, it does."""
        assert self.run is not None
        self.run.send_signal(signal.SIGTERM)
        assert self.run.wait(30) == 0
        self.run = None

    def get(self, path: str, quiet: bool = False) -> tuple[int, str]:
        """Status and page; 0 where it does not listen yet."""
        try:
            answer = self.browser.get(self.url + path, timeout=30)
        except requests.ConnectionError:
            if quiet:
                return 0, ""
            raise
        return answer.status_code, answer.text

    def send(self, path: str, **typed: str) -> tuple[int, str]:
        """A form of the page at ``path``; status and the page that follows."""
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get(path)[1])
        assert token
        typed["csrf_token"] = token[1]
        answer = self.browser.post(self.url + path, data=typed, timeout=30)
        return answer.status_code, answer.text

    def calls_itself(self, tagline: str) -> tuple[int, str]:
        """The owner writes another line under the shop's name."""
        told = {name: SHOP[name] for name in ("shop_name", "phone", "email")}
        return self.send("/desk/setup/shop", **told, tagline=tagline)

    def break_disk(self) -> None:
        """The file system meets a fault: what the kernel does then is up to ``errors=``."""
        mounted = (line.split() for line in Path(f"/proc/{self.run.pid}/mounts").read_text().splitlines())  # type: ignore[union-attr]
        device = next(source for source, target, *_rest in mounted if target == self.env["SHOPVISIO_DATA"])
        Path(f"/sys/fs/ext4/{Path(device).name}/trigger_fs_error").write_text("a fault of the disk, says the test\n")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Appliance]:
    folder = tmp_path_factory.mktemp("disk")
    image = folder / "disk.img"
    with image.open("wb") as file:
        file.truncate(3 << 30)  # holes: it takes what is written
    subprocess.run(["mkfs.ext4", "-q", "-m", "0", "-E", "lazy_itable_init=1,root_owner=0:0", image], check=True)
    env = environment(folder) | {"SHOPVISIO_TLS_PORT": "0", "IMAGE": str(image)}
    Path(env["SHOPVISIO_DATA"]).mkdir(mode=0o700)
    made = Appliance(image, env)
    assert made.on_disk("-m", "tests.browser.stage", "0", "0").wait(PATIENCE) == 0
    made.start()
    yield made
    if made.run is not None:
        made.run.kill()
        made.run.wait()


def test_a_full_disk_is_told_to_whoever_sends_and_on_the_desk_until_there_is_room(shop: Appliance) -> None:
    assert "ne reste que" not in shop.get("/desk")[1]
    filler = shop.data / "filler"
    with filler.open("wb") as file, pytest.raises(OSError, match="No space left"):
        for size in (1 << 28, 1 << 20, 1 << 12):
            while True:
                try:
                    os.posix_fallocate(file.fileno(), file.seek(0, os.SEEK_END), size)
                except OSError:
                    if size == 1 << 12:
                        raise
                    break
    status, page = shop.calls_itself("Le disque est plein")
    assert (status, REFUSED in page) == (503, True)
    assert "Il ne reste que 0 Mo sur le disque." in shop.get("/desk")[1]
    assert shop.get("/readyz")[0] == 503
    assert shop.get("/")[0] == shop.get("/healthz")[0] == 200
    filler.unlink()
    assert shop.calls_itself("Il y a de la place")[0] == 200
    assert "Il y a de la place" in shop.get("/")[1]
    assert "ne reste que" not in shop.get("/desk")[1]


def test_a_disk_that_lets_itself_be_read_only_keeps_the_shop_readable_and_what_was_kept(shop: Appliance) -> None:
    assert shop.calls_itself("Avant la panne")[0] == 200
    shop.break_disk()
    status, page = shop.calls_itself("Pendant la panne")
    assert (status, REFUSED in page) == (503, True)
    day = shop.get("/desk")[1]
    assert "Le disque de l’appareil ne prend plus rien." in day
    assert "Ce qui y était est intact." in day
    assert "Avant la panne" in shop.get("/")[1]
    assert "ne prend plus rien" in shop.get("/desk/diagnosis")[1]
    assert shop.get("/healthz")[0] == 200
    shop.stop()
    assert subprocess.run(["e2fsck", "-p", shop.image], capture_output=True, check=False).returncode in (0, 1)
    shop.start()
    assert "Avant la panne" in shop.get("/")[1]
    assert "ne prend plus rien" not in shop.get("/desk")[1]
    assert shop.calls_itself("Après la panne")[0] == 200
    assert "Après la panne" in shop.get("/")[1]
