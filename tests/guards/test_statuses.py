"""A score advises a meeting: no line of code lets a figure change what somebody is or where they belong."""

from __future__ import annotations

import ast

from tests.guards.test_imports import PACKAGE, ROOT, calls, sources, where

# Whoever changes a life calls one of these, and only a person's form or request does that, or the
# day on which a recorded decision ends.
CHANGING = {"set_category", "transfer", "release", "open_category", "change"}
ALLOWED = {
    "pointsvc/people/lives.py",
    "pointsvc/people/lives_api.py",
    "pointsvc/people/lives_pages.py",
    "pointsvc/people/exemptions.py",
}
WRITERS_OF_CATEGORIES = {"pointsvc/people/loading.py", "pointsvc/people/exemptions.py"}


def name_of(call: ast.Call) -> str:
    return ast.unparse(call.func).rsplit(".", 1)[-1]


def test_nothing_that_reckons_changes_a_life() -> None:
    found = {
        where(path)
        for folder in (PACKAGE, ROOT / "workers")
        for path in sources(folder)
        for call in calls(path)
        if name_of(call) in CHANGING and (name_of(call) != "change" or ast.unparse(call.func).startswith("lives."))
    }
    assert found == ALLOWED


def test_only_people_write_a_category() -> None:
    found = {
        where(path)
        for path in sources(PACKAGE)
        for call in calls(path)
        if name_of(call) == "MemberCategory"
        or (name_of(call) in ("insert", "update", "delete") and "MemberCategory" in map(ast.unparse, call.args))
    }
    assert found == WRITERS_OF_CATEGORIES
