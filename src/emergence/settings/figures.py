"""Settings of the figures."""

from typing import Annotated

from pydantic import Field

from emergence.settings.base import Name, Strict


class Figures(Strict):
    """Look of the figures."""

    dpi: Annotated[int, Field(ge=50, le=600)]
    """of the PNG copies"""
    size: Name
    """transformer shown where a figure shows one"""
