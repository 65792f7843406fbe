"""A rehearsal as it runs: what it finds, by figures that one can reckon in one's head, and what it leaves alone."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from pointsvc import clock, queues
from pointsvc.db import db, transaction
from pointsvc.errors import Conflict, Invalid, NotFound
from pointsvc.ledger.models import Entry
from pointsvc.rehearsals import computing
from pointsvc.rehearsals import service as rehearsals
from pointsvc.rehearsals.models import Rehearsal, RehearsalResult
from pointsvc.schemes import service as schemes
from pointsvc.schemes.models import Scheme
from pointsvc.tallies import computing as tallying
from pointsvc.tallies import service as tallies
from pointsvc.tallies.models import PreviousTotal, Standing, Tally, TallyResult
from tests import factories
from tests.conftest import FrozenClock
from tests.rehearsals import work
from tests.tallies import sheets
from tests.tallies import work as tallied

NEXT_YEAR = date(2027, 1, 1)


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock) -> None:
    sheets.ruled_district()


def draft(change: Callable[[dict[str, Any]], Any] = lambda document: None, organisation: str = "QS") -> int:
    """A draft of the sheet in force with this change."""
    document = copy.deepcopy(sheets.SHEET)
    change(document)
    with transaction():
        made = schemes.create(
            actor=factories.SYSTEM, at=clock.now(), organisation=organisation, starts_on=NEXT_YEAR, document=document
        )
        return made.id


def rule(document: dict[str, Any], code: str) -> dict[str, Any]:
    return next(item for item in document["rules"] if item["code"] == code)


def setting(code: str, **changes: Any) -> Callable[[dict[str, Any]], Any]:
    """A change of one rule."""
    return lambda document: rule(document, code).update(changes)


def without(code: str) -> Callable[[dict[str, Any]], Any]:
    return lambda document: document["rules"].remove(rule(document, code))


def total(member: str, scheme_id: int, **more: Any) -> tuple[str | None, str | None]:
    """A member's total under the sheet in force and under the draft."""
    found = work.rehearse(scheme_id, **more)
    return work.results(found, under_draft=False)[member][0], work.results(found, under_draft=True)[member][0]


# ---- what an entry is worth under the draft


def test_the_very_sheet_in_force_changes_nobody() -> None:
    sheets.record("M001", "class", "2026-01-10")
    sheets.record("M001", "award", "2026-02-10", tier="city", matter="m")
    sheets.record("M004", "duty", "2026-03-10", points=Decimal("-2.5"))
    sheets.reverse(sheets.record("M004", "hours", "2026-03-10", quantity=Decimal("2.5")))
    found = work.rehearse(draft())
    assert work.results(found, under_draft=False) == work.results(found, under_draft=True)
    report = found.report
    assert report is not None
    assert (report["members"], report["compared"], report["up"], report["down"], report["other_grade"]) == (
        5,
        4,
        0,
        0,
        0,
    )
    assert (report["mean_change"], report["median_change"]) == ("0.00", "0.00")
    assert report["lost"] == report["new_rules"] == report["gone_rules"] == []
    assert all(item["before"] == item["after"] for item in report["limits"])


def test_fixed_points_are_taken_times_the_quantity_half_up() -> None:
    sheets.record("M001", "hours", "2026-01-10", quantity=Decimal("2.5"))
    # 0.99 × 2.5 is 2.475.
    assert total("M001", draft(setting("hours", points="0.99"))) == ("63.00", "62.48")
    assert total("M001", draft(setting("hours", points="-0.99"))) == ("63.00", "57.52")
    assert total("M001", draft(setting("hours", points="0"))) == ("63.00", "60.00")


def test_a_tier_is_looked_up_by_its_code() -> None:
    sheets.record("M001", "award", "2026-01-10", tier="city", matter="m")
    tiers = [{"code": "city", "name": "市级", "points": "7.5"}, {"code": "town", "name": "镇", "points": "9"}]
    assert total("M001", draft(setting("award", tiers=tiers))) == ("70.00", "67.50")


def test_a_chosen_value_is_brought_into_the_new_range() -> None:
    sheets.record("M001", "duty", "2026-01-10", points=Decimal("-8"))
    sheets.record("M004", "duty", "2026-01-10", points=Decimal("-1"))
    scheme_id = draft(setting("duty", range=["-5", "-2"]))
    assert total("M001", scheme_id) == ("52.00", "55.00")
    assert total("M004", scheme_id) == ("59.00", "58.00")


