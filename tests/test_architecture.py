"""The order of the packages, the size of the modules, and where each test file belongs."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from support.project import PROJECT

from emergence.io.provenance import PACKAGE, sources
from emergence.measures.declarations import declared

FLOORS = (
    "io", "schemas", "theory", "multifractal", "tasks", "models", "checkpoints", "training", "subjects", "measures",
    "calibration", "analysis", "claims", "figures", "report", "own_runs", "integrations",
    "release",
)  # fmt: skip
"""Packages, lowest first. `config` stands beside them: each reads its own settings there, but none the whole file."""
TOP = (
    "stages", "layout", "cli", "cli_stages", "workflow", "snakemake_objects", "run_display", "run_end", "run_lock",
    "job_costs", "job_work", "series_costs", "parent_watch",
)  # fmt: skip
"""Modules above every floor."""
UPWARD = {}
"""Imports of a higher floor, each with its reason."""
TORCH_FREE = ("analysis", "claims", "figures")
BENEATH_FIGURES = {
    ("figures/fig5.py", "claims.published"): "published shares are drawn beside ours",
    ("figures/fig10.py", "claims.published"): "published counts are drawn beside ours",
    ("figures/style.py", "measures.declarations"): "labels that measures declare",
    ("figures/style.py", "tasks.algorithmic"): "colours that tasks declare",
}
"""Imports of figures from elsewhere than tables and the analysis, each with its reason."""

COMPUTED = (
    "merge", "groupby", "agg", "aggregate", "apply", "rolling", "pivot_table", "mean", "median", "std", "var",
    "quantile", "cumsum", "corr", "polyfit", "curve_fit", "linregress", "lstsq", "interp", "exp", "log",
)  # fmt: skip
"""Methods and functions that compute what a figure only draws."""

SMALLEST, LARGEST = 30, 300
"""Lines of a module."""
SIZES = {
    "__main__.py": "python -m emergence",
    "claims/neuromfa.py": "the claims of one study",
    "claims/published.py": "published counts, for claims and figures",
    "errors.py": "the base class of all errors",
    "schemas/analysis.py": "the tables that studies share",
    "schemas/parity.py": "the tables of one study",
    "stages.py": "an entry for every stage",
    "tasks/symbols.py": "a table of symbols that figures read without the tasks",
}
"""Modules of another size, each with its reason."""

EXPLAINED = (
    "theory", "multifractal", "checkpoints", "measures", "models", "subjects", "training", "calibration", "claims",
    "figures",
)  # fmt: skip
"""Packages whose functions say what each argument is, with its shape or unit."""
ALIKE = {"EmergenceCallback": "of either library, imported from its own module"}
"""Classes of one name, each with its reason."""

BEHAVIOURS = {
    "analysis/language/test_shared_analysis.py": "stages of the anatomy study on language models",
    "analysis/neuromfa/test_network_signal.py": "a measure of the whole network as a signal",
    "calibration/test_checks.py": "every check of the calibration table",
    "calibration/test_oracles.py": "oracles of several estimators, against independent values",
    "claims/test_reachability.py": "every verdict could have come out otherwise",
    "config/test_readme.py": "the page on settings",
    "measures/test_gradient_ranks.py": "Fisher information and gradient covariance on the same gradients",
    "measures/test_invariance.py": "what no measure may depend on",
    "measures/test_measure_command.py": "emergence measure on a folder of checkpoints",
    "measures/test_run_language.py": "measures along a run of a language model",
    "report/test_paper.py": "the paper of a run whose studies are switched off",
    "report/test_quoting.py": "how the paper quotes numbers",
    "report/test_typed_numbers.py": "no result is typed into the paper",
    "own_runs/test_at_size.py": "an analysis of a model of 160 million weights",
    "test_architecture.py": "this file",
    "test_determinism.py": "bytes that surroundings do not change",
    "test_readme.py": "the front page",
    "training/test_stacked_training.py": "runs of the anatomy study that train as one",
    "training/test_stop_signals.py": "training that is told to stop",
}
"""Test files that mirror no source file, each with the behaviour that it pins."""
WHOLE = ("bench", "browser", "cluster", "docs", "faults", "security", "support", "synthetic", "workflow")
"""Folders of tests about the project as a whole, and of their helpers."""

MODULES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))


@cache
def imports(path: Path) -> frozenset[str]:
    """Names that a file imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports are not followed by provenance.sources"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(names)


