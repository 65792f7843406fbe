"""A score as the page shows it: names for codes, words for reasons, the newest entry first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from flask_babel import gettext

from pointsvc.tallies.listing import sources_of
from pointsvc.tallies.scoring import Score


def score_shown(found: Score) -> dict[str, Any]:
    """The score as templates/tallies/score.html takes it, in the reader's language."""
    document = found.document
    names = {rule["code"]: rule["name"] for rule in document["rules"]}
    grades = document.get("grades", ())
    return {
        "total": found.total,
        "grade": found.grade,
        "exempt": found.total is None,
        "ungraded": found.category in document.get("ungraded", ()),
        "veto": found.veto,
        "raw": found.raw,
        "base": found.base,
        "carried": found.carried,
        "ceiling": Decimal(document["ceiling"]) if "ceiling" in document else None,
        "honour": bool(grades) and found.grade == grades[0]["name"],
        "groups": [_group(group, found, document["rules"]) for group in document["groups"]],
        "next_grade": {"name": found.next_grade[0], "points": found.next_grade[1]} if found.next_grade else None,
        "could": [
            {"rule": one.name, "points": one.points, "words": one.words.render(gettext) if one.words else ""}
            for one in found.missing
        ],
        "lines": list(_lines(found, names)),
    }


def _group(group: Mapping[str, Any], found: Score, rules: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    base = Decimal(group.get("base", "0"))
    own = (found.rules.get(rule["code"], Decimal(0)) for rule in rules if rule["group"] == group["code"])
    return {
        "code": group["code"],
        "name": group["name"],
        "figure": found.groups[group["code"]],
        "cap": Decimal(group["cap"]) if "cap" in group else None,
        "base": base,
        "raw": base + sum(own, Decimal(0)),
    }


def _lines(found: Score, names: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """The entries, the latest day first, with what they were recorded from."""
    sources = sources_of(found.member.id)
    for line in reversed(found.lines):
        source = sources.get(line.entry)
        yield {
            "entry": line.entry,
            "rule": names.get(line.rule or "", line.rule or "—"),
            "occurred_on": line.occurred_on,
            "points": line.points,
            "counted": line.counted,
            "why": " ".join(words.render(gettext) for words in line.words),
            "reversed": "reversed" in line.codes or "reversal" in line.codes,
            "note": source.matter or source.note if source else None,
            "source": source.source if source else None,
        }
