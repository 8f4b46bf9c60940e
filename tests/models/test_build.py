import os
from collections.abc import Iterator

import pytest
import torch
from support.project import tier_files
from synthetic import parameter_counts

from emergence.config import loading
from emergence.config.training import Size
from emergence.config.types import Device
from emergence.models import build
from emergence.tasks import vocabulary

PAPER = loading.read(*tier_files("paper")).anatomy
PUBLISHED = {"2x128": 404_992, "12x768": 85_105_152, "12x1024": 151_222_272}


@pytest.mark.parametrize("size", PAPER.sizes, ids=lambda size: size.name)
def test_every_size_of_the_paper_tier_builds(size: Size) -> None:
    with torch.device("meta"):
        model = build.transformer(size, PAPER.context)
    counted = sum(parameter.numel() for parameter in model.parameters())
    assert counted == parameter_counts.of_transformer(size.layers, size.width, vocabulary.SIZE, PAPER.context)
    assert counted == PUBLISHED.get(size.name, counted)


def test_paper_tier_has_the_published_sizes() -> None:
    assert set(PUBLISHED) <= {size.name for size in PAPER.sizes}


def test_device_auto_is_cuda_where_there_is_one() -> None:
    assert build.device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
    assert build.device("cpu").type == "cpu"


def test_a_gpu_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(build.DeviceError, match=r"device: cuda\b.*auto or cpu"):
        build.device("cuda")


@pytest.fixture
def flags(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a device sets in torch and the environment, put back afterwards; a GPU is said to be here."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    yield
    torch.use_deterministic_algorithms(False)
    torch.set_float32_matmul_precision("highest")
    torch.backends.cuda.matmul.allow_bf16_reduced_precision_reduction = True
    os.environ.pop("CUBLAS_WORKSPACE_CONFIG", None)


@pytest.mark.usefixtures("flags")
def test_a_gpu_is_told_to_repeat_itself_and_a_cpu_is_left_alone() -> None:
    build.device("cpu")
    assert not torch.are_deterministic_algorithms_enabled()
    build.device("cuda")
    assert torch.are_deterministic_algorithms_enabled()
    assert torch.is_deterministic_algorithms_warn_only_enabled()
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"
    assert not torch.backends.cuda.matmul.allow_bf16_reduced_precision_reduction


@pytest.mark.usefixtures("flags")
@pytest.mark.parametrize("name", ["cpu", "cuda"])
def test_float32_is_never_tf32(name: Device) -> None:
    torch.set_float32_matmul_precision("high")
    build.device(name)
    assert torch.get_float32_matmul_precision() == "highest"
    assert not torch.backends.cuda.matmul.allow_tf32
