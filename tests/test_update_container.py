"""The same updates where a container engine is: a stand-in notes each command, and keeps images and one container.

An image is a folder, the container a process of this machine; the installer's own container way is what runs.
"""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_update import ROOT, Stage

DOCKER = '''#!{python}
# Stands in for the engine: see the head of the test.
import json, os, pathlib, shutil, signal, subprocess, sys
STAGE = pathlib.Path({stage!r})
IMAGES, PID, NOTE = STAGE / "images", STAGE / "pid", STAGE / "env.json"
words = sys.argv[1:]
with (STAGE / "docker.log").open("a") as log:
    log.write(json.dumps(words) + "\\n")
def image(name):
    return IMAGES / (name.partition(":")[2] or "latest")
def options(words):
    """What stands before the image: pairs but for the flags; then the image and the command."""
    told, rest = [], list(words)
    while rest[0].startswith("-"):
        flag = rest.pop(0)
        told.append((flag, "" if flag in ("--rm", "--read-only", "--detach", "-d", "-i") else rest.pop(0)))
    return told, rest[0], rest[1:]
def environment(told, name):
    env = dict(os.environ, PYTHONSAFEPATH="1", PYTHONPATH=str(image(name)))
    for flag, value in told:
        if flag == "--env-file":
            env.update(line.split("=", 1) for line in open(value).read().splitlines() if "=" in line)
    env.update(value.split("=", 1) for flag, value in told if flag == "--env")
    mounts = dict(value.split(":")[1::-1] for flag, value in told if flag == "--volume")
    env["SHOPVISIO_DATA"] = mounts[env["SHOPVISIO_DATA"]]  # as it is called inside
    return env
def is_running():
    try:
        os.kill(int(PID.read_text()), 0)
    except (OSError, ValueError):
        return False
    return pathlib.Path(f"/proc/{{PID.read_text()}}/stat").read_text().split()[2] != "Z"
def stop():
    if PID.exists():
        try:
            os.kill(int(PID.read_text()), signal.SIGKILL)
        except OSError:
            pass
        PID.unlink()
def main():
    match words:
        case ["info"]:
            pass
        case ["build", *_, tag, here]:
            shutil.rmtree(image(tag), ignore_errors=True)
            shutil.copytree(pathlib.Path(here) / "shopvisio", image(tag) / "shopvisio")
        case ["image", "inspect", name]:
            sys.exit(not image(name).exists())
        case ["tag", old, new]:
            shutil.rmtree(image(new), ignore_errors=True)
            shutil.copytree(image(old), image(new))
        case ["run", *more]:
            told, name, command = options(more)
            env = environment(told, name)
            if command:  # shopvisio check
                sys.exit(subprocess.run([sys.executable, "-m", *command], env=env).returncode)
            NOTE.write_text(json.dumps(env))
            run = subprocess.Popen([sys.executable, "-m", "shopvisio", "serve"], env=env, start_new_session=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            PID.write_text(str(run.pid))
        case ["stop" | "rm", *_]:
            stop()
        case ["exec", "-i", _, "python", *more]:
            if not is_running():
                sys.exit("the container is not running")
            env = json.loads(NOTE.read_text())
            if more[0] == "-I":  # the real probe
                more, env["PYTHONPATH"] = more[1:], {root!r}
            sys.exit(subprocess.run([sys.executable, *more], env=env).returncode)
        case ["rmi", "--force", name]:
            shutil.rmtree(image(name), ignore_errors=True)
        case ["logs", *_]:
            print("its last words")
        case _:
            sys.exit(f"unknown: {{words}}")
main()
'''


