"""Passwords: hashed with argon2id, made readable where they are used once."""

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

# OWASP's least: strong enough, and small enough that many tries at once do not fill the memory.
# Source: https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Neither 0 nor o, neither 1 nor i nor l: it is read out and typed.
_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
_GROUPS, _GROUP = 5, 4
SHORTEST, LONGEST = 10, 200
_NOBODYS = _HASHER.hash(secrets.token_hex(16))


def one_time() -> str:
    """A new password of 99 random bits, such as `k7mp-2xqd-9hrt-vw4n-c6ys`."""
    return "-".join(
        "".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS)
    )


def hashed(password: str) -> str:
    """Its argon2id hash, with salt and parameters in it."""
    return _HASHER.hash(password)


def matches(password_hash: str | None, password: str) -> bool:
    """Whether the hash is of this password; without a hash it takes as long, and says no."""
    try:
        matched = _HASHER.verify(password_hash or _NOBODYS, password)
    except (VerifyMismatchError, VerificationError, InvalidHashError):
        return False
    return matched and password_hash is not None


def is_outdated(password_hash: str) -> bool:
    """Whether it was made with other parameters than a new one would be."""
    return _HASHER.check_needs_rehash(password_hash)


def problem(password: str, name: str) -> str | None:
    """Why somebody called `name` may not choose this password; None if they may. Pure.

    Length is asked for and nothing else: rules about letters make passwords worse.
    Source: https://pages.nist.gov/800-63-4/sp800-63b.html
    """
    if len(password) < SHORTEST:
        return f"Choose at least {SHORTEST} characters."
    if len(password) > LONGEST:
        return f"Choose at most {LONGEST} characters."
    if password.strip().casefold() == name.casefold():
        return "Choose something else than your name."
    if len(set(password)) < 4:
        return "Choose a password of more than three different characters."
    return None
