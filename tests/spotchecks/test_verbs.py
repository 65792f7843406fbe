"""Plan, freeze, draw, skip, open and void, on both engines."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from flask import Flask

from pointsvc import clock, queues
from pointsvc.audit.models import AuditEvent
from pointsvc.db import db, transaction
from pointsvc.errors import Conflict, Invalid, NotFound
from pointsvc.spotchecks import choosing, draw, framing, history, listing, planning, proofs, service
from pointsvc.spotchecks.models import Stratum
from tests import factories
from tests.conftest import FrozenClock
from tests.disputes.scene import work
from tests.spotchecks import scene
from tests.spotchecks.scene import do, refused
from tests.spotchecks.vector import CODES, DIGITS, FRAME, PLAN, SECRET, C, F, S

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock) -> None:
    factories.district()


def drawn_codes(number: int) -> list[str]:
    return [one.code for one in listing.placed(scene.row(number)) if not one.skipped]


# ---- the draw


def test_the_vector_holds_in_the_service() -> None:
    number = scene.vector()
    proof = proofs.document(scene.row(number))
    assert (proof["frame"], proof["frame_sha256"], proof["commitment"]) == (FRAME, F, C)
    assert (proof["seed"], proof["secret"], proof["digits"]) == (S, SECRET, DIGITS)
    assert [one["code"] for one in proof["drawn"]] == ["X03", "X10", "X04"]
    assert proof["drawn"][0]["ticket"] == "3374128a8b32f6cd717c3e2f0fdbcfa6c5e15d9f2b5d42c8b0a5bbfbaa9e6795"


def test_two_without_a_conflict_inspect_and_the_skip_is_recorded() -> None:
    number = scene.vector()
    for one in listing.placed(scene.row(number)):
        assert [seat.code for seat in one.serving] == [
            seat.inspector
            for seat in draw.seats(S, one.code, {i.code: frozenset(i.conflicts) for i in scene.INSPECTORS})
            if not seat.skipped
        ]
        assert len(one.serving) == 2
        assert one.code == "X10" or "DC1" not in [seat.code for seat in one.serving]
        assert {seat.skipped for seat in one.inspectors if not seat.serves} <= {draw.CONFLICT}


def test_a_plan_is_frozen_and_drawn_once() -> None:
    number = scene.planned()
    assert refused(Conflict, service.draw, number, digits=DIGITS).code == "not_frozen"
    do(service.freeze, number)
    assert refused(Conflict, service.freeze, number).code == "frozen"
    do(service.draw, number, digits=DIGITS)
    assert refused(Conflict, service.draw, number, digits=DIGITS).code == "drawn"
    assert refused(Conflict, service.freeze, number).code == "drawn"


def test_what_is_frozen_is_not_changed() -> None:
    number = scene.frozen()
    for verb, more in (
        (planning.change, {"title": "另一次"}),
        (framing.put_units, {"parts": [scene.TOWNSHIPS], "excluded": {}}),
        (framing.put_part, {"part": scene.TOWNSHIPS}),
        (framing.remove_part, {"name": "乡镇"}),
        (framing.resize, {"name": "乡镇", "n": 1}),
        (framing.exclude, {"reasons": {"X01": "已查"}}),
        (planning.put_inspectors, {"inspectors": []}),
    ):
        assert refused(Conflict, verb, number, **more).code == "not_draft"


@pytest.mark.parametrize("digits", ["", "123", "2023733112815921112", "2023733112815921112x"])
def test_too_few_dice_draw_nothing(digits: str) -> None:
    number = scene.frozen()
    assert set(refused(Invalid, service.draw, number, digits=digits).errors) == {"digits"}
    assert scene.row(number).status == "frozen"


def test_units_that_are_no_more_are_skipped_at_the_draw() -> None:
    number = scene.frozen(secret=SECRET)
    assert set(refused(Invalid, service.draw, number, digits=DIGITS, ceased={"Y": "并入"}).errors) == {"ceased"}
    do(service.draw, number, digits=DIGITS, ceased={"X10": "已撤并"})
    assert drawn_codes(number) == ["X03", "X04", "X06"]
    assert proofs.document(scene.row(number))["skipped"] == [{"stratum": "乡镇", "code": "X10", "reason": "已撤并"}]


def test_and_after_it() -> None:
    number = scene.vector()
    following = do(service.skip, number, unit_id=scene.unit(number, "X03").id, reason="已撤并")
    assert (following.code, following.place, following.drawn) == ("X06", 4, True)
    assert drawn_codes(number) == ["X10", "X04", "X06"]
    assert [one.skipped for one in listing.placed(scene.row(number))] == ["已撤并", None, None, None]
    assert all(len(one.serving) == 2 for one in listing.placed(scene.row(number)) if not one.skipped)
    again = refused(Conflict, service.skip, number, unit_id=scene.unit(number, "X03").id, reason="已撤并")
    assert again.code == "not_drawn"


def test_when_none_is_left_none_follows() -> None:
    number = scene.drawn("P-1", framing.Part("全部", percent=100, units=[("A", "甲"), ("B", "乙")]))
    assert do(service.skip, number, unit_id=scene.unit(number, "A").id, reason="已撤并") is None
    assert drawn_codes(number) == ["B"]


def test_an_inspector_who_cannot_go_is_followed_by_the_next() -> None:
    more = [*scene.INSPECTORS, planning.NewInspector("DC2", "丁四", "区委督查室")]
    number = scene.drawn(inspectors=more)
    one = next(one for one in listing.placed(scene.row(number)) if one.code in CODES)
    first, second = (seat.code for seat in one.serving)
    with transaction():
        who = factories.actor("overseer")
        service.stand_down(
            actor=who, at=clock.now(), spot_check_id=number, unit_id=one.id, inspector=first, reason="住院"
        )
    found = next(other for other in listing.placed(scene.row(number)) if other.id == one.id)
    assert [seat.skipped for seat in found.inspectors if seat.code == first] == ["住院"]
    assert len(found.serving) == 2
    assert second in [seat.code for seat in found.serving]
    wrong = {"unit_id": one.id, "inspector": first, "reason": "住院"}
    assert set(refused(Invalid, service.stand_down, number, **wrong).errors) == {"inspector"}


# ---- what is public when


def test_the_secret_is_told_to_nobody_before_the_draw() -> None:
    number = scene.frozen()
    secret = scene.row(number).secret or ""
    assert len(secret) == 64
    proof = proofs.document(scene.row(number))
    assert (proof["secret"], proof["seed"], proof["digits"], proof["drawn"]) == (None, None, None, [])
    assert secret not in json.dumps(proof)
    notes = db.session.scalars(db.select(AuditEvent)).all()
    assert secret not in json.dumps([[note.object_id, note.details] for note in notes])


def test_of_an_unannounced_check_only_the_fingerprint_is_public() -> None:
    number = scene.vector(announced=False)
    sealed = proofs.document(scene.row(number))
    assert (sealed["secret"], sealed["seed"], sealed["drawn"], sealed["digits"]) == (None, None, [], DIGITS)
    listed = {"乡镇": draw.first(S, "乡镇", CODES, 3)}
    assert sealed["sealed"] == draw.sealed(PLAN, S, listed)
    do(service.open_units, number, unit_ids=[scene.unit(number, "X10").id])
    half = proofs.document(scene.row(number))
    assert ([one["code"] for one in half["drawn"]], half["secret"]) == (["X10"], None)
    do(service.open_units, number, unit_ids=[scene.unit(number, code).id for code in ("X03", "X04")])
    whole = proofs.document(scene.row(number))
    assert ([one["code"] for one in whole["drawn"]], whole["secret"]) == (["X03", "X10", "X04"], SECRET)
    assert whole["sealed"] == sealed["sealed"]


def test_when_the_last_sealed_unit_is_passed_over_its_successor_is_sealed_too() -> None:
    number = scene.vector(announced=False)
    do(service.open_units, number, unit_ids=[scene.unit(number, code).id for code in ("X03", "X10")])
    do(service.skip, number, unit_id=scene.unit(number, "X04").id, reason="已撤并")
    assert scene.row(number).opened_at is None
    do(service.open_units, number)
    assert drawn_codes(number) == ["X03", "X10", "X06"]
    assert scene.row(number).opened_at is not None


def test_a_plan_is_public_from_the_day_it_is_frozen() -> None:
    number = scene.planned()
    with pytest.raises(NotFound):
        listing.public(plan=PLAN)
    do(service.freeze, number)
    assert listing.public(plan=PLAN).id == number


# ---- void


def test_a_plan_is_voided_with_its_public_reason() -> None:
    number = scene.frozen()
    do(service.void, number, reason="会议改期")
    proof = proofs.document(scene.row(number))
    assert (proof["status"], proof["void_reason"], proof["secret"]) == ("void", "会议改期", None)
    assert refused(Conflict, service.draw, number, digits=DIGITS).code == "void"


def test_what_was_drawn_in_public_is_not_voided() -> None:
    assert refused(Conflict, service.void, scene.vector(), reason="重抽").code == "opened"


def test_a_sealed_list_that_is_never_opened_is_void(frozen_clock: FrozenClock) -> None:
    number = scene.vector(announced=False)
    last = service.open_by(scene.row(number))
    assert service.unopened(today=last) == []
    assert service.unopened(today=last + timedelta(days=1)) == [number]
    with transaction():
        service.lapse(at=clock.now(), spot_check_id=number)
    assert (scene.row(number).status, service.unopened(today=last + timedelta(days=1))) == ("void", [])
    assert proofs.document(scene.row(number))["secret"] is None


def test_another_draw_is_another_plan_with_a_public_reason() -> None:
    scene.vector()
    head = {"title": "重抽", "due_on": scene.DUE, "again_of": PLAN}
    who = factories.actor("overseer")
    with pytest.raises(Invalid) as found, transaction():
        planning.plan(actor=who, at=clock.now(), plan="DC-2026Q4-02", **head)
    assert set(found.value.errors) == {"reason"}
    number = scene.frozen("DC-2026Q4-02", **head, reason="名单漏列两个单位")
    proof = proofs.document(scene.row(number))
    assert (proof["again_of"], proof["reason"]) == (PLAN, "名单漏列两个单位")
    with pytest.raises(Invalid) as found, transaction():
        planning.plan(actor=who, at=clock.now(), plan="P", title="x", due_on=scene.DUE, again_of="P-9", reason="x")
    assert set(found.value.errors) == {"again_of"}


# ---- the plan


def test_a_number_is_given_once() -> None:
    scene.planned()
    with pytest.raises(Invalid) as found:
        scene.planned()
    assert set(found.value.errors) == {"plan"}


@pytest.mark.parametrize("plan", ["", "a b", "a|b", "a/b", "a.json", "-a", "x" * 41])
def test_a_number_stands_in_an_address(plan: str) -> None:
    with pytest.raises(Invalid) as found:
        scene.planned(plan)
    assert set(found.value.errors) == {"plan"}


def test_units_are_chosen_from_the_tree() -> None:
    parts = [
        framing.Part("街道乡镇", n=1, source=choosing.Source("QS", "street")),
        framing.Part("支部", percent=50, source=choosing.Source("QS", "branch")),
    ]
    number = scene.frozen("P-1", *parts)
    assert [(one.name, one.n, one.size) for one in listing.strata(scene.row(number))] == [
        ("支部", 2, 3),
        ("街道乡镇", 1, 1),
    ]
    assert scene.row(number).frame == (
        "支部|QS0101|松岭街道第一党支部\n支部|QS0102|松岭街道第二党支部\n支部|QS0201|柳河镇柳河村党支部\n"
        "街道乡镇|QS01|松岭街道党工委\n"
    )
    assert scene.unit(number, "QS01").organisation_id == factories.organisation_id("QS01")


def test_a_list_knows_the_organisations_of_the_tree() -> None:
    number = scene.planned("P-1", framing.Part("单位", n=1, units=[("QS02", None), ("外单位", None), ("QS01", "松岭")]))
    found = [(row.code, row.name) for row in listing.units(scene.row(number), limit=9)]
    assert sorted(found) == [("QS01", "松岭"), ("QS02", "柳河镇党委"), ("外单位", "外单位")]
    assert scene.unit(number, "QS01").organisation_id == factories.organisation_id("QS01")


def test_a_unit_stands_in_one_stratum() -> None:
    parts = [
        framing.Part("重点", n=1, units=[("QS0101", None)]),
        framing.Part("支部", n=1, source=choosing.Source("QS", "branch")),
    ]
    number = scene.planned("P-1", *parts)
    assert {one.name: one.size for one in listing.strata(scene.row(number))} == {"重点": 1, "支部": 2}


@pytest.mark.parametrize(
    ("part", "field"),
    [
        (framing.Part("甲|乙", n=1, units=[("A", None)]), "name"),
        (framing.Part("甲", n=0, units=[("A", None)]), "n"),
        (framing.Part("甲", n=2, units=[("A", None)]), "n"),
        (framing.Part("甲", n=1), "units"),
        (framing.Part("甲", n=1, units=[("A", None), ("A", "乙")]), "units"),
        (framing.Part("甲", n=1, units=[("A|B", None)]), "units"),
        (framing.Part("甲", n=1, units=[("A", "甲\n乙")]), "units"),
        (framing.Part("甲", "thing", n=1, units=[("A", None)]), "kind"),
        (framing.Part("甲", n=1, source=choosing.Source("QS")), "organisation_kind"),
        (framing.Part("甲", "other", n=1, source=choosing.Source("QS")), "kind"),
        (framing.Part("甲", "entry", n=1, source=choosing.Source("QS", period="x")), "period"),
    ],
)
def test_a_wrong_stratum_is_told_its_field(part: framing.Part, field: str) -> None:
    with pytest.raises(Invalid) as found:
        scene.planned("P-1", part)
    assert list(found.value.errors) == [f"strata.0.{field}"]


def test_excluded_units_are_published_with_their_reasons_and_not_drawn() -> None:
    number = scene.planned()
    do(framing.exclude, number, reasons={"X03": "本年已查两次", "X04": "在整改期"})
    do(framing.exclude, number, reasons={"X04": None})
    assert set(refused(Invalid, framing.exclude, number, reasons={"Y": "无"}).errors) == {"excluded"}
    do(service.freeze, number)
    proof = proofs.document(scene.row(number))
    assert [one["code"] for one in proof["excluded"]] == ["X03"]
    assert "X03" not in proof["frame"]
    assert len(proof["frame"].splitlines()) == 9


def test_fewer_left_than_are_drawn_is_refused() -> None:
    number = scene.planned()
    do(framing.exclude, number, reasons=dict.fromkeys(CODES[:8], "已查"))
    assert set(refused(Invalid, service.freeze, number).errors) == {"units"}
    do(framing.resize, number, name="乡镇", n=2)
    do(service.freeze, number)
    assert db.session.get_one(Stratum, (number, "乡镇")).n == 2


def test_a_plan_without_units_is_not_frozen() -> None:
    number = scene.planned()
    do(framing.remove_part, number, name="乡镇")
    assert set(refused(Invalid, service.freeze, number).errors) == {"units"}


def test_inspectors_are_known_accounts_within_reach() -> None:
    number = scene.planned()
    twice = [planning.NewInspector("A", "甲", "纪委"), planning.NewInspector("A", "乙", "纪委")]
    assert set(refused(Invalid, planning.put_inspectors, number, inspectors=twice).errors) == {"inspectors"}
    unknown = [planning.NewInspector("A", "甲", "纪委", "nobody")]
    assert set(refused(Invalid, planning.put_inspectors, number, inspectors=unknown).errors) == {"inspectors"}
    assert [one.sign_in_id for one in listing.inspectors(scene.row(number)) if one.code == "ZZ1"] != [None]


def test_out_of_reach_is_not_found() -> None:
    number = scene.planned()
    refused(NotFound, service.freeze, number, "far")
    with pytest.raises(NotFound):
        service.spot_check(actor=factories.actor("far"), spot_check_id=number)


# ---- what earlier draws say


def test_units_that_were_drawn_often_this_year_are_proposed_to_be_left_out(frozen_clock: FrozenClock) -> None:
    everything = framing.Part("支部", percent=100, source=choosing.Source("QS", "branch"))
    one = framing.Part("支部", n=1, units=[("QS0101", None)])
    scene.drawn("P-1", everything)
    scene.drawn("P-2", one)
    number = scene.planned("P-3", everything)
    often = history.often(scene.row(number), cap=2, year=2026)
    assert [(one.code, one.count, one.plans) for one in often] == [("QS0101", 2, ("P-1", "P-2"))]
    assert len(history.often(scene.row(number), cap=1, year=2026)) == 3
    assert history.often(scene.row(number), cap=1, year=2025) == []


def test_the_promise_to_reach_every_unit(frozen_clock: FrozenClock) -> None:
    branches = framing.Part("支部", n=1, source=choosing.Source("QS", "branch"))
    scene.drawn("P-1", framing.Part("支部", n=1, units=[("QS0101", None)]))
    number = scene.planned("P-2", branches, cover_quarters=2)
    (cover,) = history.covers(scene.row(number), today=clock.today())
    assert (cover.size, cover.n, cover.waiting, cover.a_quarter, cover.kept) == (3, 1, 2, 2, False)
    assert history.covers(scene.row(scene.planned("P-3", branches)), today=clock.today()) == []
    later = scene.planned("P-4", branches, cover_quarters=1)
    (cover,) = history.covers(scene.row(later), today=clock.today())
    assert (cover.waiting, cover.a_quarter) == (2, 3)


def test_the_night_voids_what_was_never_opened(app: Flask, frozen_clock: FrozenClock) -> None:
    sealed, opened = scene.vector(announced=False), scene.drawn("P-2")
    frozen_clock.advance(days=120)
    with transaction():
        queues.enqueue(topic=queues.SPOTCHECKS_LAPSE, payload={}, at=clock.now())
    work(app)
    assert (scene.row(sealed).status, scene.row(opened).status) == ("void", "drawn")
    assert scene.row(sealed).void_reason is None