def packages(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in imports(path)}


def own_imports(module: str) -> Iterator[str]:
    """Imports of the package, without its name."""
    return (name.partition(".")[2] for name in imports(PACKAGE / module) if name.startswith("emergence."))


def on_floors(*floors: str) -> list[str]:
    return [name for name in MODULES if name.split("/")[0] in floors]


def test_the_package_is_scanned() -> None:
    assert {"cli.py", "tasks/data.py", "claims/anatomy.py"} <= set(MODULES)
    assert {name.split("/")[0] for name in MODULES if "/" in name} == {*FLOORS, "config"}


def test_lower_floors_never_import_higher_ones() -> None:
    upward = {
        (module, name.split(".")[0])
        for place, floor in enumerate(FLOORS)
        for module in on_floors(floor)
        for name in own_imports(module)
        if name.split(".")[0] in {*FLOORS[place + 1 :], *TOP}
    }
    assert upward == UPWARD.keys()


def test_no_floor_reads_the_whole_configuration() -> None:
    readers = {module for module in MODULES for name in own_imports(module) if name.startswith("config.loading")}
    assert {module for module in readers if module not in on_floors("release", "config")} <= {"cli.py", "cli_stages.py"}


def test_analysis_claims_and_figures_know_no_torch() -> None:
    for module in on_floors(*TORCH_FREE):
        reached = sources("emergence." + module.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
        assert [path.name for path in reached if "torch" in packages(path)] == [], module


def test_figures_draw_tables_and_what_the_analysis_selects() -> None:
    hidden = FLOORS[FLOORS.index("theory") : FLOORS.index("analysis")]
    beyond = {
        (module, name.rpartition(".")[0])
        for module in on_floors("figures")
        for name in own_imports(module)
        if name.split(".")[0] in (*hidden, "claims") and not name.startswith("tasks.symbols")
    }
    assert beyond == BENEATH_FIGURES.keys()


def test_figures_compute_nothing() -> None:
    """Joins, groups, fits and statistics are those of the analysis; figures select rows and draw them."""
    computed = {
        f"{module}:{node.lineno} {node.attr}"
        for module in on_floors("figures")
        for node in ast.walk(ast.parse((PACKAGE / module).read_text()))
        if isinstance(node, ast.Attribute) and node.attr in COMPUTED
    }
    assert computed == set()


def test_the_package_knows_no_snakemake() -> None:
    assert [module for module in MODULES if "snakemake" in packages(PACKAGE / module)] == []


def test_modules_of_an_unusual_size_have_a_reason() -> None:
    lines = {module: len((PACKAGE / module).read_text().splitlines()) for module in MODULES}
    measures = {f"measures/{name}.py" for name in declared()}  # which may be as short as they are
    unusual = {
        module: count
        for module, count in lines.items()
        if not module.endswith("__init__.py") and module not in measures and not SMALLEST <= count <= LARGEST
    }
    assert unusual.keys() == SIZES.keys(), unusual


def test_functions_are_named_after_their_results() -> None:
    functions = {
        (module, node.name)
        for module in MODULES
        for node in ast.walk(ast.parse((PACKAGE / module).read_text()))
        if isinstance(node, ast.FunctionDef)
    }
    assert [module for module, name in functions if name == "make"] == []


def arguments(function: ast.FunctionDef) -> list[str]:
    """Names of the arguments of a function or method, less the object's own."""
    given = function.args
    named = [one.arg for one in (*given.posonlyargs, *given.args, given.vararg, *given.kwonlyargs, given.kwarg) if one]
    return [name for name in named if name not in ("self", "cls")]


def public_functions(module: str) -> Iterator[ast.FunctionDef]:
    """Functions of a module and methods of its classes, without those for the module's own use."""
    tree = ast.parse((PACKAGE / module).read_text())
    scopes = [tree, *(node for node in tree.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_"))]
    functions = (node for scope in scopes for node in scope.body if isinstance(node, ast.FunctionDef))
    return (function for function in functions if not function.name.startswith("_"))


def lines_of_protocols(module: str) -> dict[str, int]:
    """Where the methods of the module's protocols are, by their names."""
    classes = [node for node in ast.parse((PACKAGE / module).read_text()).body if isinstance(node, ast.ClassDef)]
    protocols = [node for node in classes if "Protocol" in map(ast.unparse, node.bases)]
    return {node.name: node.lineno for one in protocols for node in one.body if isinstance(node, ast.FunctionDef)}


def explained_elsewhere(module: str, function: ast.FunctionDef) -> bool:
    """Whether a docstring that stands once says what the arguments of such functions are.

    They are those of measures (`measures.declarations`), of figures (`figures.declarations`), of functions that judge a
    declared claim (`claims.registry`), and of the methods of a protocol, which its classes have.
    """
    judges = module.startswith("claims/") and any(isinstance(one, ast.Call) for one in function.decorator_list)
    draws = module.startswith("figures/fig") and function.name == "draw"
    measures = module in {f"measures/{name}.py" for name in declared()} and function.name == "measure"
    declared_at = lines_of_protocols(module).get(function.name, function.lineno)
    return judges or draws or measures or declared_at != function.lineno


def test_functions_of_three_arguments_or_more_explain_each() -> None:
    unexplained = [
        f"{module}:{function.lineno} {function.name}: {name}"
        for module in on_floors(*EXPLAINED)
        for function in public_functions(module)
        if len(arguments(function)) >= 3 and not explained_elsewhere(module, function)
        for name in arguments(function)
        if not re.search(rf"^ +\**{name}: ", (ast.get_docstring(function) or "").partition("Args:\n")[2], re.MULTILINE)
    ]
    assert unexplained == []


def test_no_two_classes_have_one_name() -> None:
    places: dict[str, list[str]] = {}
    for module in MODULES:
        for node in ast.walk(ast.parse((PACKAGE / module).read_text())):
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, []).append(module)
    assert {name for name, modules in places.items() if len(modules) > 1} == ALIKE.keys(), places


def test_no_variable_is_called_found() -> None:
    unnamed = {
        module
        for module in MODULES
        for node in ast.walk(ast.parse((PACKAGE / module).read_text()))
        if (isinstance(node, ast.Name) and node.id == "found") or (isinstance(node, ast.arg) and node.arg == "found")
    }
    assert unnamed == set()


def test_sorts_keep_the_order_of_equals() -> None:
    """By one column, NumPy's default sort orders equals as the processor's instructions have it."""
    unstable = {
        f"{module}:{call.lineno}"
        for module in MODULES
        for call in ast.walk(ast.parse((PACKAGE / module).read_text()))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "sort_values"
        if not (call.args and isinstance(call.args[0], ast.List | ast.Tuple))
        if "kind" not in {word.arg for word in call.keywords}
    }
    assert unstable == set()


def test_text_is_utf_8_in_every_locale() -> None:
    of_locale = {
        f"{module}:{node.lineno}"
        for module in MODULES
        for node in ast.walk(ast.parse((PACKAGE / module).read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if node.func.attr in ("read_text", "write_text") and "encoding" not in {word.arg for word in node.keywords}
    }
    assert of_locale == set()


def test_each_test_file_mirrors_a_source_file_or_names_a_behaviour() -> None:
    files = {path.relative_to(PROJECT / "tests") for path in (PROJECT / "tests").rglob("test_*.py")}
    own = {path.as_posix() for path in files if path.parts[0] not in WHOLE}
    mirrors = {path for path in own if path.replace("test_", "", 1) in MODULES}
    assert own - mirrors == BEHAVIOURS.keys()
