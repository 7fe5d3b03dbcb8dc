"""What is written is true: settings, commands, events and links of the documents."""

import re
from pathlib import Path

from shopvisio import cli
from shopvisio.web.senders import MAY_SEND
from shopvisio.web.signalling import EVENTS, GESTURES

ROOT = Path(__file__).parent.parent
INSTALLER = (ROOT / "docs/installer.md").read_text()


def test_every_setting_of_the_deployment_is_documented_and_no_other() -> None:
    read = set(re.findall(r"SHOPVISIO_[A-Z_]+", (ROOT / "shopvisio/config.py").read_text()))
    told = set(re.findall(r"`(SHOPVISIO_[A-Z_]+)", INSTALLER))
    assert told == read


def test_every_command_is_documented() -> None:
    told = set(re.findall(r"`shopvisio ([a-z][a-z-]*)", INSTALLER))
    assert told == set(cli.main.commands)


def test_the_sockets_two_halves_and_their_table_name_the_same_events() -> None:
    table = (ROOT / "shopvisio/web/signalling.py").read_text().split('"""')[1]
    sent, told = table.split("server -> client:")
    twin = (ROOT / "shopvisio/web/static/call/protocol.js").read_text()
    assert set(re.findall(r"^    ([a-z]+) +\{", sent, re.M)) == {*EVENTS, *GESTURES}
    for event in re.findall(r"^    ([a-z]+) ", told, re.M):
        if event != "desk":  # for the desk's own page
            assert f'"{event}"' in twin, event


def test_every_event_names_who_may_send_it() -> None:
    """One that ``senders.MAY_SEND`` does not name is shut to everybody."""
    assert set(MAY_SEND) == {*EVENTS, *GESTURES}


def test_the_documents_lead_somewhere() -> None:
    for document in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        for target in re.findall(r"\]\(([^)#]+)\)", document.read_text()):
            if "://" not in target:
                assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_nothing_is_loaded_from_elsewhere() -> None:
    """Neither page, style nor script names another host."""
    for kind in ("*.html", "*.css", "*.js"):
        for path in (ROOT / "shopvisio/web").rglob(kind):
            if "vendor" in path.parts:
                continue
            found = [
                url for url in re.findall(r"https?://[^\s\"'<>{}|)]+", path.read_text()) if "www.w3.org" not in url
            ]
            assert [url for url in found if "example" not in url] == [], path


def test_no_page_has_a_script_or_a_style_of_its_own() -> None:
    for path in (ROOT / "shopvisio/web/templates").rglob("*.html"):
        text = path.read_text()
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", text), path
