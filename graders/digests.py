"""What decides a result, as digests: the same digest, the same result."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from graders import __version__
from graders.records import Limits


def result_key(submission: str, tests: str, limits: Limits) -> str:
    """SHA-256 of what decides a result: submission, tests, limits and engine."""
    parts = [submission, tests, msgspec.json.encode(limits).decode(), __version__]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def tests_digest(*folders: Path) -> str:
    """SHA-256, hexadecimal, over the names and bytes of all files below the folders: of a topic's public
    tests, its hidden ones, and the data that they and the notebook read."""
    digest = hashlib.sha256()
    for number, folder in enumerate(folders):
        for path in sorted(folder.rglob("*")):
            if "__pycache__" in path.parts or not path.is_file():
                continue
            body = path.read_bytes()
            digest.update(f"{number} {path.relative_to(folder).as_posix()} {len(body)}\n".encode())
            digest.update(body)
    return digest.hexdigest()
