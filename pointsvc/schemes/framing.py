"""The frame of a sheet by form: title and basis, base points, grades, points for attendance. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pointsvc.schemes.checking import MARKS
from pointsvc.schemes.filling import Edited, Fields, Form, kept, put

Document = Mapping[str, Any]

OURS = ("regular", "probationary", "floating", "retired")
TREATED = ("exempt", "ungraded")
EMPTY_ROWS = 3
# Words for people, in the document but of no effect on points.
SAID = ("about", "basis", "adopted_by", "adopted_on")


def categories(document: Document) -> list[str]:
    """The categories that one may speak of: ours, and those that the sheet names."""
    named: list[str] = [*document.get("base", {}).get("by_category", {})]
    for name in TREATED:
        named += document.get(name, ())
    for rule in document["rules"]:
        named += rule.get("applies_to", ())
    return list(dict.fromkeys([*OURS, *named]))


# ---- title and basis


def title_fields(document: Document, code: str | None = None) -> Fields:
    """What the form of the title shows. A district may keep more than a text in a field; that is not shown."""
    said = {name: document[name] if isinstance(document.get(name), str) else "" for name in SAID}
    return {"name": document["name"], "starts_month": str(document["cycle"]["starts_month"]), **said}


def with_title(document: Document, form: Form, code: str | None = None) -> Edited:
    """The document under this title."""
    new: dict[str, Any] = {**document, "name": form.text("name")}
    new["cycle"] = {**document["cycle"], "starts_month": form.count("starts_month")}
    for name in SAID:
        if form.text(name) or isinstance(document.get(name), str):
            put(new, name, form.text(name))
    return Edited(new, {"name": "name", "cycle": "starts_month"}, "title")


# ---- base points, limits of the total, who is counted how


def total_fields(document: Document, code: str | None = None) -> Fields:
    """What the form of the totals shows: a row for each category, and some empty ones."""
    base = document.get("base", {})
    fields: Fields = {"base": base.get("default", "")}
    fields |= {name: document.get(name, "") for name in ("floor", "ceiling", "carry_over")}
    for n, category in enumerate([*categories(document), *[""] * EMPTY_ROWS]):
        fields[f"category-{n}-name"] = category
        fields[f"category-{n}-base"] = base.get("by_category", {}).get(category, "")
        fields[f"category-{n}-how"] = next((how for how in TREATED if category in document.get(how, ())), "")
    return fields


def with_totals(document: Document, form: Form, code: str | None = None) -> Edited:
    """The document with these base points and limits."""
    new = dict(document)
    edited = Edited(new, {"floor": "floor", "ceiling": "ceiling", "carry_over": "carry_over"}, "totals")
    edited.fields["base.default"] = "base"
    for name in ("floor", "ceiling"):
        put(new, name, form.number(name))
    put(new, "carry_over", form.share("carry_over"))
    base = kept(document.get("base", {}), "default", "by_category")
    put(base, "default", form.number("base"))
    put(base, "by_category", _by_category(form, edited))
    new["base"] = base
    for how in TREATED:
        put(new, how, _treated(form, how, edited))
    return edited


def _by_category(form: Form, edited: Edited) -> dict[str, str]:
    found = {}
    for row in form.rows("category"):
        name, points = form.text(f"category-{row}-name"), form.number(f"category-{row}-base")
        if points:
            found[name] = points
            edited.fields[f"base.by_category.{name}"] = f"category-{row}-base" if name else f"category-{row}-name"
    return found


def _treated(form: Form, how: str, edited: Edited) -> list[str]:
    found: list[str] = []
    for row in form.rows("category"):
        if form.text(f"category-{row}-how") == how:
            edited.fields[f"{how}.{len(found)}"] = f"category-{row}-name"
            found.append(form.text(f"category-{row}-name"))
    return found


# ---- grades


def grade_fields(document: Document, code: str | None = None) -> Fields:
    """What the form of the grades shows, best first, and some empty rows."""
    grades = [*document.get("grades", ()), *({} for _ in range(EMPTY_ROWS))]
    return {
        f"grade-{n}-{name}": grade.get(name, "") for n, grade in enumerate(grades) for name in ("name", "min", "quota")
    }


def with_grades(document: Document, form: Form, code: str | None = None) -> Edited:
    """The document with these grades."""
    known = {grade["name"]: grade for grade in document.get("grades", ())}
    edited = Edited(dict(document), {"grades": "grade-0-name"}, "grades")
    grades: list[dict[str, Any]] = []
    for row in form.rows("grade"):
        grade = {"name": form.text(f"grade-{row}-name")}
        put(grade, "min", form.number(f"grade-{row}-min"))
        put(grade, "quota", form.share(f"grade-{row}-quota"))
        if grade != {"name": ""}:
            edited.fields.update(_paths(f"grades.{len(grades)}", f"grade-{row}", ("name", "min", "quota")))
            grades.append(kept(known.get(grade["name"], {}), "name", "min", "quota") | grade)
    edited.document["grades"] = grades
    return edited


# ---- points for attendance


def activity_fields(document: Document, code: str | None = None) -> Fields:
    """What the form of the kinds of meetings shows, and some empty rows."""
    kinds = [*document.get("activities", {}).items(), *[("", {})] * EMPTY_ROWS]
    fields: Fields = {}
    for n, (kind, marks) in enumerate(kinds):
        fields[f"activity-{n}-kind"] = kind
        fields |= {f"activity-{n}-{mark}": marks.get(mark, "") for mark in MARKS}
    return fields


def with_activities(document: Document, form: Form, code: str | None = None) -> Edited:
    """The document with these kinds of meetings and what each mark gives."""
    known = document.get("activities", {})
    edited = Edited(dict(document), {}, "activities")
    activities: dict[str, Any] = {}
    for row in form.rows("activity"):
        kind = form.text(f"activity-{row}-kind")
        marks: dict[str, Any] = {}
        for mark in MARKS:
            put(marks, mark, form.text(f"activity-{row}-{mark}"))
        if kind or marks:
            edited.fields.update(_paths(f"activities.{kind}", f"activity-{row}", MARKS))
            edited.fields[f"activities.{kind}"] = f"activity-{row}-kind"
            activities[kind] = kept(known.get(kind, {}), *MARKS) | marks
    put(edited.document, "activities", activities)
    return edited


def _paths(path: str, row: str, names: Iterable[str]) -> dict[str, str]:
    return {f"{path}.{name}": f"{row}-{name}" for name in names}
