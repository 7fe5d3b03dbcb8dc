"""An update that fails is taken back by itself, and the data are as before.

The installer's own native way, from building to rolling back, on a stage: a folder for the root, a stand-in for systemd
that keeps one process running and notes what it was told, and small programs in place of the appliance's versions. Each
serves, answers /healthz and /readyz, and writes its mark into the base; the bad ones fail as real ones do.
"""

import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

VERSION = '''
import http.server, os, pathlib, sqlite3, sys, time
NAME, MODE = {name!r}, {mode!r}
data = pathlib.Path(os.environ["SHOPVISIO_DATA"])
def write(words):
    with sqlite3.connect(data / "shop.db") as base:
        base.execute("CREATE TABLE IF NOT EXISTS said (words)")
        base.execute("INSERT INTO said VALUES (?)", (words,))
    base.close()
command = sys.argv[1:2]
if command == ["check"]:
    sys.exit("the migration raises" if MODE == "migration" else 0)
if command != ["serve"]:
    print(NAME, *sys.argv[1:])
    sys.exit(0)
write("serving " + NAME)
if MODE == "exits":
    sys.exit(1)
if MODE == "hangs":
    time.sleep(600)
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(503 if MODE == "unready" and self.path == "/readyz" else 200)
        self.end_headers()
    def log_message(self, *_):
        pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["SHOPVISIO_PORT"])), Page).serve_forever()
'''
SYSTEMCTL = '''#!/bin/sh
# Stands in for systemd: one service, kept in a file of its process, its environment from the settings.
echo "$*" >>"{stage}/systemctl"
stop() {{ if [ -e "{stage}/pid" ]; then kill -9 "$(cat "{stage}/pid")" 2>/dev/null; rm -f "{stage}/pid"; fi; }}
case $* in *"disable --now"*) stop ;; esac
case $1 in
  start) set -a; . "{stage}/settings"; set +a
    PYTHONSAFEPATH=1 PYTHONPATH={stage}/opt/now/app {python} -m shopvisio serve >/dev/null 2>&1 &
    echo $! >"{stage}/pid" ;;
  stop) stop ;;
esac
'''
# what the stage lacks, or must not touch: the distribution, accounts, the real libraries, the page's address
STAND_INS = '''
need() {{ :; }}
usable() {{ :; }}
become_root() {{ :; }}
choose_layout() {{ layout=native; }}
look_around() {{ mkdir -p "$PROGRAM"; }}
own_data() {{ mkdir -p "$data"; chmod 0700 "$data"; }}
id() {{ if [ "${{1:-}}" = -u ]; then echo 0; fi; }}
chown() {{ :; }}
environment() {{ mkdir -p "$2/bin"; ln -sf {python} "$2/bin/python"; }}
importable() {{ :; }}
version_python() {{
  echo '#!/bin/sh'; echo "set -a; . $SETTINGS; PYTHONSAFEPATH=1; set +a"
  echo 'version=$(dirname "$0"); [ "$1" = -I ] && shift && export PYTHONPATH={root} && exec {python} "$@"'
  echo 'export PYTHONPATH="$version/app"; exec {python} "$@"'
}}
ports_are_free() {{ :; }}
sleep() {{ command sleep 0.1; }}
must_be_up() {{ PATIENCE=300; becomes up || die 'it does not answer'; }}
journalctl() {{ echo 'its last words'; }}
welcome() {{ say welcome; }}
'''


