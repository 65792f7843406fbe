"""The house keeps its order: checked on the syntax trees, so that no comment is needed about it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "pointsvc"

# From left to right; who stands further right may import from the left.
ORDER = (
    {"audit"},
    {"people"},
    {"notices"},
    {"evidence", "schemes"},
    {"ledger"},
    {"seals", "activities", "declarations", "pledges", "lists", "reviews"},
    # Whatever is recorded can be drawn.
    {"spotchecks"},
    {"tallies", "boards", "checkins"},
    {"inspections"},
    {"disputes", "rehearsals", "imports", "exports", "reports"},
)
RANK = {noun: rank for rank, nouns in enumerate(ORDER) for noun in nouns}
NOUNS = sorted(path.name for path in PACKAGE.iterdir() if (path / "models.py").exists())
# A noun may use these of Flask's world only where requests are answered.
EDGES = {"api.py", "pages.py", "schemas.py", "door.py"}
# Writes a workbook for a person to read, so it speaks that person's language.
EDGES |= {"returning.py", "sheet.py", "shown.py"}
# Pages with their own file.
EDGES |= {"editor.py"}
# Further pages of a noun that has many.
EDGES |= {"reviewing.py", "typing_in.py"}
# What is publicised of a tally is large enough to stand apart from what is computed.
EDGES |= {"publicity_api.py", "publicity_pages.py", "publicity_schemas.py"}
# Makes a table for a person to read, so it speaks that person's language.
EDGES |= {"returning.py", "sheet.py", "shown.py", "card.py"}
# A large noun has several of a kind, each after what it is of: lives_api.py, accounts_pages.py.
KINDS_OF_EDGES = ("_api.py", "_pages.py", "_schemas.py")
WEB = {"flask", "flask_smorest", "flask_babel", "flask_wtf", "werkzeug", "rq", "redis"}
PLUMBING_OF_EDGES = {"pointsvc.http", "pointsvc.api", "pointsvc.forms"}


def sources(folder: Path) -> list[Path]:
    """All Python files below this folder."""
    found = [path for path in folder.rglob("*.py") if not {"node_modules", "__pycache__"} & set(path.parts)]
    assert found
    return sorted(found)


def imported(path: Path) -> Iterator[str]:
    """Full names of whatever this file imports: ``from pointsvc.people import reach`` is two."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are written in full"
            yield from (f"{node.module}.{name.name}" for name in node.names)


def calls(path: Path) -> Iterator[ast.Call]:
    """All calls in this file."""
    yield from (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))


def where(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_every_noun_has_its_place() -> None:
    assert set(NOUNS) <= set(RANK)
    assert "people" in NOUNS


@pytest.mark.parametrize("noun", NOUNS)
def test_a_noun_imports_only_from_its_left(noun: str) -> None:
    wrong = [
        f"{where(path)} imports {name}"
        for path in sources(PACKAGE / noun)
        for name in imported(path)
        if (other := name.split(".")[1] if name.startswith("pointsvc.") else "") in RANK
        and other != noun
        and RANK[other] >= RANK[noun]
    ]
    assert wrong == []


@pytest.mark.parametrize("noun", NOUNS)
def test_verbs_and_rules_know_neither_requests_nor_queues(noun: str) -> None:
    wrong = [
        f"{where(path)} imports {name}"
        for path in sources(PACKAGE / noun)
        if path.name not in EDGES and not path.name.endswith(KINDS_OF_EDGES)
        for name in imported(path)
        if name.split(".")[0] in WEB or name.startswith(tuple(PLUMBING_OF_EDGES))
    ]
    assert wrong == []


def test_only_the_clock_asks_the_machine_for_the_time() -> None:
    asks = {"now", "utcnow", "today", "localtime", "gmtime"}
    wrong = [
        f"{where(path)}:{call.lineno}"
        for folder in (PACKAGE, ROOT / "workers")
        for path in sources(folder)
        if path != PACKAGE / "clock.py"
        for call in calls(path)
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in asks
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id in ("datetime", "date", "time")
    ]
    assert wrong == []


def test_there_is_one_commit() -> None:
    wrong = [
        f"{where(path)}:{call.lineno}"
        for folder in (PACKAGE, ROOT / "workers")
        for path in sources(folder)
        if path != PACKAGE / "db.py"
        for call in calls(path)
        if isinstance(call.func, ast.Attribute)
        and call.func.attr == "commit"
        and "session" in ast.unparse(call.func.value)
    ]
    assert wrong == []


def test_the_product_never_imports_what_runs_or_tests_it() -> None:
    wrong = [
        f"{where(path)} imports {name}"
        for path in sources(PACKAGE)
        for name in imported(path)
        if name.split(".")[0] in ("tests", "benchmarks")
    ]
    assert wrong == []


@pytest.mark.parametrize("noun", NOUNS)
def test_verbs_take_actor_and_time_by_name(noun: str) -> None:
    """Who does it and when is told, never found out: and nobody mixes up two dates by their order."""
    path = PACKAGE / noun / "service.py"
    if not path.exists():
        pytest.skip("no verbs")
    wrong = [
        node.name
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef)
        and not node.name.startswith("_")
        and {"actor", "at"} <= {argument.arg for argument in (*node.args.args, *node.args.kwonlyargs)}
        and {"actor", "at"} & {argument.arg for argument in node.args.args}
    ]
    assert wrong == []
