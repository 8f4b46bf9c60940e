"""Nothing in the source can run what it reads: linters refuse planted offenders, and rules run nothing but stages."""

import ast
import io
import re
import subprocess
import sys
import token
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.project import PROJECT

RULES = [PROJECT / "Snakefile", PROJECT / "workflow/Snakefile", *sorted((PROJECT / "workflow").rglob("*.smk"))]
SOURCES = [path for folder in ("src", "docs") for path in sorted((PROJECT / folder).rglob("*.py"))]


def constants() -> dict[str, str]:
    """Texts that files of rules give a name, each once."""
    named = [
        (name, ast.literal_eval(text))
        for path in RULES
        for name, text in re.findall(r"""^([A-Z_]+) = ("[^"\n]*"|'[^'\n]*')$""", path.read_text(), re.MULTILINE)
    ]
    assert len(dict(named)) == len(named)
    return dict(named)


def shells(path: Path) -> Iterator[str]:
    """The shell commands of a file of rules; an expression that is not understood stands as it is."""
    tokens = [
        each
        for each in tokenize.generate_tokens(io.StringIO(path.read_text()).readline)
        if each.type not in (token.NEWLINE, token.INDENT, token.DEDENT, tokenize.NL, tokenize.COMMENT)
    ]
    for place, each in enumerate(tokens):
        if each.string == "shell" and tokens[place + 1].string == ":":
            parts = []
            for following in tokens[place + 2 :]:
                if following.type != token.STRING:
                    break
                parts.append(ast.literal_eval(following.string))
            named = tokens[place + 2].string
            yield "".join(parts) or constants().get(named, named)


def words(path: Path) -> set[str]:
    """Names in a file of rules, which is no Python that could be parsed."""
    return {
        each.string
        for each in tokenize.generate_tokens(io.StringIO(path.read_text()).readline)
        if each.type == token.NAME
    }


PLANTED = [
    "import pickle",
    "from joblib import load",
    "import tarfile as t",
    "import torch\ntorch.load(path)",
    "import torch as t\nread = t.load",
    "from torch import load as read",
    "import numpy as np\nnp.load(path)",
    "import pandas as pd\npd.read_pickle(path)",
    "import yaml\nyaml.load(text, Loader=yaml.Loader)",
    "import os\nos.system(command)",
    "import subprocess\nsubprocess.run(command, shell=True)",
    "eval(text)",
    "exec(text)",
    "from importlib import import_module",
    "import shutil\nshutil.unpack_archive(path)",
]
HARMLESS = """
import json
import re
import subprocess

import safetensors.torch
import yaml

re.compile("a")
json.load(file)
yaml.safe_load(text)
safetensors.torch.load(content)
subprocess.run(["ls"])
model.eval()
"""


def refused(source: str) -> bool:
    """Whether ruff, as it is configured, finds in a module what may run or unpack what it reads."""
    ruff = str(Path(sys.executable).with_name("ruff"))
    command = [ruff, "check", "--output-format", "concise", "--stdin-filename", "src/emergence/planted.py", "-"]
    said = subprocess.run(command, cwd=PROJECT, input=source, capture_output=True, text=True, check=False).stdout
    assert "planted.py" in said  # which has no docstring
    return re.search(r": (S\d+|TID251) ", said) is not None


@pytest.mark.parametrize("source", PLANTED)
def test_linters_refuse_what_would_run_what_it_reads(source: str) -> None:
    assert refused(source)


def test_linters_pass_what_is_harmless() -> None:
    assert not refused(HARMLESS)


@pytest.mark.long
def test_models_from_elsewhere_bring_no_code() -> None:
    """Only a configuration is read by transformers, from a folder; weights are read here, and given to it."""
    calls = [
        (path.name, ast.unparse(node))
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith((".from_pretrained", ".extractall"))
    ]
    assert [name for name, _ in calls] == ["hf_checkpoints.py", "hf_loading.py"]
    assert "trust_remote_code=False" in calls[0][1]
    assert calls[1][1].startswith("kind.from_pretrained(None, ")


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.name)
def test_rules_run_nothing_but_stages(path: Path) -> None:
    assert (
        words(path)
        & {"__import__", "compile", "eval", "exec", "pickle", "popen", "run_path", "script", "system", "unsafe_load"}
        == set()
    )
    for command in shells(path):
        assert command.startswith("python3 -m emergence ")


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.name)
def test_all_that_a_rule_puts_into_a_shell_is_quoted(path: Path) -> None:
    for command in shells(path):
        fixed = re.sub(r"{[^{}]*:q}", "", command).removesuffix(" 2> ")
        assert set(fixed) & set("{}$`;&|<>()'\"\\\n") == set(), command


def test_all_rules_share_one_shell_command() -> None:
    commands = [command for path in RULES for command in shells(path)]
    assert commands
    assert set(commands) == {commands[0]}
