"""The third person of a call, by the rule of the nouns."""

import pytest
from conftest import NOW

from shopvisio import booking, calls
from shopvisio.accounts import Actor
from shopvisio.cases import Case
from shopvisio.db import writing
from shopvisio.errors import Forbidden, Invalid


def test_a_third_person_comes_while_staff_have_asked_them_in(booked: Case) -> None:
    appointment = booking.upcoming(booked, NOW)
    assert appointment is not None
    with writing():
        call = calls.of(appointment)
        with pytest.raises(Forbidden):
            calls.arrive(appointment, Actor("guest", "Jeanne"), NOW)
        with pytest.raises(Forbidden):
            calls.invite(appointment, Actor("customer", "Marie"), NOW)
        key = calls.invite(appointment, Actor("staff", "Karim"), NOW).guest
        assert calls.invited(key) is call
        calls.arrive(appointment, Actor("guest", "Jeanne"), NOW)
        calls.uninvite(call, Actor("staff", "Karim"))
        assert calls.invited(key) is calls.invited("") is None
    with pytest.raises(Invalid):
        calls.guest(" ")
