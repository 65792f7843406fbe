"""A rehearsal's report as its page shows it: in the reader's words, what matters most first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from flask_babel import gettext

from pointsvc.errors import N_, Message
from pointsvc.rehearsals.reporting import BANDS
from pointsvc.schemes import sentences

Report = Mapping[str, Any]

REASONS = {
    "no_rule": N_("the draft has no such rule"),
    "no_tier": N_("the draft has no such level"),
    "not_for_category": N_("in the draft the rule does not hold for the member's category"),
}
_POINTS = N_("capped at %(limit)s points %(each)s")
_TIMES = N_("capped at %(limit)s times %(each)s")
_HIGHEST = N_("of one matter only the highest")
_CEILING = N_("total at most %(limit)s points")
_LEAST = N_("total at least %(limit)s points")
_LIMITS = {
    "points": _POINTS,
    "times": _TIMES,
    "highest_only": _HIGHEST,
    "total_ceiling": _CEILING,
    "total_floor": _LEAST,
}


def report_shown(report: Report) -> dict[str, Any]:
    """All parts of the report for templates/rehearsals/rehearsal.html."""
    limits = [_limit(item) for item in report["limits"]]
    binding = [item for item in limits if item["most"]]
    return {
        **{name: report[name] for name in ("members", "compared", "up", "down", "other_grade")},
        **{name: report[name] for name in ("newly_scored", "no_longer_scored", "vetoes_before", "vetoes_after")},
        **{name: report[name] for name in ("new_rules", "gone_rules")},
        "same": report["compared"] - report["up"] - report["down"],
        "mean": _points(report["mean_change"]),
        "median": _points(report["median_change"]),
        "grades": _grades(report),
        "matrix": _matrix(report),
        "binding": sorted(binding, key=lambda item: -item["most"]),
        "idle": [item for item in limits if not item["most"]],
        "by": {name: [_group(name, row) for row in rows] for name, rows in report["by"].items()},
        "lost": [{**item, "why": _why(item)} for item in report["lost"]],
    }


def _why(item: Mapping[str, Any]) -> str:
    words = REASONS[item["reason"]]
    return gettext(words)


def _points(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


# ---- grades


def _names(report: Report, side: str, others: Sequence[str]) -> list[str | None]:
    """The grades of a sheet, best first; without a grade last, where there is anybody."""
    found: list[str | None] = [*others]
    if any(cell[side] is None for cell in report["matrix"]):
        found.append(None)
    return found


def _grades(report: Report) -> list[dict[str, Any]]:
    """How many have each grade before and after, best first."""
    names = dict.fromkeys((*report["grades"]["before"], *report["grades"]["after"]))
    found: list[dict[str, Any]] = [{"words": name, "before": 0, "after": 0} for name in (*names, None)]
    by_name = {item["words"]: item for item in found}
    for cell in report["matrix"]:
        for side in ("before", "after"):
            by_name[cell[side]][side] += cell["members"]
    if not (found[-1]["before"] or found[-1]["after"]):
        found.pop()
    return found


def _matrix(report: Report) -> dict[str, Any]:
    columns = _names(report, "after", report["grades"]["after"])
    cells = {(cell["before"], cell["after"]): cell["members"] for cell in report["matrix"]}
    rows = [
        {
            "words": before,
            "cells": [{"members": cells.get((before, after), 0), "same": before == after} for after in columns],
        }
        for before in _names(report, "before", report["grades"]["before"])
    ]
    return {"columns": columns, "rows": rows}


# ---- limits


def _limit(item: Mapping[str, Any]) -> dict[str, Any]:
    sides = [item["before"], item["after"]]
    return {
        "name": item["name"] or gettext("the sheet as a whole"),
        "most": max(side["members"] for side in sides if side),
        "before": _side(item["kind"], sides[0]),
        "after": _side(item["kind"], sides[1]),
    }


def _side(kind: str, side: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if side is None:
        return None
    return {"words": _says(kind, side).render(gettext), "members": side["members"], "points": Decimal(side["points"])}


def _says(kind: str, side: Mapping[str, Any]) -> Message:
    if kind in ("cap", "floor"):
        return sentences.group({kind: side["limit"]})
    each = Message(sentences.PER[side["per"]]) if side["per"] else ""
    limit = side["limit"] and sentences.plain(Decimal(side["limit"])).replace("-", "−")
    return Message(_LIMITS[kind], limit=limit, each=each)


# ---- kinds of members


def _group(name: str, row: Mapping[str, Any]) -> dict[str, Any]:
    figures = {key: Decimal(row[key]) for key in ("mean_before", "mean_after", "mean_change")}
    return {
        "words": _years(row["key"]) if name == "years" else row["name"],
        "href_code": row["key"],
        **{key: row[key] for key in ("members", "up", "down")},
        **figures,
    }


def _years(first: int | None) -> str:
    if first is None:
        return gettext("not entered")
    after = BANDS[BANDS.index(first) + 1] if first != BANDS[-1] else None
    if not first:
        return gettext("fewer than %(years)s years", years=after)
    if after is None:
        return gettext("%(years)s years and more", years=first)
    return gettext("%(first)s to %(last)s years", first=first, last=after - 1)
