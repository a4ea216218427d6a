"""What is kept so that only this installation can read it: encrypted with a key made of its own, one for each purpose."""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken


def seal(plain: bytes, *, key: str, purpose: str) -> bytes:
    """Something as it may be kept: who has a copy of the database alone cannot read it."""
    return _fernet(key, purpose).encrypt(plain)


def unseal(kept: bytes, *, key: str, purpose: str) -> bytes | None:
    """It again; None if it was sealed with another key, or for another purpose."""
    try:
        return _fernet(key, purpose).decrypt(kept)
    except InvalidToken:
        return None


def _fernet(key: str, purpose: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"{purpose}:{key}".encode()).digest()))
