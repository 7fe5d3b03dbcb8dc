"""Six signs to dictate on the telephone: near its time they open a call, once.

A code is reckoned from the appliance's secret, the appointment and how many of its codes are spent: nothing secret is
stored, and a spent code is followed by another.
"""

import hashlib
import hmac
from datetime import datetime, timedelta

from sqlalchemy import select

from shopvisio import calls
from shopvisio.accounts import Actor
from shopvisio.booking import Appointment
from shopvisio.cases import record
from shopvisio.db import db
from shopvisio.errors import NotFound

SIGNS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none that is taken for another
LENGTH = 6  # 887 million codes
BEFORE = timedelta(minutes=30)  # the appointment's start
LONGEST_CALL = timedelta(hours=12)


def of(secret: bytes, appointment: Appointment) -> str:
    """The appointment's code of this moment; whether it opens anything, :func:`is_open` says."""
    call = calls.find(appointment)
    digest = hmac.digest(secret, f"code|{appointment.key}|{call.codes if call else 0}".encode(), hashlib.sha256)
    number = int.from_bytes(digest[:8])
    return "".join(SIGNS[number // len(SIGNS) ** place % len(SIGNS)] for place in range(LENGTH))


def is_open(appointment: Appointment, now: datetime) -> bool:
    """Whether its code opens the call: from BEFORE its start until staff end it."""
    call = calls.find(appointment)
    is_over = appointment.cancelled or appointment.case.state != "booked"
    if is_over or (call is not None and call.state == "ended"):
        return False
    return appointment.start - BEFORE <= now < appointment.start + LONGEST_CALL


def use(secret: bytes, typed: str, now: datetime) -> Appointment:
    """The appointment that the code opens; it is spent. Raises NotFound for any other, whatever is wrong with it."""
    code = "".join(sign for sign in typed.upper() if sign in SIGNS)
    window = Appointment.start.between(now - LONGEST_CALL, now + BEFORE)
    near = db.session.scalars(select(Appointment).where(window, Appointment.cancelled.is_(False)))
    fitting = [one for one in near if is_open(one, now) and hmac.compare_digest(of(secret, one), code)]
    if len(fitting) != 1:
        raise NotFound
    calls.of(fitting[0]).codes += 1
    return fitting[0]


def renew(appointment: Appointment, actor: Actor, now: datetime) -> None:
    """Staff want another one: the code of before opens nothing any more."""
    calls.of(appointment).codes += 1
    record(appointment.case, "code_renewed", actor, now)
