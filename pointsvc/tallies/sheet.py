"""The results of a tally as a table for a file, row by row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask_babel import gettext

from pointsvc.errors import N_
from pointsvc.people.models import Organisation
from pointsvc.spreadsheets import Column, Table
from pointsvc.tallies import grades, listing
from pointsvc.tallies.models import Tally
from pointsvc.wording import period_words

AT_ONCE = 2000
HEADINGS = (N_("Member number"), N_("Name"), N_("Branch"), N_("Category"))
FIGURES = (N_("Base points"), N_("Carried over"), N_("Sum of entries"), N_("Total"))
GRADE = N_("Grade")


def results_table(tally: Tally, organisation: Organisation) -> Table:
    """One row a member by number: who, each group's figure, total and grade."""
    names = grades.group_names(tally)
    words = period_words(tally.period)
    columns = [
        *(Column(gettext(text)) for text in HEADINGS),
        *(Column(text, "points") for text in (*names.values(), *(gettext(text) for text in FIGURES))),
        Column(gettext(GRADE)),
    ]
    return Table(words, columns, _rows(tally, names), title=f"{organisation.name} {words}")


def _rows(tally: Tally, names: dict[str, str]) -> Iterator[list[Any]]:
    after = None
    while rows := listing.results(tally=tally, asked=listing.Asked(limit=AT_ONCE, after=after)):
        for row in rows:
            figures = [None if each is None else int(each.scaleb(2)) for each in _figures(row)]
            groups = [row.groups.get(code) for code in names]
            yield [row.number, row.name, row.branch_name, row.category, *groups, *figures, row.grade]
        after = (rows[-1].place, rows[-1].number)


def _figures(row: Any) -> list[Any]:
    return [row.base, row.carried, row.raw, row.total]