class Stage:
    """A machine of our own: its root, and what lies in the checkout that is installed from."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data, self.program = folder / "data", folder / "opt"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        told = {"SHOPVISIO_DATA": self.data, "SHOPVISIO_PORT": self.port, "SHOPVISIO_TLS_PORT": 0}
        (folder / "settings").write_text("".join(f"{name}={value}\n" for name, value in told.items()))
        (folder / "systemd").mkdir()
        (folder / "bin").mkdir()
        self._program("bin/systemctl", SYSTEMCTL.format(stage=folder, python=sys.executable))
        script = (ROOT / "install.sh").read_text().rpartition('{ main "$@"; exit; }')[0]
        constants = {
            "SETTINGS": folder / "settings", "PROGRAM": self.program, "COMMAND": folder / "shopvisio",
            "UNIT": folder / "unit", "SYSTEMD": folder / "systemd",
            "PATIENCE": "${PATIENCE_HERE:-300}",  # a tenth of a second each, and a look
        }  # fmt: skip
        lines = [f"{name}={value}" for name, value in constants.items()]
        stand_ins = STAND_INS.format(python=sys.executable, root=ROOT)
        self._program("install.sh", "\n".join([script, stand_ins, *lines, '{ main "$@"; exit; }', ""]))

    def _program(self, name: str, text: str) -> None:
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o755)

    def checkout(self, name: str, mode: str = "") -> None:
        """The version that lies there to be installed."""
        package = self.folder / "checkout" / "shopvisio"
        (package / "web/npm").mkdir(parents=True, exist_ok=True)
        (package / "__init__.py").write_text("")
        (package / "__main__.py").write_text(VERSION.format(name=name, mode=mode))
        installer = package / "web/npm/install"
        installer.write_text('#!/bin/sh\nmkdir -p "$2"\n')
        installer.chmod(0o755)
        (package / "web/static").mkdir(exist_ok=True)
        (self.folder / "checkout/install.sh").write_text((self.folder / "install.sh").read_text())

    def install(self, *words: str, patience: int = 300) -> "subprocess.CompletedProcess[str]":
        """What the installer says; little patience is for versions that never become ready."""
        return subprocess.run(
            ["sh", str(self.folder / "checkout/install.sh"), *words], capture_output=True, text=True, timeout=180,
            check=False,
            env={"PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}", "PATIENCE_HERE": str(patience)},
        )  # fmt: skip

    def said(self) -> list[str]:
        """What the versions wrote into the base."""
        with closing(sqlite3.connect(self.data / "shop.db")) as base:
            return [words for (words,) in base.execute("SELECT words FROM said ORDER BY rowid")]

    def serving(self) -> str:
        """The version that lies in its place."""
        text = (self.program / "now/app/shopvisio/__main__.py").read_text()
        return text.split("NAME, MODE = ")[1].split("'")[1]

    def waits_until_up(self) -> None:
        """Somebody answers, within half a minute."""
        for _try in range(300):
            if self.is_up():
                return
            time.sleep(0.1)
        raise TimeoutError

    def is_up(self) -> bool:
        """Whether somebody answers."""
        with socket.socket() as asked:
            return asked.connect_ex(("127.0.0.1", self.port)) == 0


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path)
    made.checkout("one")
    done = made.install()
    assert done.returncode == 0, done.stderr
    assert made.said() == ["serving one"]
    yield made
    subprocess.run([tmp_path / "bin/systemctl", "stop"], check=True)


def test_a_new_version_that_is_well_takes_its_place(stage: Stage) -> None:
    stage.checkout("two")
    done = stage.install()
    assert done.returncode == 0, done.stderr
    assert (stage.serving(), stage.is_up(), stage.said()) == ("two", True, ["serving one", "serving two"])


@pytest.mark.parametrize("mode", ["exits", "hangs", "unready"])
def test_a_version_that_does_not_become_ready_is_taken_back_with_its_data(stage: Stage, mode: str) -> None:
    stage.checkout("two", mode)
    done = stage.install(patience=10)
    assert done.returncode == 1
    assert "the version of before serves the data of before" in done.stderr
    assert "its last words" in done.stdout + done.stderr
    assert (stage.serving(), stage.is_up()) == ("one", True)
    assert stage.said() == ["serving one", "serving one"], "what the failed version wrote is gone"


def test_a_version_whose_migration_raises_never_stops_the_shop(stage: Stage) -> None:
    stage.checkout("two", "migration")
    told = (stage.folder / "systemctl").read_text()
    done = stage.install()
    assert done.returncode == 1
    assert "Nothing was changed" in done.stderr
    assert (stage.serving(), stage.is_up(), stage.said()) == ("one", True, ["serving one"])
    since = (stage.folder / "systemctl").read_text().removeprefix(told)
    assert "stop" not in since, "the shop went on all the time"


def test_what_was_not_ready_before_is_not_the_new_versions_fault(stage: Stage) -> None:
    """A disk that is full stays full; an update must not fail for it."""
    main = stage.program / "now/app/shopvisio/__main__.py"
    main.write_text(main.read_text().replace("MODE = 'one', ''", "MODE = 'one', 'unready'"))
    for word in ("stop", "start"):
        subprocess.run([stage.folder / "bin/systemctl", word], check=True)
    stage.waits_until_up()
    stage.checkout("two", "unready")
    done = stage.install()
    assert done.returncode == 0, done.stderr
    assert stage.serving() == "two"


def test_one_may_go_back_to_the_version_before_with_todays_data(stage: Stage) -> None:
    stage.checkout("two")
    stage.install()
    done = stage.install("--rollback")
    assert done.returncode == 0, done.stderr
    assert (stage.serving(), stage.is_up()) == ("one", True)
    assert stage.said() == ["serving one", "serving two", "serving one"]


def test_where_the_version_before_cannot_read_todays_base_one_must_say_yes(stage: Stage) -> None:
    stage.checkout("two")
    stage.install()
    before = stage.program / "before/app/shopvisio/__main__.py"
    before.write_text(before.read_text().replace("MODE = 'one', ''", "MODE = 'one', 'migration'"))
    refused = stage.install("--rollback")
    assert refused.returncode == 1
    assert (stage.serving(), stage.is_up()) == ("two", True)
    done = stage.install("--rollback", "--yes")
    assert done.returncode == 0, done.stderr
    assert (stage.serving(), stage.said()) == ("one", ["serving one", "serving one"])
    assert (stage.data / "after-update/shop.db").exists(), "today's base is set aside"


def test_what_is_uninstalled_leaves_its_data_and_settings_and_may_come_back(stage: Stage) -> None:
    done = stage.install("--uninstall")
    assert done.returncode == 0, done.stderr
    assert str(stage.data) in done.stdout
    assert (stage.program.exists(), (stage.folder / "shopvisio").exists(), stage.is_up()) == (False, False, False)
    assert (stage.folder / "settings").exists()
    again = stage.install()
    assert again.returncode == 0, again.stderr
    assert (stage.is_up(), stage.said()) == (True, ["serving one", "serving one"])
