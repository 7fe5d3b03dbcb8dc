"""Passkeys: a key that a telephone or a computer keeps for this shop, and gives only to whom it knows by finger, face
or code. It comes in alone, for it is two things at once: what one has, and who one is.

A key belongs to the name that the shop had when it was made: browsers give it to no other address.
"""

import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import ForeignKey, delete, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shopvisio.accounts import Staff
from shopvisio.db import Base, db
from shopvisio.errors import Conflict, Forbidden, Invalid, NotFound
from shopvisio.i18n import _
from shopvisio.settings import is_host

# the library is imported where it is used: 8 MB that only shops with passkeys pay for

MOST = 10  # keys of one person
NAME = 40  # signs of a name
FRESH = timedelta(minutes=5)  # between asking and answering


class Passkey(Base):
    """A key: what it is called by its browser, and the half with which one can only check."""

    __tablename__ = "passkey"

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    credential: Mapped[str] = mapped_column(unique=True)  # base64, as browsers write it
    public: Mapped[bytes]
    count: Mapped[int]  # how often it was used, where it counts at all
    host: Mapped[str]
    name: Mapped[str]
    made: Mapped[datetime]
    used: Mapped[datetime | None]

    staff: Mapped[Staff] = relationship(lazy="joined", innerjoin=True)


@dataclass(frozen=True)
class Place:
    """Where keys are made and given: the name they belong to, and the whole address a page must have."""

    host: str
    origin: str


def place(address: str) -> Place | None:
    """Of the shop's public address; None where that is no name, for then no browser makes a key."""
    parts = urlsplit(address)
    name = parts.hostname or ""
    return Place(name, address) if is_host(name) or name == "localhost" else None


@dataclass
class Challenges:
    """What a browser has to sign, once: kept in its cookie until then, noted here once it was signed."""

    signed: dict[str, datetime] = field(default_factory=dict)

    def use(self, challenge: str, asked: datetime, now: datetime) -> bytes:
        """Its bytes. Raises Forbidden when it was signed before, or its minutes are over."""
        self.signed = {old: at for old, at in self.signed.items() if now - at < FRESH}
        if challenge in self.signed or not timedelta() <= now - asked < FRESH:
            raise Forbidden(_("C’était trop long, ou déjà fait : recommencez."))
        self.signed[challenge] = now
        return urlsafe_b64decode(challenge)


def new_challenge() -> str:
    """256 random bits."""
    return urlsafe_b64encode(secrets.token_bytes(32)).decode()


def of(staff: Staff) -> list[Passkey]:
    """A colleague's keys, the oldest first."""
    return list(db.session.scalars(select(Passkey).where(Passkey.staff_id == staff.id).order_by(Passkey.id)))


# -- a key is made


def making(staff: Staff, shop: str, place: Place, challenge: str) -> str:
    """What a browser needs to make a key, as JSON. Raises Conflict when they have enough."""
    import webauthn
    from webauthn.helpers import structs

    mine = of(staff)
    if len(mine) >= MOST:
        raise Conflict(_("Vous avez déjà {n} clés d’accès : retirez-en une d’abord.", n=MOST))
    known = [urlsafe_b64decode(_padded(one.credential)) for one in mine if one.host == place.host]
    options = webauthn.generate_registration_options(
        rp_id=place.host,
        rp_name=shop or "ShopVisio",  # nobody may have named it yet
        user_id=staff.key.encode(),
        user_name=staff.email,
        user_display_name=staff.name,
        challenge=urlsafe_b64decode(challenge),
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.REQUIRED,
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[structs.PublicKeyCredentialDescriptor(id=one) for one in known],
    )
    return webauthn.options_to_json(options)


def _padded(base64: str) -> str:
    return base64 + "=" * (-len(base64) % 4)


def add(staff: Staff, name: str, made: str, place: Place, challenge: bytes, now: datetime) -> Passkey:
    """Keep the key that a browser made. Raises Invalid when it is none, or knows nobody by finger, face or code."""
    import webauthn

    try:
        found = webauthn.verify_registration_response(
            credential=made,
            expected_challenge=challenge,
            expected_rp_id=place.host,
            expected_origin=place.origin,
            require_user_verification=True,
        )
    except Exception:  # whatever was sent, it is no key
        raise Invalid(_("Cette clé n’a pas pu être gardée. Recommencez.")) from None
    credential = urlsafe_b64encode(found.credential_id).decode().rstrip("=")
    if len(of(staff)) >= MOST or db.session.scalar(select(Passkey.id).where(Passkey.credential == credential)):
        raise Invalid(_("Cette clé n’a pas pu être gardée. Recommencez."))
    kept = Passkey(staff_id=staff.id, credential=credential, public=found.credential_public_key)
    kept.count, kept.host, kept.name = found.sign_count, place.host, named(name)
    kept.made = now
    db.session.add(kept)
    db.session.flush()
    return kept


def named(typed: str) -> str:
    """What a key is called by its owner. Raises Invalid (field ``name``)."""
    name = " ".join(typed.split())
    if not name or len(name) > NAME:
        why = _("Un nom pour la reconnaître, de {n} signes au plus.", n=NAME)
        raise Invalid(why, {"name": why})
    return name


# -- a key comes in


def asking(place: Place, challenge: str) -> str:
    """What a browser needs to give a key, as JSON: any that it has for this shop, so that nobody is named."""
    import webauthn
    from webauthn.helpers import structs

    options = webauthn.generate_authentication_options(
        rp_id=place.host,
        challenge=urlsafe_b64decode(challenge),
        user_verification=structs.UserVerificationRequirement.REQUIRED,
    )
    return webauthn.options_to_json(options)


def check(given: dict[str, Any], text: str, place: Place, challenge: bytes, now: datetime) -> Passkey:
    """The key that a browser gave, as JSON (``given`` and ``text``). Raises Forbidden when it opens nothing here."""
    import webauthn

    name = given.get("id")
    known = db.session.scalar(select(Passkey).where(Passkey.credential == name)) if isinstance(name, str) else None
    if known is None or known.host != place.host or not known.staff.active or not _is_theirs(known.staff, given):
        raise Forbidden(_("Cette clé n’ouvre rien ici."))
    try:
        told = webauthn.verify_authentication_response(
            credential=text,
            expected_challenge=challenge,
            expected_rp_id=place.host,
            expected_origin=place.origin,
            credential_public_key=known.public,
            credential_current_sign_count=known.count,
            require_user_verification=True,
        )
    except Exception:  # whatever was sent, it does not open
        raise Forbidden(_("Cette clé n’ouvre rien ici.")) from None
    known.count, known.used = told.new_sign_count, now
    db.session.flush()
    return known


def _is_theirs(staff: Staff, given: dict[str, Any]) -> bool:
    """Whether the key says that it was made for this colleague, where it says so at all."""
    response = given.get("response")
    handle = response.get("userHandle") if isinstance(response, dict) else None
    wanted = urlsafe_b64encode(staff.key.encode()).decode().rstrip("=")
    return not handle or (isinstance(handle, str) and hmac.compare_digest(handle.encode(), wanted.encode()))


# -- a key goes


def remove(staff: Staff, key_id: int) -> str:
    """One of their keys opens nothing any more; answers its name. Raises NotFound."""
    found = db.session.get(Passkey, key_id)
    if found is None or found.staff_id != staff.id:
        raise NotFound
    name = found.name
    db.session.delete(found)
    db.session.flush()
    return name


def remove_all(staff: Staff) -> None:
    """None of their keys opens anything any more."""
    db.session.execute(delete(Passkey).where(Passkey.staff_id == staff.id))
