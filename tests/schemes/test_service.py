"""Which version holds where and when, and what publishing does."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from pointsvc import queues
from pointsvc.audit.models import AuditEvent
from pointsvc.db import db, transaction
from pointsvc.errors import Conflict, Invalid, NotFound
from pointsvc.schemes import service as schemes
from pointsvc.schemes.models import Scheme
from tests import factories
from tests.counting import counted
from tests.schemes.sheets import AT, draft, published, sheet, without

JANUARY, MARCH, JULY = date(2026, 1, 1), date(2026, 3, 1), date(2026, 7, 1)


@pytest.fixture(autouse=True)
def _district(app: Flask) -> None:
    factories.district()


def ids(*codes: str) -> list[int]:
    return [factories.organisation_id(code) for code in codes]


def test_a_sheet_holds_for_the_node_and_all_below() -> None:
    made = published("QS")
    every = ids("QS", "QS01", "QS0101", "QS0201")
    assert {key: row.id for key, row in schemes.governing(every, JULY).items()} == dict.fromkeys(every, made.id)


def test_the_nearest_sheet_holds() -> None:
    above, street = published("QS"), published("QS01")
    branch, other = ids("QS0101", "QS0201")
    held = schemes.governing([branch, other], JULY)
    assert (held[branch].id, held[other].id) == (street.id, above.id)


def test_a_nearer_sheet_that_has_not_started_does_not_hold_yet() -> None:
    above = published("QS")
    published("QS01", starts_on=JULY)
    [branch] = ids("QS0101")
    held = schemes.in_force(branch, date(2026, 6, 30))
    assert held is not None
    assert held.id == above.id


def test_of_the_versions_the_latest_start_holds_then_the_highest_number() -> None:
    published("QS", starts_on=JANUARY)
    second = published("QS", starts_on=MARCH)
    [node] = ids("QS")
    assert schemes.governing([node], date(2026, 2, 28))[node].version == 1
    assert schemes.governing([node], MARCH)[node].id == second.id
    third = published("QS", starts_on=MARCH)
    assert schemes.governing([node], MARCH)[node].id == third.id


def test_a_draft_holds_nowhere() -> None:
    draft("QS")
    assert schemes.governing(ids("QS", "QS0101"), JULY) == {}
    assert schemes.sheets(ids("QS"), JULY) == {}


def test_the_sheets_of_many_nodes_are_one_statement() -> None:
    published("QS")
    published("QS01")
    every = ids(*(row[0] for row in factories.ORGANISATIONS))
    schemes.sheets(every, JULY)
    with counted() as statements:
        assert len(schemes.sheets(every, JULY)) == len(every)
    assert len(statements) == 1


def test_rules_of_earlier_versions_stay_effective_within_the_cycle() -> None:
    published("QS", starts_on=JANUARY)
    newest = published("QS", starts_on=MARCH, document=without("volunteer"))
    [node] = ids("QS")
    held = schemes.sheets([node], JULY)[node]
    assert held.scheme_id == newest.id
    assert "volunteer" not in codes(held.document)
    assert "volunteer" in codes(held.effective)
    assert codes(schemes.effective(newest, JULY)) == codes(held.effective)


def test_rules_of_a_version_that_ended_before_the_cycle_are_gone() -> None:
    published("QS", starts_on=date(2025, 1, 1))
    published("QS", starts_on=date(2025, 10, 1), document=without("volunteer"))
    newest = published("QS", starts_on=MARCH, document=without("volunteer", "award"))
    [node] = ids("QS")
    held = schemes.sheets([node], JULY)[node]
    assert codes(held.effective) == codes(held.document) | {"award"}
    assert codes(schemes.effective(newest, JULY)) == codes(held.effective)


def test_a_version_replaced_on_its_own_first_day_leaves_its_rules() -> None:
    published("QS", starts_on=JANUARY)
    published("QS", starts_on=JANUARY, document=without("volunteer"))
    [node] = ids("QS")
    assert "volunteer" in codes(schemes.sheets([node], JULY)[node].effective)


def test_publishing_again_changes_nothing() -> None:
    made = published("QS")
    before = (made.published_at, made.digest)
    with transaction():
        again = schemes.publish(actor=factories.actor("admin"), at=AT + timedelta(days=1), scheme_id=made.id)
    assert (again.published_at, again.digest) == before


def test_publishing_asks_once_for_the_members_to_be_settled() -> None:
    made = published("QS01")
    with transaction():
        schemes.publish(actor=factories.actor("admin"), at=AT, scheme_id=made.id)
    [job] = db.session.scalars(select(queues.Job).where(queues.Job.topic == queues.STANDINGS_SETTLE))
    assert job.payload == {"organisation": factories.organisation_id("QS01")}


def test_a_later_version_cannot_start_before_the_published_one() -> None:
    published("QS", starts_on=MARCH)
    with pytest.raises(Invalid) as refused:
        draft("QS", starts_on=JANUARY)
    assert list(refused.value.errors) == ["from"]


def test_an_old_draft_cannot_be_published_behind_a_newer_version() -> None:
    old = draft("QS", starts_on=JANUARY)
    published("QS", starts_on=MARCH)
    with pytest.raises(Conflict) as refused, transaction():
        schemes.publish(actor=factories.actor("admin"), at=AT, scheme_id=old.id)
    assert refused.value.code == "starts_too_early"


def test_another_organisation_may_start_earlier() -> None:
    published("QS", starts_on=MARCH)
    assert published("QS01", starts_on=JANUARY).status == "published"


def test_nobody_publishes_for_a_stranger() -> None:
    made = draft("QS02")
    with pytest.raises(NotFound), transaction():
        schemes.publish(actor=factories.actor("street"), at=AT, scheme_id=made.id)


def test_a_branch_reads_what_holds_for_it_but_no_drafts_from_above() -> None:
    holding, waiting = published("QS"), draft("QS", document=sheet(name="草案"))
    stranger = published("QS02")
    secretary = factories.actor("secretary")
    assert schemes.scheme(actor=secretary, scheme_id=holding.id)[0].id == holding.id
    for hidden in (waiting, stranger):
        with pytest.raises(NotFound):
            schemes.scheme(actor=secretary, scheme_id=hidden.id)
    assert [row[0].id for row in schemes.listing(actor=secretary)] == [holding.id]


def test_every_rule_has_its_id() -> None:
    published("QS")
    found = schemes.rule_ids(["meeting", "award", "unheard of"])
    assert set(found) == {"meeting", "award"}
    published("QS01")
    assert schemes.rule_ids(["meeting", "award"]) == found


def codes(document: Any) -> set[str]:
    return {rule["code"] for rule in document["rules"]}


# ---- drafts that are rewritten


def revise(scheme_id: int, revision: int, document: Any, **more: Any) -> Any:
    with transaction():
        return schemes.revise(
            actor=factories.actor("admin"),
            at=AT,
            scheme_id=scheme_id,
            revision=revision,
            document=document,
            **more,
        )


def test_a_draft_is_rewritten_and_counts_how_often() -> None:
    made = draft("QS")
    before = made.digest
    changed = revise(made.id, 1, sheet(name="二稿", floor="1"), starts_on=MARCH)
    assert (changed.revision, changed.name, changed.starts_on, changed.version) == (2, "二稿", MARCH, made.version)
    assert changed.digest != before
    assert schemes.rule_ids(["meeting"])
    [note] = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "scheme:revise"))
    assert note.details == {"before": before, "after": changed.digest}


def test_new_rules_of_a_draft_have_their_ids() -> None:
    made = draft("QS")
    document = sheet()
    document["rules"].append({"code": "brandnew", "group": "life", "name": "新细则", "points": "1"})
    revise(made.id, 1, document)
    assert set(schemes.rule_ids(["brandnew"])) == {"brandnew"}


def test_of_two_who_write_the_second_is_told() -> None:
    made = draft("QS")
    revise(made.id, 1, sheet(name="甲的稿"))
    with pytest.raises(Conflict) as refused:
        revise(made.id, 1, sheet(name="乙的稿"))
    assert refused.value.code == "changed_meanwhile"
    assert db.session.get_one(Scheme, made.id).name == "甲的稿"


def test_the_same_change_sent_twice_is_one() -> None:
    made = draft("QS")
    revise(made.id, 1, sheet(name="二稿"))
    assert revise(made.id, 1, sheet(name="二稿")).revision == 2


def test_a_published_version_is_never_rewritten() -> None:
    made = published("QS")
    with pytest.raises(Conflict) as refused:
        revise(made.id, 1, sheet(name="改不了"))
    assert refused.value.code == "published"


def test_a_faulty_document_leaves_the_draft() -> None:
    made = draft("QS")
    with pytest.raises(Invalid) as refused:
        revise(made.id, 1, sheet(name=""))
    assert list(refused.value.errors) == ["scheme.name"]
    with pytest.raises(Invalid) as refused:
        revise(made.id, 1, sheet(), starts_on=date(1999, 1, 1))
    assert list(refused.value.errors) == ["from"]
    assert db.session.get_one(Scheme, made.id).revision == 1


def test_nobody_rewrites_for_a_stranger() -> None:
    made = draft("QS02")
    with pytest.raises(NotFound), transaction():
        schemes.revise(actor=factories.actor("street"), at=AT, scheme_id=made.id, revision=1, document=sheet())


def test_a_draft_that_has_changed_since_is_not_published_by_accident() -> None:
    made = draft("QS")
    revise(made.id, 1, sheet(name="二稿"))
    with pytest.raises(Conflict) as refused, transaction():
        schemes.publish(actor=factories.actor("admin"), at=AT, scheme_id=made.id, revision=1)
    assert refused.value.code == "changed_meanwhile"
    with transaction():
        assert schemes.publish(actor=factories.actor("admin"), at=AT, scheme_id=made.id, revision=2).name == "二稿"


def test_a_version_is_compared_with_the_one_that_it_replaces() -> None:
    admin = factories.actor("admin")
    first = draft("QS")
    found, before = schemes.changes(actor=admin, at=AT, scheme_id=first.id)
    assert (before, len(found.rules.added)) == (None, len(sheet()["rules"]))
    with transaction():
        schemes.publish(actor=admin, at=AT, scheme_id=first.id)
    second = draft("QS", starts_on=MARCH, document=without("volunteer"))
    street = draft("QS01", starts_on=MARCH, document=without("award"))
    for made, gone in ((second, "volunteer"), (street, "award")):
        found, before = schemes.changes(actor=admin, at=AT, scheme_id=made.id)
        assert before is not None
        assert (before.id, [item.code for item in found.rules.removed]) == (first.id, [gone])
    with transaction():
        schemes.publish(actor=admin, at=AT, scheme_id=second.id)
    _, before = schemes.changes(actor=admin, at=AT, scheme_id=second.id)
    assert before is not None
    assert before.id == first.id
    assert schemes.changes(actor=admin, at=AT, scheme_id=first.id)[1] is None