def test_what_was_taken_back_stays_so() -> None:
    for code, more in (
        ("hours", {"quantity": Decimal(3)}),
        ("duty", {"points": Decimal(-8)}),
        ("award", {"tier": "city"}),
    ):
        sheets.reverse(sheets.record("M001", code, "2026-01-10", **more))
    change = [setting("hours", points="7"), setting("duty", range=["-3", "-2"]), setting("award", highest_only=False)]
    assert total("M001", draft(lambda document: [one(document) for one in change])) == ("60.00", "60.00")


@pytest.mark.parametrize(
    ("change", "after", "reason", "tier"),
    [
        (without("award"), "60.00", "no_rule", None),
        (setting("award", tiers=[{"code": "town", "name": "镇", "points": "3"}]), "60.00", "no_tier", "city"),
        (setting("award", applies_to=["floating"]), "60.00", "not_for_category", None),
    ],
    ids=["no rule", "no tier", "not for the category"],
)
def test_what_could_not_have_been_recorded_is_listed(
    change: Callable[[dict[str, Any]], Any], after: str, reason: str, tier: str | None
) -> None:
    sheets.record("M001", "award", "2026-01-10", tier="city", matter="m")
    sheets.reverse(sheets.record("M001", "award", "2026-01-11", tier="city", matter="n"))
    found = work.rehearse(draft(change))
    assert work.results(found, under_draft=True)["M001"][0] == after
    assert found.report is not None
    assert found.report["lost"] == [
        {"code": "award", "name": "受表彰", "tier": tier, "reason": reason, "entries": 1, "points": "10.00"}
    ]


def test_a_rule_of_another_kind_values_what_it_can() -> None:
    sheets.record("M001", "class", "2026-01-10")
    sheets.record("M001", "award", "2026-01-10", tier="city", matter="m")
    fixed = {"code": "award", "group": "serve", "name": "受表彰", "points": "4"}

    def change(document: dict[str, Any]) -> None:
        document["rules"][document["rules"].index(rule(document, "award"))] = fixed
        document["rules"][0] = {"code": "class", "group": "study", "name": "集中学习", "range": ["3", "5"]}

    assert total("M001", draft(change)) == ("72.00", "67.00")


def test_new_rules_have_no_data_and_are_listed() -> None:
    def change(document: dict[str, Any]) -> None:
        document["rules"].append({"code": "brandnew", "group": "serve", "name": "新细则", "points": "5"})
        document["rules"].remove(rule(document, "note"))

    found = work.rehearse(draft(change))
    assert found.report is not None
    assert found.report["new_rules"] == [{"code": "brandnew", "name": "新细则"}]
    assert found.report["gone_rules"] == [{"code": "note", "name": "学习笔记"}]
    assert found.report["up"] == found.report["down"] == 0


# ---- which days, which members


def test_only_what_was_known_and_lies_in_the_cycle_counts() -> None:
    sheets.record("M001", "talk", "2026-01-10")
    sheets.record("M001", "hours", "2026-05-10", quantity=Decimal(10))
    scheme_id = draft(setting("talk", points="5"))
    assert total("M001", scheme_id, period="2026-Q1") == ("68.00", "65.00")
    assert total("M001", scheme_id, period="2026-H1") == ("80.00", "77.00")
    assert total("M001", scheme_id, cycle=date(2026, 1, 1)) == ("80.00", "77.00")


def test_a_draft_whose_year_begins_elsewhere_is_tried_on_the_same_days() -> None:
    sheets.record("M001", "talk", "2026-01-10")
    found = work.rehearse(draft(lambda document: document["cycle"].update(starts_month=7)), period="2026-Q3")
    assert (found.starts_on, found.through_on) == (date(2026, 1, 1), date(2026, 9, 30))
    assert work.results(found, under_draft=True)["M001"][0] == "68.00"


def test_carry_over_is_reckoned_by_each_sheets_own_share() -> None:
    with transaction():
        tallies.set_previous_total(
            actor=factories.SYSTEM, at=clock.now(), member="M001", cycle=date(2026, 1, 1), total=Decimal("80")
        )
    assert total("M001", draft(lambda document: document.update(carry_over="0.2"))) == ("86.67", "76.00")


