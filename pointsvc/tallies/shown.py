"""Scores and seals as the pages show them: names for codes, words for reasons, the newest entry first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from flask import url_for
from flask_babel import format_date, get_locale, gettext

from pointsvc import clock
from pointsvc.permissions import Actor, Permission, allowed
from pointsvc.queues import TALLY_SEAL, Job
from pointsvc.schemes import document as documents
from pointsvc.schemes import periods
from pointsvc.schemes.sentences import plain
from pointsvc.seals import service as seals
from pointsvc.tallies import picturing, publicity, sealing
from pointsvc.tallies.models import Tally
from pointsvc.tallies.scoring import Score
from pointsvc.tallies.sealed import lists_with, roots
from pointsvc.tallies.standing import sources_of
from pointsvc.wording import job_shown


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


def year_drawn(found: Score) -> dict[str, Any] | None:
    """The member's cycle against the grade lines, as templates/components/charts.html takes it; None without a total.

    Names are the ends of the periods tallied so far, and the day through which the score counts.
    """
    if found.total is None:
        return None
    cycle = periods.cycle_start(found.counted_through, documents.starts_month(found.document))
    points = picturing.year(
        member_id=found.member_id, branch_id=found.branch_id, since=cycle, until=found.counted_through
    )
    points.append((found.counted_through, found.total))
    levels = [item for item in found.document.get("grades", ()) if "min" in item]
    return {
        "kind": "line",
        "title": gettext("The year so far"),
        "says": gettext(
            "%(total)s points on %(day)s.", total=plain(found.total), day=format_date(points[-1][0], "long")
        ),
        "columns": [gettext("Counted through"), gettext("Total")],
        "rows": [
            [format_date(day, "MMMd" if str(get_locale()) == "en" else "M月d日"), plain(total)] for day, total in points
        ],
        "values": [float(total) for _, total in points],
        "levels": [{"name": item["name"], "value": float(Decimal(item["min"]))} for item in levels],
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
    sources = sources_of(found.member_id)
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
            "disputed": line.entry in found.disputed,
            "adjustment": line.entry in found.adjustments,
        }


def seal_shown(who: Actor, found: Tally, job: Job | None) -> dict[str, Any]:
    """What the page says of the tally's list and seal."""
    dead = job is not None and job.topic == TALLY_SEAL and job.status == "dead"
    running = sealing.being_sealed(found)
    may = allowed(who, Permission.TALLIES_SEAL) and not running and found.status == "publicised"
    ready = may and publicity.may_be_sealed(found, clock.now()) is None
    return {
        "list": roots(found),
        "seal": seals.of_tallies([found.id]).get(found.id),
        "may_seal": ready,
        "sealing": job_shown(job) if running else None,
        "seal_problem": job.error if job and dead else None,
    }


def proofs_shown(found: Score) -> list[dict[str, Any]]:
    """The publicised and sealed lists on which this member stands for this period."""
    rows = lists_with(member_id=found.member_id, branch_id=found.branch_id, period=found.period.name)
    return [
        {
            "organisation": organisation.name,
            "n": seal.n if seal else None,
            "href": url_for("tallies.member_proof", tally_id=listed.id, member=found.number),
        }
        for listed, organisation, seal in rows
    ]