class Engine(Stage):
    """A machine with a container engine."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        (folder / "systemd").rmdir()
        self._program("bin/docker", DOCKER.format(python=sys.executable, stage=str(folder), root=str(ROOT)))
        script = folder / "install.sh"
        script.write_text(script.read_text().replace("choose_layout() { layout=native; }\n", ""))

    def serving(self) -> str:
        """The version that the image of the name alone holds."""
        text = (self.folder / "images/latest/shopvisio/__main__.py").read_text()
        return text.split("NAME, MODE = ")[1].split("'")[1]

    def told(self) -> list[list[str]]:
        """What the engine was told, in order."""
        return [json.loads(line) for line in (self.folder / "docker.log").read_text().splitlines()]

    def stop(self) -> None:
        """The container is gone."""
        subprocess.run([self.folder / "bin/docker", "stop"], check=True)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = Engine(tmp_path)
    made.checkout("one")
    done = made.install()
    assert done.returncode == 0, done.stderr
    assert made.said() == ["serving one"]
    yield made
    made.stop()


def test_the_container_may_do_little_and_keeps_its_data_outside(engine: Engine) -> None:
    run = next(words for words in engine.told() if words[:2] == ["run", "--detach"])
    told = shlex.join(run)
    for wanted in (
        "--restart unless-stopped", "--user 10001:10001", "--read-only", "--cap-drop ALL", "--memory 1500m",
        "--security-opt no-new-privileges:true", "--pids-limit 256", "--log-driver local", "--log-opt max-size=10m",
        f"--volume {engine.data}:/data", f"--publish {engine.port}:{engine.port}", "--publish 8443:8443/udp",
    ):  # fmt: skip
        assert wanted in told
    assert "docker.sock" not in told
    assert run[-1] == "shopvisio"


def test_a_new_version_takes_its_place_once_it_was_tried_and_one_may_go_back(engine: Engine) -> None:
    before = len(engine.told())
    engine.checkout("two")
    done = engine.install()
    assert done.returncode == 0, done.stderr
    assert (engine.serving(), engine.is_up(), engine.said()) == ("two", True, ["serving one", "serving two"])
    acts = [words for words in engine.told()[before:] if words[0] in ("build", "run", "stop", "tag")]
    assert [words[0] for words in acts] == ["build", "run", "stop", "tag", "tag", "run"]
    rehearsal = shlex.join(acts[1])
    assert rehearsal.endswith("shopvisio:next shopvisio check")
    assert "--network none" in rehearsal, "it is tried beside the one that serves, on a copy, and asks nobody"
    done = engine.install("--rollback")
    assert done.returncode == 0, done.stderr
    assert (engine.serving(), engine.is_up()) == ("one", True)
    assert engine.said() == ["serving one", "serving two", "serving one"]


@pytest.mark.parametrize(
    "mode",
    [
        "unready",
        *(
            pytest.param(mode, marks=[
                pytest.mark.long,
                pytest.mark.skipif("SHOPVISIO_LONG" not in os.environ, reason="as natively: run by tests/long"),
            ])
            for mode in ("exits", "hangs")
        ),
    ],
)  # fmt: skip
def test_a_version_that_does_not_become_ready_is_taken_back_with_its_data(engine: Engine, mode: str) -> None:
    engine.checkout("two", mode)
    done = engine.install(patience=4)
    assert done.returncode == 1
    assert "the version of before serves the data of before" in done.stderr
    assert "its last words" in done.stdout + done.stderr
    assert (engine.serving(), engine.is_up()) == ("one", True)
    assert engine.said() == ["serving one", "serving one"], "what the failed version wrote is gone"


def test_a_version_whose_migration_raises_never_stops_the_shop(engine: Engine) -> None:
    before = len(engine.told())
    pid = (engine.folder / "pid").read_text()
    engine.checkout("two", "migration")
    done = engine.install()
    assert done.returncode == 1
    assert "Nothing was changed" in done.stderr
    assert (engine.serving(), engine.is_up(), engine.said()) == ("one", True, ["serving one"])
    assert {words[0] for words in engine.told()[before:]}.isdisjoint({"stop", "rm", "tag"})
    os.kill(int(pid), 0)  # it went on all the time


def test_what_is_uninstalled_leaves_its_data_and_settings(engine: Engine) -> None:
    done = engine.install("--uninstall")
    assert done.returncode == 0, done.stderr
    assert (engine.program.exists(), engine.is_up()) == (False, False)
    assert (engine.said(), (engine.folder / "settings").exists()) == (["serving one"], True)
    removed = [words[-1] for words in engine.told() if words[0] == "rmi"]
    assert removed == [f"shopvisio:{tag}" for tag in ("latest", "next", "before", "after", "failed")]
