"""The second step of signing in: a code of six digits from the telephone (TOTP), or one of ten recovery codes.

A code counts once, also within its half minute. A recovery code is shown once, kept as a digest, and gone when used.
"""

import base64
import hashlib
import hmac
import secrets
from datetime import datetime

import pyotp
from sqlalchemy import ForeignKey, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from shopvisio.accounts import Staff
from shopvisio.db import Base, db
from shopvisio.errors import Forbidden, Invalid
from shopvisio.i18n import _

STEP = 30  # seconds that a code is shown
LATE = 1  # steps that a telephone's clock may be off, either way
RECOVERY_CODES = 10


class RecoveryCode(Base):
    """A way in for whoever lost their telephone: 80 random bits, of which only the SHA-256 is kept."""

    __tablename__ = "recovery_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    digest: Mapped[str] = mapped_column(unique=True)


def new_secret() -> str:
    """What the telephone and the appliance will share, in base32."""
    return pyotp.random_base32()


def address(secret: str, staff: Staff, shop: str) -> str:
    """The ``otpauth://`` link that the telephone's app reads from a QR code."""
    return pyotp.TOTP(secret, interval=STEP).provisioning_uri(name=staff.email, issuer_name=shop)


def set_up(staff: Staff, secret: str, typed: str, now: datetime) -> list[str]:
    """From now on they sign in by two steps; answers the recovery codes, to be shown once.

    Raises Invalid (field ``code``) when what the telephone shows does not fit.
    """
    step = _step_of(secret, typed, now)
    if step is None:
        why = _("Ce code ne correspond pas. Attendez le suivant, et vérifiez que l’heure du téléphone est automatique.")
        raise Invalid(fields={"code": why})
    staff.second, staff.second_used = secret, step
    return renew_recovery(staff)


def check(staff: Staff, typed: str, now: datetime) -> int | None:
    """Let a code count: None for one of the telephone, else how many recovery codes are left. Raises Forbidden."""
    step = _step_of(staff.second, typed, now)
    if step is not None and step > staff.second_used:
        staff.second_used = step
        db.session.flush()
        return None
    used = delete(RecoveryCode).where(RecoveryCode.staff_id == staff.id, RecoveryCode.digest == _digest(typed))
    if db.session.execute(used.returning(RecoveryCode.id)).first():
        return recovery_left(staff)
    raise Forbidden(_("Ce code ne correspond pas, ou il a déjà servi. Attendez le suivant."))


def _step_of(secret: str, typed: str, now: datetime) -> int | None:
    """The half minute whose code was typed, None for no code of about now."""
    plain, current = "".join(typed.split()).encode(), int(now.timestamp()) // STEP
    code = pyotp.TOTP(secret, interval=STEP)
    for step in range(current - LATE, current + LATE + 1):
        if hmac.compare_digest(code.at(step * STEP).encode(), plain):
            return step
    return None


def renew_recovery(staff: Staff) -> list[str]:
    """Ten new recovery codes, ``abcd-efgh-ijkl-mnop``; those before open nothing any more."""
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.staff_id == staff.id))
    codes = [base64.b32encode(secrets.token_bytes(10)).decode().lower() for _n in range(RECOVERY_CODES)]
    db.session.add_all(RecoveryCode(staff_id=staff.id, digest=_digest(code)) for code in codes)
    db.session.flush()
    return ["-".join(code[at : at + 4] for at in range(0, len(code), 4)) for code in codes]


def _digest(typed: str) -> str:
    plain = "".join(sign for sign in typed.lower() if sign.isalnum())
    return hashlib.sha256(plain.encode()).hexdigest()


def recovery_left(staff: Staff) -> int:
    """How many recovery codes they still have."""
    found = select(func.count()).select_from(RecoveryCode).where(RecoveryCode.staff_id == staff.id)
    return db.session.scalar(found) or 0


def switch_off(staff: Staff) -> None:
    """The password alone is enough again."""
    staff.second, staff.second_used = "", 0
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.staff_id == staff.id))
    db.session.flush()
