"""Who did what to the shop itself, and when: added to, never changed; for the owner to read.

Here stand accounts, access and the appliance; what happens to a case stands in its journal. A line names who acted and
what it was about: never what was typed, no address, nothing of a customer.
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from shopvisio.db import Base, db
from shopvisio.i18n import lazy
from shopvisio.settings import Text

KEPT = timedelta(days=365)

KINDS: Mapping[str, Text] = {
    "in": lazy("Connexion, {device}"),
    "refused": lazy("Connexion refusée : mot de passe"),
    "code_refused": lazy("Connexion refusée : code"),
    "passkey_used": lazy("Connexion par la clé d’accès {name}"),
    "passkey_refused": lazy("Connexion refusée : clé d’accès"),
    "passkey_on": lazy("Clé d’accès ajoutée : {name}"),
    "passkey_off": lazy("Clé d’accès retirée : {name}"),
    "passkeys_off": lazy("Clés d’accès retirées : {whose}"),
    "recovery": lazy("Connexion par un code de secours ; il en reste {left}"),
    "out": lazy("Déconnexion"),
    "ended": lazy("Connexions fermées : {whose}"),
    "password": lazy("Nouveau mot de passe : {whose}"),
    "password_offered": lazy("Lien pour un nouveau mot de passe : {whose}"),
    "password_chosen": lazy("Nouveau mot de passe choisi par le lien"),
    "second_on": lazy("Connexion en deux étapes mise en place"),
    "second_off": lazy("Connexion en deux étapes retirée : {whose}"),
    "recovery_new": lazy("Nouveaux codes de secours"),
    "invited": lazy("Invitation : {whose}, {role}"),
    "uninvited": lazy("Invitation retirée : {whose}"),
    "joined": lazy("Compte créé par son invitation, {role}"),
    "role": lazy("Rôle changé : {whose}, {role}"),
    "gone": lazy("Accès fermé : {whose}"),
    "back": lazy("Accès rouvert : {whose}"),
    "claimed": lazy("Boutique installée"),
    "settings": lazy("Réglages changés : {names}"),
    "look": lazy("Logo changé"),
    "recovery_key": lazy("Clé de secours des sauvegardes faite et affichée"),
    "backup_taken": lazy("Sauvegarde téléchargée, {made}"),
    "feed": lazy("Nouveau lien de calendrier : {whose}"),
}


class Act(Base):
    """One line; the base itself refuses to change it, or to forget it within its year."""

    __tablename__ = "act"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    by: Mapped[str]  # the name of who acted; empty for a stranger
    kind: Mapped[str]
    facts: Mapped[str]  # JSON

    @property
    def told(self) -> dict[str, Any]:
        """The facts of the line."""
        return dict(json.loads(self.facts))


def note(kind: str, by: str, now: datetime, **facts: str | int | list[str]) -> None:
    """Add a line, in the caller's write; ``kind`` is a word of KINDS, ``facts`` what its sentence names."""
    assert kind in KINDS, kind
    db.session.add(Act(at=now, by=by, kind=kind, facts=json.dumps(facts, ensure_ascii=False)))
    db.session.flush()


def before(line: int | None, limit: int) -> list[Act]:
    """The latest lines, or those before one, newest first."""
    found = select(Act).order_by(Act.id.desc()).limit(limit)
    return list(db.session.scalars(found.where(Act.id < line) if line else found))


def purge() -> None:
    """Forget what happened more than a year before the latest line."""
    latest = db.session.scalar(select(func.max(Act.at)))
    if latest:
        db.session.execute(delete(Act).where(Act.at < latest - KEPT))
