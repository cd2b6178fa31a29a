"""The key that signs tokens, links and codes: from the settings, or made once and kept in the data folder."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from core.settings import Settings


def signing_key(settings: Settings) -> bytes:
    """32 bytes or more. A key made here is readable by its owner alone."""
    given = settings.secret_key.get_secret_value()
    if given:
        return given.encode()
    path: Path = settings.data_dir / "secret.key"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()
    key = secrets.token_hex(32).encode()
    with os.fdopen(handle, "wb") as file:
        file.write(key)
    return key
