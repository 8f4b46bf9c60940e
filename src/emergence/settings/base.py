"""What all settings share: strict models and bounded types."""

from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

Fraction = Annotated[float, Field(gt=0, lt=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
Device = Literal["auto", "cpu", "cuda"]
Precision = Literal["float32", "bfloat16"]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.]*$", max_length=64)]
Key = Annotated[str, Field(pattern=r"^[a-z_]+$", max_length=64)]

LONGEST = 64  # characters of a folder's name; run, measure and a temporary ending are added to it, 255 bytes at most
OWN = frozenset({"docs", "paper", "reference", "src", "tests", "workflow"})  # the project's, where no rule writes


def _level(value: Any) -> Any:
    """Levels may be written as numbers in YAML; inside they are names."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _inside(path: str) -> str:
    """Refuse a folder that is not below the project's, or is of the project itself."""
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or "~" in path:
        raise ValueError("must be a relative folder inside the project, without '..'")
    if parts[0].startswith(".") or parts[0].lower() in OWN:
        raise ValueError("must not be hidden, nor a folder of the project's own")
    if max(map(len, parts)) > LONGEST or len(parts) > 8:
        raise ValueError(f"must have no more than 8 parts, each of {LONGEST} characters or less")
    return path


def _inside_or_paper(path: str) -> str:
    """The same, but for the folder of the paper, which holds what is made of its sources."""
    return path if path == PAPER else _inside(path)


PAPER = "paper"
PATH = Field(pattern=r"^[A-Za-z0-9_.][A-Za-z0-9_./-]*$")
Level = Annotated[str, BeforeValidator(_level)]
Folder = Annotated[str, PATH, AfterValidator(_inside)]
PaperFolder = Annotated[str, PATH, AfterValidator(_inside_or_paper)]


class Strict(BaseModel):
    """Unknown keys and wrong types are errors; a loaded configuration does not change."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True)


def heads_divide_width(heads: int, width: int) -> None:
    """Refuse attention heads of unequal width.

    Raises:
        ValueError: with the numbers that are allowed.
    """
    if width % heads:
        allowed = [number for number in range(1, width + 1) if width % number == 0]
        raise ValueError(f"heads: {heads} does not divide the width {width}; allowed: {allowed}")
