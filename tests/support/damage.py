"""Damage to files, and the one line that it should end in."""

from pathlib import Path

import pytest


def flip_bit(path: Path, place: int = -1) -> None:
    """Flip the last bit of one byte."""
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def flipped(whole: bytes, bit: int) -> bytes:
    """The same with one bit flipped."""
    content = bytearray(whole)
    content[bit // 8] ^= 1 << bit % 8
    return bytes(content)


def cut_short(path: Path) -> None:
    """Lose the last bytes."""
    path.write_bytes(path.read_bytes()[:-9])


def one_line(error: pytest.ExceptionInfo[Exception]) -> str:
    """The message of an error, which has one line."""
    assert "\n" not in str(error.value)
    return str(error.value)
