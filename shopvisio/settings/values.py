"""The settings as the base keeps them: read once a transaction, put strictly, with a history of who changed what."""

import json
import unicodedata
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from sqlalchemy import event, func, select
from sqlalchemy.orm import Mapped, Session, SessionTransaction, mapped_column

from shopvisio import webshops
from shopvisio.config import Config
from shopvisio.db import Base, db
from shopvisio.errors import Invalid
from shopvisio.i18n import _
from shopvisio.settings.table import CAPITAL_FORMS, GROUPS, SETTINGS, Setting


class SettingRow(Base):
    """A value that was changed from its default, as JSON."""

    __tablename__ = "setting"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class SettingChange(Base):
    """Who changed what, when. Of a secret only whether there was one. Rows of before hold its dots outside JSON."""

    __tablename__ = "setting_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    by: Mapped[str]
    name: Mapped[str]
    before: Mapped[str]
    after: Mapped[str]


def public_url(config: Config) -> str:
    """The shop's address on the internet: what the owner gave, else the installer; empty while nobody did."""
    name = get("public_name")
    return f"https://{name}" if name else config.public_url


def host(address: str) -> str:
    """The name, or the IP address, in an address like ``https://visio.example:8443``."""
    return urlsplit(address).hostname or ""


def base_url(config: Config) -> str:
    """Where people reach the shop: its public address, else this machine's on the local network."""
    return public_url(config) or config.base_url


def get(name: str) -> Any:
    """The setting's value: what was put, else its default."""
    put_ = _put()
    return json.loads(put_[name]) if name in put_ else SETTINGS[name].default


def _put() -> dict[str, str]:
    """What was put, asked once a transaction: within one, nobody else's change is seen anyway."""
    kept = db.session.info.get("settings")
    if kept is None:
        kept = {name: value for name, value in db.session.execute(select(SettingRow.name, SettingRow.value))}
        db.session.info["settings"] = kept
    found: dict[str, str] = kept
    return found


@event.listens_for(db.session, "after_transaction_end")
def _forget(session: Session, _transaction: SessionTransaction) -> None:
    session.info.pop("settings", None)


def read(typed: Mapping[str, str]) -> dict[str, Any]:
    """What was typed, as values. Raises Invalid naming each field that cannot be used."""
    values: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for name, text in typed.items():
        setting = SETTINGS[name]
        try:
            values[name] = setting.read(text)
            if setting.needed and values[name] == "":
                wrong[name] = _("Nécessaire pour vos factures.")
        except ValueError as error:
            wrong[name] = str(error)
    wrong |= {name: why for name, why in _together(values).items() if name in typed}
    if wrong:
        raise Invalid(_("Quelques réponses sont à corriger."), wrong)
    return values


def _together(values: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong only in view of another setting."""

    def value(name: str) -> Any:
        return values.get(name, get(name))

    wrong = {}
    if value("vat_regime") == "standard" and not value("vat_number"):
        wrong["vat_number"] = _("Nécessaire quand la boutique facture la TVA.")
    if value("legal_form") in CAPITAL_FORMS and not value("capital"):
        wrong["capital"] = _("Nécessaire pour une société.")
    if value("web_shop") in webshops.KINDS and not value("web_shop_url"):
        wrong["web_shop_url"] = _("Nécessaire pour y remplir le panier.")
    if value("web_shop") == "own" and not value("web_shop_pattern"):
        wrong["web_shop_pattern"] = _("Nécessaire pour y remplir le panier.")
    for name in ("s3_bucket", "s3_key", "s3_secret"):
        if value("s3_url") and not value(name):
            wrong[name] = _("Nécessaire pour envoyer les sauvegardes.")
    if value("turn_urls") and not value("turn_secret") and not (value("turn_user") and value("turn_password")):
        wrong["turn_urls"] = _("Donnez aussi le secret partagé, ou le compte et son mot de passe.")
    return wrong


def put(typed: Mapping[str, str], by: str, now: datetime) -> list[str]:
    """Keep what was typed, with its history; answers the names that changed. Raises Invalid, changing nothing."""
    changed = []
    for name, value in read(typed).items():
        before = get(name)
        if value == before:
            continue
        changed.append(name)
        row = db.session.get(SettingRow, name) or SettingRow(name=name)
        row.value = json.dumps(value)
        db.session.add(row)
        hidden = SETTINGS[name].secret
        db.session.add(
            SettingChange(
                at=now,
                by=by,
                name=name,
                before=json.dumps("•••" if hidden and before else before, ensure_ascii=False),
                after=json.dumps("•••" if hidden and value else value, ensure_ascii=False),
            )
        )
    db.session.flush()
    db.session.info.pop("settings", None)
    return changed


def changes(name: str, before: int | None, limit: int) -> list[SettingChange]:
    """The latest changes of one setting, or of all, or those before one; newest first."""
    found = select(SettingChange).order_by(SettingChange.id.desc()).limit(limit)
    found = found.where(SettingChange.name == name) if name else found
    return list(db.session.scalars(found.where(SettingChange.id < before) if before else found))


def last_changes(names: Collection[str]) -> dict[str, SettingChange]:
    """The latest change of each of these settings that was changed at all."""
    latest = select(func.max(SettingChange.id)).where(SettingChange.name.in_(names)).group_by(SettingChange.name)
    return {one.name: one for one in db.session.scalars(select(SettingChange).where(SettingChange.id.in_(latest)))}


def search(words: str) -> list[Setting]:
    """The settings whose label, help, group or choices hold every word, whatever its accents and case; those whose
    label holds them come first."""
    wanted = plain(words).split()
    found = [one for one in SETTINGS.values() if all(word in _all_words(one) for word in wanted)]
    return sorted(found, key=lambda one: not all(word in plain(str(one.label)) for word in wanted))


def _all_words(setting: Setting) -> str:
    choices = " ".join(map(str, setting.choices.values())) if setting.choices else ""
    return plain(f"{setting.label} {setting.help} {GROUPS[setting.group]} {choices} {setting.name}")


def plain(text: str) -> str:
    """Without accents and capitals, typographic apostrophes as they are typed."""
    bare = "".join(sign for sign in unicodedata.normalize("NFD", text) if not unicodedata.combining(sign))
    return bare.lower().replace("’", "'")


TEST = "test-mode"  # no setting: what a base is, from its first day on


def is_test() -> bool:
    """Whether this base was made in the test mode: nothing in it is real, and it never becomes so."""
    return bool(kept(TEST))


def mark_test() -> None:
    """This new base is one of the test mode, for good."""
    keep(TEST, True)


def kept(name: str) -> Any:
    """What the appliance itself noted under this name, no setting of the table; None when it did not."""
    return json.loads(_put().get(name, "null"))


def keep(name: str, value: Any) -> None:
    """Note it, in the caller's write."""
    row = db.session.get(SettingRow, name) or SettingRow(name=name)
    row.value = json.dumps(value)
    db.session.add(row)
    db.session.flush()
    db.session.info.pop("settings", None)


def note_change(name: str, by: str, now: datetime) -> None:
    """In the history, that something was changed whose value is nobody's to read."""
    db.session.add(SettingChange(at=now, by=by, name=name, before="•••", after="•••"))
    db.session.flush()


def zone() -> ZoneInfo:
    """The shop's time zone."""
    return ZoneInfo(get("zone"))


def missing() -> list[Setting]:
    """The settings that papers need and nobody has given."""
    lacking = [setting for setting in SETTINGS.values() if setting.needed and get(setting.name) == ""]
    return lacking + [SETTINGS[name] for name in _together({})]
