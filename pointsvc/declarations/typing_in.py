"""Pages for members without a telephone: sheets to print, and their lines to be typed in."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import ngettext

from pointsvc import clock, errors, forms
from pointsvc.db import transaction
from pointsvc.declarations import choosing, rules, sheetcode, sheets
from pointsvc.declarations import service as declarations
from pointsvc.declarations.models import DeclarationSheet
from pointsvc.declarations.reviewing import bp
from pointsvc.http import actor, requires
from pointsvc.people import listing, meaning, reach
from pointsvc.people.door import words
from pointsvc.people.models import Organisation
from pointsvc.permissions import Permission

ROWS = 10
CELLS = ("member", "rule", "occurred_on", "amount", "note")
SHEETS_SHOWN = 30
# Where a refusal of the verb is shown in the row.
_CELL_OF = {"quantity": "amount", "tier": "amount", "points": "amount", "sheet": "member", "line": "member"}


@dataclass(frozen=True, slots=True)
class _Table:
    """What the rows are typed against: whose members, which rules, which lines of which sheet."""

    organisation: Organisation
    sheet: DeclarationSheet | None
    members: Sequence[Mapping[str, Any]]
    rules: Sequence[Mapping[str, Any]]
    typed: set[int]

    @property
    def code(self) -> str | None:
        return sheetcode.code(self.sheet.id) if self.sheet else None

    @property
    def numbers(self) -> range:
        return range(1, (self.sheet.lines if self.sheet else ROWS) + 1)


@bp.get("/declarations/lines")
@requires(Permission.DECLARATIONS_REVIEW)
def lines() -> str:
    return _page(_table(request.args), {})


@bp.post("/declarations/lines", endpoint="type_in")
@requires(Permission.DECLARATIONS_REVIEW)
def type_in() -> Any:
    form = request.form
    table = _table(form)
    filled = [n for n in table.numbers if any(form.get(f"{cell}-{n}", "").strip() for cell in CELLS)]
    try:
        deeds = _deeds(table, form, filled)
        with transaction():
            made = declarations.declare_several(
                actor=actor(), at=clock.now(), deeds=deeds, once=forms.once(form.get("key", ""))
            )
    except errors.Invalid as problem:
        return _page(table, _by_cell(words(problem), filled)), 422
    text = ngettext(
        "%(num)s declaration has been typed in. Somebody else reviews it.",
        "%(num)s declarations have been typed in. Somebody else reviews them.",
        len(made),
    )
    flash(text, "good")
    return redirect(url_for("declarations.lines", sheet=table.code, organisation=table.organisation.code))


@bp.get("/declarations/sheets", endpoint="sheets")
@requires(Permission.DECLARATIONS_REVIEW)
def list_sheets() -> str:
    return _sheets({})


@bp.post("/declarations/sheets", endpoint="print_sheets")
@requires(Permission.DECLARATIONS_REVIEW)
def print_sheets() -> Any:
    copies = request.form.get("copies", "")
    try:
        with transaction():
            made = sheets.print_sheets(
                actor=actor(),
                at=clock.now(),
                organisation=request.form.get("organisation", ""),
                copies=int(copies) if copies.isascii() and copies.isdigit() and len(copies) < 4 else 0,
            )
    except errors.Invalid as problem:
        return _sheets(words(problem)), 422
    return redirect(url_for("declarations.paper", sheet=[sheetcode.code(row.id) for row in made]))


@bp.get("/declarations/paper")
@requires(Permission.DECLARATIONS_REVIEW)
def paper() -> str:
    """The sheets themselves, to be printed."""
    codes = request.args.getlist("sheet")[: sheets.MOST_AT_ONCE]
    found = list(sheets.by_code(actor=actor(), codes=codes).values())
    if not found:
        raise errors.NotFound()
    node = reach.organisation_by_id(actor(), found[0].organisation_id)
    return render_template(
        "declarations/paper.html",
        organisation=node,
        sheets=[
            {"code": sheetcode.code(row.id), "lines": row.lines} for row in found if row.organisation_id == node.id
        ],
        rules=choosing.numbered(node.id, clock.today()),
    )


# ---- inside


def _table(asked: Mapping[str, str]) -> _Table:
    who, code = actor(), asked.get("sheet", "").strip()
    sheet = sheets.sheet(actor=who, code=code) if code else None
    if sheet is not None:
        node = reach.organisation_by_id(who, sheet.organisation_id)
    else:
        node = reach.named_or_own(who, asked.get("organisation"))
    return _Table(
        organisation=node,
        sheet=sheet,
        members=choosing.members(who, node.code),
        rules=choosing.numbered(node.id, clock.today()),
        typed=sheets.typed_lines([sheet.id]).get(sheet.id, set()) if sheet else set(),
    )


def _deeds(table: _Table, form: Mapping[str, str], filled: Sequence[int]) -> list[declarations.Deed]:
    """The filled rows as deeds. Raises Invalid with the paths of ``declare_several``."""
    found: list[declarations.Deed] = []
    wrong: dict[str, Any] = {}
    for n, number in enumerate(filled):
        cells = {cell: form.get(f"{cell}-{number}", "").strip() for cell in CELLS}
        try:
            found.append(_deed(table, cells, number))
        except errors.Invalid as problem:
            wrong |= {f"lines.{n}.{name}": messages for name, messages in problem.errors.items()}
    if wrong:
        raise errors.Invalid(wrong)
    return found


def _deed(table: _Table, cells: Mapping[str, str], number: int) -> declarations.Deed:
    rule = next((rule for rule in table.rules if rule["code"] == cells["rule"]), None)
    if rule is None:
        raise errors.Invalid({"rule": errors.N_("Please choose what was done")})
    note = cells["note"][:1000] or None
    return declarations.Deed(
        member=meaning.who(cells["member"], table.members),
        rule=cells["rule"],
        occurred_on=forms.day("occurred_on", cells["occurred_on"]),
        matter=note[:200] if note and rule["highest_only"] else None,
        note=note,
        sheet=table.code,
        line=number if table.sheet else None,
        **rules.amount(rule["rule"], cells["amount"]),
    )


def _by_cell(wrong: Mapping[str, list[str]], filled: Sequence[int]) -> dict[str, list[str]]:
    """The messages by the cell that they are about, such as ``amount-3``."""
    found: dict[str, list[str]] = {}
    for path, messages in wrong.items():
        _, _, rest = path.partition(".")
        n, _, name = rest.partition(".")
        cell = f"{_CELL_OF.get(name, name)}-{filled[int(n)]}" if name else f"member-{(filled or [1])[0]}"
        found.setdefault(cell, []).extend(messages)
    return found


def _page(table: _Table, wrong: Mapping[str, list[str]]) -> str:
    form = request.form
    return render_template(
        "declarations/lines.html",
        organisation=table.organisation,
        organisations=_choices(),
        sheet=table.code,
        members=table.members,
        rules=table.rules,
        rows=[
            {"n": n, "typed": n in table.typed, **{cell: form.get(f"{cell}-{n}", "") for cell in CELLS}}
            for n in table.numbers
        ],
        today=clock.today().isoformat(),
        key=form.get("key") or secrets.token_urlsafe(12),
        errors=wrong,
    )


def _sheets(wrong: Mapping[str, list[str]]) -> str:
    printed = sheets.printed(actor=actor(), limit=SHEETS_SHOWN)
    names = {row.id: row.name for row in listing.organisations(actor=actor(), limit=1000)}
    return render_template(
        "declarations/sheets.html",
        organisations=_choices(),
        form={"organisation": request.form.get("organisation", ""), "copies": request.form.get("copies", "1")},
        sheets=[
            {
                "code": sheetcode.code(row.id),
                "branch": names.get(row.organisation_id, ""),
                "lines": row.lines,
                "typed": len(typed),
                "printed_at": row.printed_at,
            }
            for row, typed in printed
        ],
        errors=wrong,
    )


def _choices() -> list[tuple[str, str]]:
    return [(row.code, row.name) for row in listing.organisations(actor=actor(), limit=1000)]
