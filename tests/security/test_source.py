"""Nothing in the source can run what it reads: a scan of every file, which is itself tried on planted offenders.

What is meant and safe stands in ALLOWED with its reason; an entry that is no longer needed fails as well.
"""

import ast
import io
import re
import token
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import PROJECT

PACKAGE = sorted((PROJECT / "src").rglob("*.py"))
HELPERS = sorted(path for path in (PROJECT / "tests").rglob("*.py") if not path.name.startswith("test_"))
RULES = [PROJECT / "Snakefile", *sorted((PROJECT / "workflow").rglob("*.smk"))]

# Modules whose reading runs what is read, or that unpack archives.
MODULES = {
    "cloudpickle", "dill", "jsonpickle", "joblib", "marshal", "pickle", "shelve", "tarfile", "zipfile",
}  # fmt: skip
BUILTINS = {"__import__", "compile", "eval", "exec"}
FUNCTIONS = {
    "importlib.__import__", "importlib.import_module", "numpy.load", "os.popen", "os.system", "runpy.run_module",
    "runpy.run_path", "shutil.unpack_archive", "subprocess.getoutput", "subprocess.getstatusoutput", "torch.hub.load",
    "torch.jit.load", "torch.load", "yaml.full_load", "yaml.load", "yaml.unsafe_load",
}  # fmt: skip
METHODS = {"extractall", "from_pretrained", "read_pickle", "to_pickle", "unpack_archive"}
KEYWORDS = {"allow_pickle": False, "shell": False, "trust_remote_code": False, "weights_only": True}
"""With the one value that each may have."""

OURS = "one of this package's modules, by a name from a table or a validated setting"
ALLOWED = {
    ("src/emergence/stages.py", "importlib.import_module"): OURS,
    ("src/emergence/verify.py", "importlib.import_module"): OURS,
    ("src/emergence/measures/follow.py", "importlib.import_module"): OURS,
    ("src/emergence/measures/own.py", "importlib.import_module"): OURS,
    ("src/emergence/measures/checkpoints.py", "importlib.import_module"): "the user's own model, named on the command "
    "line by the user; nothing in a checkpoint or a configuration can name it",
    ("src/emergence/tasks/text.py", "importlib.import_module"): "the text, a package whose version is pinned",
    ("src/emergence/models/series.py", "from_pretrained"): "a configuration alone, from a folder, with "
    "trust_remote_code=False; weights are read here, by safetensors",
    ("src/emergence/report/arxiv.py", "tarfile"): "an archive is written, none is read",
    ("src/emergence/reference/archive.py", "tarfile"): "an archive is written, none is read",
    ("tests/bench.py", "importlib.import_module"): OURS,
}  # fmt: skip


