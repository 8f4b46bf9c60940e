from pathlib import Path

import pytest
import torch

from emergence import config
from emergence.models import build
from emergence.models.transformer import parameter_count
from emergence.settings.learning import Size
from emergence.tasks import vocabulary

PROJECT = Path(__file__).parents[2]
PAPER = config.read(PROJECT / "config.yaml", PROJECT / "workflow/tiers/paper.yaml").anatomy
PUBLISHED = {"2x128": 404_992, "12x768": 85_105_152, "12x1024": 151_222_272}


@pytest.mark.parametrize("size", PAPER.sizes, ids=lambda size: size.name)
def test_every_size_of_the_paper_tier_builds(size: Size) -> None:
    with torch.device("meta"):
        model = build.transformer(size, PAPER.context)
    counted = sum(parameter.numel() for parameter in model.parameters())
    assert counted == parameter_count(size.layers, size.width, vocabulary.SIZE, PAPER.context)
    assert counted == PUBLISHED.get(size.name, counted)


def test_paper_tier_has_the_published_sizes() -> None:
    assert set(PUBLISHED) <= {size.name for size in PAPER.sizes}


def test_device_auto_is_cuda_where_there_is_one() -> None:
    assert build.device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
    assert build.device("cpu").type == "cpu"