def test_those_with_a_nearer_sheet_stay_apart() -> None:
    sheets.publish("QS01")
    found = work.rehearse(draft())
    assert set(work.results(found, under_draft=True)) == {"M005"}
    assert (found.members, found.apart) == (1, 4)
    of_street = work.rehearse(draft(organisation="QS01"))
    assert set(work.results(of_street, under_draft=False)) == {"M001", "M002", "M003", "M004"}
    assert of_street.in_force_id != found.in_force_id


# ---- the report


def test_grades_before_and_after_stand_in_a_matrix() -> None:
    sheets.record("M001", "hours", "2026-01-10", quantity=Decimal(20))
    sheets.record("M004", "duty", "2026-01-10", points=Decimal(-1))
    change = lambda document: document.update(base={"default": "50", "by_category": {"floating": "50"}})  # noqa: E731 - short
    found = work.rehearse(draft(change), actor=factories.actor("admin"))
    report = found.report
    assert report is not None
    # M001 84 → 74, M002 60 → 50 (not graded), M003 is not scored, M004 59 → 49, M005 50 → 50.
    assert report["matrix"] == [
        {"before": None, "after": None, "members": 2},
        {"before": "不合格", "after": "不合格", "members": 2},
        {"before": "优秀", "after": "合格", "members": 1},
    ]
    assert (report["compared"], report["up"], report["down"], report["other_grade"]) == (4, 0, 3, 1)
    assert (report["mean_change"], report["median_change"]) == ("-7.50", "-10.00")
    [row] = rehearsals.changed(rehearsal=found, limit=10)
    assert (row["number"], row["branch"], row["grade_before"], row["grade_after"]) == ("M001", "QS0101", "优秀", "合格")
    assert (row["total_before"], row["total_after"]) == (Decimal("84.00"), Decimal("74.00"))
    assert rehearsals.changed(rehearsal=found, limit=10, after="M001") == []


def test_who_begins_or_ceases_to_be_scored_is_counted_apart() -> None:
    found = work.rehearse(draft(lambda document: document.update(exempt=["floating", "probationary"])))
    report = found.report
    assert report is not None
    assert (report["compared"], report["newly_scored"], report["no_longer_scored"]) == (2, 1, 2)


def test_each_limit_says_for_how_many_it_held_how_much_back() -> None:
    for day in ("2026-01-10", "2026-01-11", "2026-02-10"):
        sheets.record("M001", "class", day)
    for day in ("2026-01-10", "2026-01-20"):
        sheets.record("M001", "note", day)
        sheets.record("M002", "note", day)
    sheets.record("M001", "talk", "2026-03-10")
    for tier in ("town", "city"):
        sheets.record("M001", "award", "2026-03-10", tier=tier, matter="m")
    for day in ("2026-03-10", "2026-03-11"):
        sheets.record("M004", "duty", day, points=Decimal(-8))
    # One who is not scored is not counted.
    for day in ("2026-01-10", "2026-01-11", "2026-02-10"):
        sheets.record("M003", "class", day)

    def change(document: dict[str, Any]) -> None:
        rule(document, "class")["caps"] = [{"per": "quarter", "points": "4"}, {"per": "year", "points": "3"}]
        rule(document, "note")["caps"] = []
        document["groups"][0]["cap"] = "20"
        del document["groups"][2]["floor"]

    found = work.rehearse(draft(change))
    side = {"members": 1, "points": "1.00"}
    # Classes come to 6: the quarter lets 5 through, the draft's quarter 4 and its year 3.
    points = [item for item in found.report["limits"] if item["kind"] == "points"]  # type: ignore[index] # it is done
    assert [(item["code"], item["before"], item["after"]) for item in points] == [
        (
            "class",
            {"limit": "5", "per": "quarter", **side},
            {"limit": "4", "per": "quarter", "members": 1, "points": "2.00"},
        ),
        ("class", None, {"limit": "3", "per": "year", **side}),
    ]
    assert work.limit(found, "times", "note")["before"] == {
        "limit": "1",
        "per": "month",
        "members": 2,
        "points": "2.00",
    }
    assert work.limit(found, "times", "note")["after"] is None
    assert work.limit(found, "highest_only", "award")["before"] == {
        "limit": "",
        "per": "",
        "members": 1,
        "points": "3.00",
    }
    # 5 + 1 + 8 is 14, and the group lets 12 through; in the draft 3 + 2 + 8 is 13, and it lets 20 through.
    assert work.limit(found, "cap", "study")["before"] == {"limit": "12", "per": "", "members": 1, "points": "2.00"}
    assert work.limit(found, "cap", "study")["after"] == {"limit": "20", "per": "", "members": 0, "points": "0.00"}
    # 16 were taken off, the floor lets 10.
    assert work.limit(found, "floor", "minus")["before"] == {"limit": "-10", "per": "", "members": 1, "points": "6.00"}
    assert work.limit(found, "floor", "minus")["after"] is None