def aliases(tree: ast.AST) -> dict[str, str]:
    """What each imported name stands for: ``np`` for ``numpy``, ``load`` for ``torch.load``."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {name.asname or name.name.partition(".")[0]: name.name for name in node.names if name.asname}
        elif isinstance(node, ast.ImportFrom):
            found |= {name.asname or name.name: f"{node.module}.{name.name}" for name in node.names}
    return found


def dotted(node: ast.expr, known: dict[str, str]) -> str:
    """``numpy.load`` for the expression ``np.load``; of other expressions the last name alone."""
    if isinstance(node, ast.Name):
        return known.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value, known)}.{node.attr}"
    return ""


def offences(source: str) -> Iterator[str]:
    """What in Python source is forbidden, by name."""
    tree = ast.parse(source)
    known = aliases(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.partition(".")[0] in MODULES)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in MODULES:
            yield str(node.module)
        elif isinstance(node, ast.Name) and node.id in BUILTINS and isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, (ast.Name, ast.Attribute)) and (name := dotted(node, known)) in FUNCTIONS:
            yield name
        elif isinstance(node, ast.Attribute) and node.attr in METHODS:
            yield node.attr
        elif isinstance(node, ast.keyword) and node.arg in KEYWORDS:
            if not isinstance(node.value, ast.Constant) or node.value.value is not KEYWORDS[node.arg]:
                yield str(node.arg)
        elif isinstance(node, ast.Dict):  # the same as options that are passed on
            for key, value in zip(node.keys, node.values, strict=True):
                option = key.value if isinstance(key, ast.Constant) else None
                safe = isinstance(value, ast.Constant) and value.value is KEYWORDS.get(str(option))
                if isinstance(option, str) and option in KEYWORDS and not safe:
                    yield option


def shells(path: Path) -> Iterator[str]:
    """The shell commands of a file of rules."""
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
            yield "".join(parts)


def words(path: Path) -> set[str]:
    """Names in a file of rules, which is no Python that could be parsed."""
    return {
        each.string
        for each in tokenize.generate_tokens(io.StringIO(path.read_text()).readline)
        if each.type == token.NAME
    }


PLANTED = [
    ("import pickle", "pickle"),
    ("from joblib import load", "joblib"),
    ("import tarfile as t\nt.open(x)", "tarfile"),
    ("import torch\ntorch.load(path)", "torch.load"),
    ("import torch as t\nread = t.load", "torch.load"),
    ("from torch import load as read\nread(path)", "torch.load"),
    ("import numpy as np\nnp.load(path)", "numpy.load"),
    ("import numpy\nnumpy.array(x, allow_pickle=True)", "allow_pickle"),
    ("f(x, weights_only=False)", "weights_only"),
    ("import pandas as pd\npd.read_pickle(path)", "read_pickle"),
    ("import yaml\nyaml.load(text, Loader=yaml.Loader)", "yaml.load"),
    ("import os\nos.system(command)", "os.system"),
    ("import subprocess\nsubprocess.run(command, shell=True)", "shell"),
    ("import subprocess\nsubprocess.run(command, shell=either)", "shell"),
    ("eval(text)", "eval"),
    ("run = exec", "exec"),
    ("from importlib import import_module\nimport_module(name)", "importlib.import_module"),
    ("AutoModel.from_pretrained(name)", "from_pretrained"),
    ("f(name, trust_remote_code=True)", "trust_remote_code"),
    ("options = {'trust_remote_code': True}", "trust_remote_code"),
    ("archive.extractall(folder)", "extractall"),
    ("import shutil\nshutil.unpack_archive(path)", "shutil.unpack_archive"),
]
HARMLESS = [
    "import re\nre.compile(pattern)",
    "model.eval()",
    "import json\njson.load(file)",
    "import yaml\nyaml.safe_load(text)",
    "import safetensors.torch\nsafetensors.torch.load(content)",
    "f(name, trust_remote_code=False)",
    "import subprocess\nsubprocess.run(['ls'])",
]


@pytest.mark.parametrize(("source", "offence"), PLANTED)
def test_the_scan_finds_planted_offenders(source: str, offence: str) -> None:
    assert offence in set(offences(source))


@pytest.mark.parametrize("source", HARMLESS)
def test_the_scan_passes_what_is_harmless(source: str) -> None:
    assert list(offences(source)) == []


def test_no_source_runs_what_it_reads() -> None:
    found = {
        (path.relative_to(PROJECT).as_posix(), offence)
        for path in [*PACKAGE, *HELPERS]
        for offence in offences(path.read_text())
    }
    assert len(PACKAGE) > 100
    assert found - ALLOWED.keys() == set()
    assert ALLOWED.keys() - found == set(), "allowed, but no longer there"


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.name)
def test_rules_run_nothing_but_stages(path: Path) -> None:
    assert (
        words(path) & {*MODULES, *BUILTINS, *METHODS, "popen", "run_path", "script", "system", "unsafe_load"} == set()
    )
    for command in shells(path):
        assert command.startswith("python3 -m emergence ")


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.name)
def test_all_that_a_rule_puts_into_a_shell_is_quoted(path: Path) -> None:
    for command in shells(path):
        fixed = re.sub(r"{[^{}]*:q}", "", command).removesuffix(" 2> ")
        assert set(fixed) & set("{}$`;&|<>()'\"\\\n") == set(), command


def test_shell_commands_are_found() -> None:
    assert sum(len(list(shells(path))) for path in RULES) > 40
