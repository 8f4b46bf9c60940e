"""Declarations of claims: unique, of figures and tables that exist, judged part by part."""

from collections import Counter
from typing import Any, get_args

import pandas as pd
import pytest
from support.project import PROJECT

from emergence.claims import inputs
from emergence.claims.claims_table import REGISTRIES, bearing
from emergence.claims.registry import ONCE, Claim, Part, Registry, RegistryError, Section, Tolerance
from emergence.claims.rules import at_least
from emergence.claims.verdicts import Finding, Judged
from emergence.release.verify import every_schema
from emergence.schemas import analysis
from emergence.schemas.analysis import CLAIMS

CLAIMS_OF_ALL = [(registry, claim) for registry in REGISTRIES.values() for claim in registry.claims]
FIGURES = {path.stem.removeprefix("fig") for path in (PROJECT / "workflow/captions").glob("fig*.rst")}


def test_claims_of_all_studies_have_names_of_their_own() -> None:
    names = Counter(name for _, claim in CLAIMS_OF_ALL for name in claim.names)
    assert [name for name, count in names.items() if count > 1] == []
    assert len({claim.id for _, claim in CLAIMS_OF_ALL}) > 50


@pytest.mark.parametrize(("registry", "claim"), CLAIMS_OF_ALL, ids=lambda one: getattr(one, "id", ""))
def test_a_claim_names_figures_and_tables_that_exist(registry: Registry, claim: Claim) -> None:
    known = {schema.name for schema in every_schema()}
    assert set(claim.figures) <= FIGURES
    assert claim.tables, "a claim is read from tables"
    assert set(claim.tables) <= registry.schemas.keys() <= known
    assert claim.reproduction in get_args(Tolerance)
    assert claim.statement
    assert claim.published
    assert callable(claim.rule)


def test_every_table_of_a_study_is_read_by_one_of_its_claims() -> None:
    for registry in REGISTRIES.values():
        read = {table for claim in registry.claims for table in (*claim.tables, *claim.beside)}
        of_caveats = {"llc_validity"} if registry.caveats else set()
        assert registry.schemas.keys() == read | of_caveats
        with_parts = {claim.id: claim.parts != ONCE for claim in registry.claims}
        assert all(with_parts[name.split()[0]] == (" " in name) for name in registry.caveats)


def test_figures_list_the_claims_that_they_show() -> None:
    listed = ", ".join(bearing(figure) for figure in sorted(FIGURES))
    shown = {claim.id for _, claim in CLAIMS_OF_ALL if claim.figures}
    assert {one for span in listed.replace("–", ", ").split(", ") if (one := span)} - {""} <= shown
    assert bearing("3") == "A5"


# Declaring and judging ----------------------------------------------------------------------------------------------


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Registry:
    """A study with a claim on events, one on each measure with rates, and one that is read from nothing it has."""
    section = Section("topic")

    @section.claim("X1", "Events happen", published="v1", figures=["2", "S1"], reproduction="draws")
    def happening(events: pd.DataFrame, settings: float) -> Finding:
        value = float(len(events))
        return Finding(value, value - 1, value + 1, judged=Judged("holds"), rule="a rule", bounds=at_least(settings))

    def measures(tables: dict[str, pd.DataFrame], _: float) -> list[Part]:
        return [Part(name, name.upper()) for name in tables["precursors"]["measure"]] if "precursors" in tables else []

    @section.claim("X2", "{Part} leads", published="none", reproduction="exact", parts=measures, ours=True)
    def leading(precursors: pd.DataFrame, part: Part, claim: str) -> Finding | None:
        return None if part.name == "b" else Finding(published=f"v2: {len(precursors)}", control=f"as {claim}")

    with_tables(monkeypatch, "events", "precursors")
    monkeypatch.setitem(inputs.ELSEWHERE, ("study", "precursors"), inputs.Place("other/precursors.parquet"))  # type: ignore[arg-type]
    return Registry("study", (analysis,), (section,), headlines=())


def with_tables(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """A study whose claims are read from these tables."""
    monkeypatch.setitem(inputs.TABLES, "study", names)  # type: ignore[arg-type]


def test_a_row_holds_the_declaration_and_the_finding(registry: Registry) -> None:
    tables = {"events": pd.DataFrame({"step": [1, 2]}), "precursors": pd.DataFrame({"measure": ["a", "b"]})}
    rows = registry.judge(tables, 1.5).set_index("claim")  # type: ignore[arg-type]
    assert rows.index.tolist() == ["X1", "X2 a", "X2 b"]
    first = rows.loc["X1"]
    assert first[["value", "low", "high", "rule_low"]].tolist() == [2.0, 1.0, 3.0, 1.5]
    assert pd.isna(first["rule_high"])
    assert first[["figures", "tables", "reproduction"]].tolist() == ["2, S1", "study/analysis/events.parquet", "draws"]
    assert rows["ours"].tolist() == [False, True, True]
    assert rows.loc["X2 a", ["id", "part", "statement", "published"]].tolist() == ["X2", "a", "A leads", "v2: 2"]
    assert rows.loc["X2 a", "tables"] == "other/precursors.parquet"
    assert rows.loc["X2 a", "control"] == "as X2 a"
    assert rows["verdict"].tolist() == ["holds", "not testable at this tier", "not run"]


def test_a_claim_with_parts_keeps_a_row_without_its_tables(registry: Registry) -> None:
    rows = registry.judge({}, 1.5)  # type: ignore[arg-type]
    assert rows["claim"].tolist() == ["X1", "X2"]
    assert rows["verdict"].tolist() == ["not run"] * 2
    assert list(rows.columns) == CLAIMS.arrow.names


def declare(section: Section, name: str, **options: Any) -> None:
    """A claim on events."""

    @section.claim(name, "{part}", published="none", reproduction="exact", **options)
    def on_events(events: pd.DataFrame) -> Finding:
        return Finding(published=str(len(events)))


def test_a_name_that_two_claims_have_is_refused_with_both_places(monkeypatch: pytest.MonkeyPatch) -> None:
    with_tables(monkeypatch, "events")
    first, second = Section("one"), Section("two")
    declare(first, "X1", parts=(Part("a"), Part("b")))
    declare(second, "X1", parts=(Part("c"),))
    registry = Registry("study", (analysis,), (first, second), headlines=())
    assert [claim.id for claim in registry.claims] == ["X1", "X1"], "its parts differ"
    declare(second, "X1", parts=(Part("b"),))
    for use in (lambda: registry.claims, lambda: registry.judge({}, None)):
        with pytest.raises(RegistryError, match=r"X1 b\b.*on_events.*on_events"):
            use()


def test_a_claim_on_a_table_that_its_study_lacks_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    section = Section("topic")
    declare(section, "X1")
    of_study = Registry("study", (analysis,), (section,), headlines=())
    with_tables(monkeypatch, "events")
    assert of_study.judge({}, None)["claim"].tolist() == ["X1"]
    with_tables(monkeypatch, "precursors")
    with pytest.raises(RegistryError, match=r"X1\b.*'events'.*'study'.*TABLES"):
        of_study.judge({}, None)
    with_tables(monkeypatch, "events", "spectra")
    with pytest.raises(RegistryError, match=r"'study'.*spectra"):
        of_study.judge({}, None)
