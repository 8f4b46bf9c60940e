# What is kept of the reference run: how its figures are drawn, and from which tables.
from emergence.errors import EmergenceError
from emergence.reference import record

try:
    RECIPES = record.read(REFERENCE).figures
except EmergenceError as error:
    raise WorkflowError(f"There is no reference run to draw from.\n{error}") from None


def kept_tables(wildcards):
    """Tables that a figure is drawn from."""
    inputs = RECIPES[wildcards.figure].inputs
    return files(TABLES / path for paths in inputs.values() for path in paths)


def drawn(wildcards):
    """A figure's stage with its settings and tables, as the command line takes them."""
    recipe = RECIPES[wildcards.figure]
    folder = Path(os.path.relpath(TABLES))
    given = ["--settings", json.dumps(recipe.settings)]
    return [recipe.stage, *given, *record.arguments(recipe, folder)]