def test_the_ends_of_the_total_are_counted_and_a_veto_is_none_of_them() -> None:
    sheets.record("M001", "hours", "2026-01-10", quantity=Decimal(25))
    sheets.record("M001", "award", "2026-01-10", tier="city", matter="a")
    sheets.record("M004", "crime", "2026-01-10")
    found = work.rehearse(draft(lambda document: document.update(ceiling="80", floor="55")))
    assert work.limit(found, "total_ceiling")["before"] == {"limit": "120", "per": "", "members": 0, "points": "0.00"}
    assert work.limit(found, "total_ceiling")["after"] == {"limit": "80", "per": "", "members": 1, "points": "10.00"}
    # M005 has 50; M004's total is 0 by the veto.
    assert work.limit(found, "total_floor")["after"] == {"limit": "55", "per": "", "members": 1, "points": "5.00"}
    assert found.report is not None
    assert (found.report["vetoes_before"], found.report["vetoes_after"]) == (1, 1)
    assert work.results(found, under_draft=True)["M004"] == ("0.00", "不合格")


def test_who_gains_and_who_loses_is_told_by_kinds_of_members() -> None:
    factories.member("M006", "QS0101", joined_on=date(1970, 7, 1))
    factories.member("M007", "QS02", joined_on=date(2020, 12, 31))
    sheets.record("M006", "talk", "2026-08-10")
    found = work.rehearse(draft(setting("talk", points="4")), period="2026-Q3")
    by = found.report["by"]  # type: ignore[index] # it is done
    assert {item["key"]: item["members"] for item in by["category"]} == {"floating": 1, "probationary": 1, "regular": 4}
    assert [(item["key"], item["members"], item["down"]) for item in by["years"]] == [
        (5, 1, 0),
        (50, 1, 1),
        (None, 4, 0),
    ]
    assert {item["key"]: item["members"] for item in by["kind"]} == {"street": 4, "township": 2}
    first = next(item for item in by["branch"] if item["key"] == "QS0101")
    assert first == {
        "key": "QS0101",
        "name": "松岭街道第一党支部",
        "members": 3,
        "mean_before": "62.67",
        "mean_after": "61.33",
        "mean_change": "-1.33",
        "up": 0,
        "down": 1,
    }


# ---- what it leaves alone


def test_it_changes_no_entry_standing_or_tally() -> None:
    sheets.record("M001", "talk", "2026-01-10")
    sheets.record("M001", "award", "2026-01-10", tier="city")
    tallied.tally("QS", "2026-Q1")
    tables = (Entry, Standing, Tally, TallyResult, PreviousTotal, Scheme)

    def everything() -> list[Any]:
        db.session.expire_all()
        rows = [db.session.execute(select(*table.__table__.columns)).all() for table in tables]
        return [sorted(map(repr, some)) for some in rows]

    scheme_id = draft(lambda document: [setting("talk", points="1")(document), without("award")(document)])
    before = everything()
    found = work.rehearse(scheme_id)
    assert work.results(found, under_draft=True)["M001"][0] == "61.00"
    assert everything() == before


def test_the_draft_is_tried_as_it_was_when_it_was_asked_for() -> None:
    sheets.record("M001", "talk", "2026-01-10")
    scheme_id = draft(setting("talk", points="4"))
    found = work.ask(scheme_id)
    with transaction():
        schemes.revise(actor=factories.SYSTEM, at=clock.now(), scheme_id=scheme_id, revision=1, document=sheets.SHEET)
    work.do(found)
    assert work.results(found, under_draft=True)["M001"][0] == "64.00"
    assert found.digest != db.session.get_one(Scheme, scheme_id).digest


