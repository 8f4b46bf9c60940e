"""The settings of an installed package are those of `config.yaml`, which states them once."""

from support.project import PROJECT

from emergence.config import loading
from emergence.config.defaults import DEFAULT, default_protocol, default_signals


def test_they_are_those_of_the_default_tier() -> None:
    config = loading.read(PROJECT / "config.yaml")
    assert DEFAULT.read_bytes() == (PROJECT / "config.yaml").read_bytes()
    assert default_protocol() == config.protocol
    assert config.anatomy is not None
    first = {name: signals[0] for name, signals in default_signals().items()}
    assert {name: first[name] for name in config.anatomy.followed} == config.anatomy.followed


def test_losses_of_every_kind_have_a_signal() -> None:
    assert {signal.variant for signal in default_signals()["loss"]} == {"known", "own"}
