"""Passwords: the rule, and the hash."""

from __future__ import annotations

import pytest

from services.access import passwords
from services.ports.access import AccessError


@pytest.mark.parametrize("password", ["short", "elevenchars", "a" * 20, "Password1234", "x" * 257])
def test_a_weak_password_is_refused(password: str) -> None:
    with pytest.raises(AccessError):
        passwords.check_policy(password)


def test_the_login_is_no_password() -> None:
    with pytest.raises(AccessError):
        passwords.check_policy("Chief.Medical.Officer", "chief.medical.officer")


def test_a_long_one_of_any_letters_is_taken() -> None:
    passwords.check_policy("vier woorden zijn genoeg")


def test_only_the_right_password_fits_its_hash() -> None:
    hashed = passwords.hash_password("four words are enough")
    assert hashed.startswith("$argon2id$")
    assert passwords.verify(hashed, "four words are enough")
    assert not passwords.verify(hashed, "four words are enough ")
    assert not passwords.verify(None, "nobody has this one")
    assert not passwords.verify("not a hash", "x")