def test_after_the_cutoff_nothing_counts_and_a_run_that_died_is_done_again(frozen_clock: FrozenClock) -> None:
    sheets.record("M001", "talk", "2026-01-10")
    found = work.ask(draft())
    run = computing.begin(rehearsal_id=found.id, job_id=found.job_id or 0, token=work.claim(found))
    chunks, _ = computing.plan(run)
    computing.reckon(run, chunks[0], done=0, size=5)
    frozen_clock.advance(minutes=5)
    sheets.record("M002", "talk", "2026-01-10")
    work.do(found)
    assert found.cutoff_at == run.cutoff_at
    assert {number: total for number, (total, _) in work.results(found, under_draft=True).items()} == {
        "M001": "68.00",
        "M002": "60.00",
        "M003": None,
        "M004": "60.00",
        "M005": "50.00",
    }
    assert db.session.scalar(select(func.count()).select_from(RehearsalResult)) == 10
    with pytest.raises(queues.Fenced):
        computing.publish(run, computing.Told(), 0)


def test_many_chunks_give_what_one_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in ("M001", "M002", "M004", "M005"):
        sheets.record(number, "talk", "2026-01-10")
        sheets.record(number, "class", "2026-01-10")
        sheets.record(number, "award", "2026-01-10", tier="city")
    scheme_id = draft(lambda document: [setting("talk", points="1")(document), without("award")(document)])
    one = work.rehearse(scheme_id)
    monkeypatch.setattr(tallying, "CHUNK", {"sqlite": 1, "postgresql": 1})
    many = work.rehearse(scheme_id)
    assert many.id != one.id
    assert many.report == one.report
    assert many.report is not None
    assert many.report["lost"][0]["entries"] == 4


def test_asked_for_twice_while_it_waits_it_is_one() -> None:
    scheme_id = draft()
    assert work.ask(scheme_id).id == work.ask(scheme_id).id
    assert work.ask(scheme_id, period="2026-Q1").id != work.ask(scheme_id).id
    assert db.session.scalar(select(func.count()).where(queues.Job.topic == queues.REHEARSE)) == 2


def test_whoever_asked_is_told() -> None:
    found = work.rehearse(draft(), actor=factories.actor("admin"))
    [job] = db.session.scalars(select(queues.Job).where(queues.Job.topic == queues.NOTICE_DELIVER))
    assert job.payload["link"] == f"/rehearsals/{found.id}"
    assert job.payload["sign_in_ids"] == [found.asked_by_id]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"period": "2026-Q5"}, "period"),
        ({"period": "2026-Q4"}, "period"),
        ({"cycle": date(2027, 1, 1)}, "cycle"),
        ({"cycle": date(2026, 2, 1)}, "cycle"),
        ({"cycle": date(2026, 1, 1), "period": "2026"}, "period"),
        ({"cycle": None}, "period"),
    ],
)
def test_which_days_must_be_right(more: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        work.ask(draft(), **more)
    assert list(refused.value.errors) == [field]


def test_only_a_draft_within_reach_and_something_to_compare_it_with() -> None:
    published = sheets.publish("QS01")
    with pytest.raises(Conflict) as refused:
        work.ask(published)
    assert refused.value.code == "published"
    with pytest.raises(Conflict) as refused:
        work.ask(draft(), period="2025")
    assert refused.value.code == "no_scheme"
    with pytest.raises(NotFound):
        work.ask(draft(), factories.actor("street"))
    with pytest.raises(NotFound):
        rehearsals.rehearsal(actor=factories.actor("far"), rehearsal_id=work.ask(draft(organisation="QS01")).id)
    with pytest.raises(NotFound):
        rehearsals.rehearsal(actor=factories.SYSTEM, rehearsal_id=999)


def test_one_that_is_given_up_says_so(frozen_clock: FrozenClock) -> None:
    found = work.ask(draft())
    with transaction():
        rehearsals.given_up(rehearsal_id=found.id, job_id=found.job_id or 0)
    assert db.session.get_one(Rehearsal, found.id).status == "failed"
    frozen_clock.advance(seconds=timedelta(hours=1).seconds)
    work.do(found)
    assert db.session.get_one(Rehearsal, found.id).status == "done"
