"""Passwords: argon2id, and one rule, length (NIST SP 800-63B 5.1.1, ASVS 6.2)."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services.ports.access import AccessError

SHORTEST = 12
LONGEST = 256
_COMMON = frozenset({"password1234", "123456789012", "passwordpassword", "qwertyuiop12"})


def check_policy(password: str, *about: str) -> None:
    """Raise AccessError unless the password is long enough and not made of ``about``."""
    if len(password) < SHORTEST:
        raise AccessError(f"a password has at least {SHORTEST} characters")
    if len(password) > LONGEST:
        raise AccessError(f"a password has at most {LONGEST} characters")
    plain = password.casefold()
    if plain in _COMMON or len(set(plain)) == 1 or plain in {word.casefold() for word in about}:
        raise AccessError("that password is too easy to guess")


def hash_password(password: str) -> str:
    """The argon2id hash, with its parameters and salt."""
    return _hasher().hash(password)


def verify(password_hash: str | None, password: str) -> bool:
    """Whether the password is right; takes as long where there is no hash to compare."""
    try:
        _hasher().verify(password_hash or _decoy(), password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _decoy() -> str:
    return hash_password("nobody has this one")
