"""Edits of the copy in which the smoke tier was run."""

from collections.abc import Iterator

import pytest
from support.project import ProjectCopy


@pytest.fixture
def edited(smoke: ProjectCopy, request: pytest.FixtureRequest) -> Iterator[tuple[ProjectCopy, str]]:
    """The copy with a line added to the file that the test names; put back afterwards."""
    path = smoke.folder / request.param
    before = path.read_text()
    path.write_text(before + "\n# an edit\n")
    yield smoke, request.param
    path.write_text(before)
