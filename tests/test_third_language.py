"""A third language is a folder: put into a copy of the program, it is offered and used, French where it is silent."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
GERMAN = """
msgid ""
msgstr "Content-Type: text/plain; charset=utf-8\\nPlural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "Tarifs"
msgstr "Preise"

msgid "Réparer en visio"
msgstr "Reparatur per Video"

msgid "{n} jour"
msgid_plural "{n} jours"
msgstr[0] "{n} Tag"
msgstr[1] "{n} Tage"
"""
VISIT = """
import json, os
from datetime import timedelta
from zoneinfo import ZoneInfo
from shopvisio import accounts, booking, clock, config, db, demo, i18n, mail, settings
from shopvisio.app import create_app
app = create_app(config.load())
now = clock.now()
with app.app_context(), db.writing():
    settings.put(demo.SHOP | {"language": "de"}, "tests", now)
    accounts.add_staff("Claire", "claire@shop.example", demo.PASSWORD, "owner", now)
    booking.first_services()
with app.app_context(), db.writing():
    written = mail.compose("test", "a@x.example", "de", now).subject
client = app.test_client()
with i18n.use("de", ZoneInfo("Europe/Berlin")):
    said = [i18n.money(123450), i18n.n_("{n} jour", "{n} jours", 2), i18n.day(now.replace(year=2026, month=11, day=25))]
pages = {path: client.get(path, headers={"Accept-Language": "de"}).text for path in ("/", "/legal/terms")}
pages["english"] = client.get("/?lang=en").text
print(json.dumps({"languages": i18n.LANGUAGES, "said": said, "mail": written, "pages": pages}))
"""


def test_a_third_language_is_a_folder(tmp_path: Path) -> None:
    copy = tmp_path / "shopvisio"
    shutil.copytree(ROOT / "shopvisio", copy, ignore=shutil.ignore_patterns("__pycache__"))
    folder = copy / "translations/de/LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "messages.po").write_text(GERMAN)
    env = {**os.environ, "PYTHONPATH": str(tmp_path), "SHOPVISIO_DATA": str(tmp_path / "data"), "PYTHONSAFEPATH": "1"}
    done = subprocess.run([sys.executable, "-c", VISIT], env=env, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["languages"] == {"fr": "Français", "de": "Deutsch", "en": "English"}
    assert found["said"] == ["1.234,50\u00a0€", "2 Tage", "Mittwoch 25 November"]
    assert "essai" in found["mail"].lower()  # not translated: in French
    home = found["pages"]["/"]
    assert '<html lang="de">' in home
    assert ">Preise</a>" in home
    assert "Mentions légales" in home  # neither is this
    assert "0\u00a0€" in home
    assert 'hreflang="de">Deutsch</a>' in found["pages"]["english"]
    assert '<html lang="de">' in found["pages"]["/legal/terms"]
