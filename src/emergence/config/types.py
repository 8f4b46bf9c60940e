"""Types that all settings share: strict models, bounded values, and parts that can be switched off."""

from collections.abc import Mapping
from copy import deepcopy
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationError,
)
from pydantic_core import CoreSchema, core_schema

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


class OrOff:
    """Marks a setting that ``null`` or ``false`` switches off; loaded, both are ``None``."""

    @staticmethod
    def __get_pydantic_core_schema__(source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(
            lambda value: None if value is False else value, handler(source)
        )

    @staticmethod
    def __get_pydantic_json_schema__(schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        inner = handler(schema)
        return {"anyOf": [*inner.get("anyOf", [inner]), {"const": False}]}


T = TypeVar("T")
Switchable = Annotated[T | None, OrOff()]

PAPER = "paper"
PATH = Field(pattern=r"^[A-Za-z0-9_.][A-Za-z0-9_./-]*$")
Level = Annotated[str, BeforeValidator(_level)]
Folder = Annotated[str, PATH, AfterValidator(_inside)]
PaperFolder = Annotated[str, PATH, AfterValidator(_inside_or_paper)]


class Strict(BaseModel):
    """Unknown keys and wrong types are errors; a loaded configuration does not change."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True)


M = TypeVar("M", bound=BaseModel)


def validated(model: type[M], values: Mapping[str, Any]) -> M:
    """Validate values of a configuration; text is read as the number, truth value or null that is needed.

    YAML takes ``1e-3`` for text, as it lacks a point, and Snakemake whatever is nested in an argument ``--config``.

    Raises:
        ValidationError: as pydantic.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        texts = [
            problem["loc"]
            for problem in error.errors(include_url=False)
            if problem["loc"] and isinstance(problem["input"], str) and problem["type"].endswith("_type")
        ]
        if not texts:
            raise
    read = deepcopy(dict(values))
    for location in texts:
        _read_scalar(read, location)
    return model.model_validate(read)


def _read_scalar(values: Any, location: tuple[int | str, ...]) -> None:
    """Replace the text at a location by what it stands for, if the values have that location."""
    *parents, last = location
    try:
        for part in parents:
            values = values[part]
        values[last] = scalar(values[last])
    except (KeyError, IndexError, TypeError):
        return  # of a value that was derived from others


def scalar(text: str) -> Any:
    """The value of a text in YAML 1.2.

    >>> scalar("16"), scalar("1e-3"), scalar("true"), scalar("null"), scalar("4x16")
    (16, 0.001, True, None, '4x16')
    """
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return {"true": True, "false": False, "null": None}.get(text, text)


def heads_divide_width(heads: int, width: int) -> None:
    """Refuse attention heads of unequal width.

    Raises:
        ValueError: with the numbers that are allowed.
    """
    if width % heads:
        allowed = [number for number in range(1, width + 1) if width % number == 0]
        raise ValueError(f"heads: {heads} does not divide the width {width}; allowed: {allowed}")


def merged(base: Mapping[str, Any], overlay: Mapping[str, Any]) -> dict[str, Any]:
    """Overlay on base as Snakemake does it: mappings merge, everything else is replaced."""
    result = dict(base)
    for key, value in overlay.items():
        inner = result.get(key)
        both = isinstance(value, Mapping) and isinstance(inner, Mapping)
        result[key] = merged(inner, value) if both else value  # type: ignore[arg-type]
    return result
