"""Settings of what is kept of a finished run, and of the comparison of another run with it."""

from typing import Any, Literal

from emergence.settings.base import Positive, Strict

Source = Literal["run", "reference"]


class Reproduce(Strict):
    """How far a claim's value may be from that of the reference run, by kind; docs/determinism.md has the reasons."""

    exact: Positive
    """relative, of closed forms, direct sums and calibration"""
    collapse: Positive
    """relative, of the early collapse, which is over before rounding has grown"""
    networks: Positive
    """relative, of times, constants and exponents of networks; beyond it, within each other's intervals"""
    language: Positive
    """of one, in shares of language models"""


class Recipe(Strict):
    """How a figure is drawn: its stage, what that is given, and its tables, relative to the folder of results."""

    stage: str
    settings: dict[str, Any]
    inputs: dict[str, list[str]]


class Record(Strict):
    """What a run was: its whole configuration, and how each of its figures is drawn."""

    config: dict[str, Any]
    figures: dict[str, Recipe]
