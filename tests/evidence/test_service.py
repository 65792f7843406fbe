"""Evidence is kept for its owner, given out only through it, and recognised elsewhere."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from pointsvc.audit.models import AuditEvent
from pointsvc.db import db, transaction
from pointsvc.errors import Invalid, NotFound
from pointsvc.evidence import service as evidence
from pointsvc.evidence.models import Evidence
from pointsvc.permissions import Actor
from tests import factories
from tests.counting import counted
from tests.evidence import files

COLOURS = ("red", "blue", "green", "black", "gray", "orange")


@pytest.fixture(autouse=True)
def _district(app: Flask) -> None:
    factories.district()


@pytest.fixture
def who() -> Actor:
    return factories.actor("member")


def keep(who: Actor, owner_id: int, *colours: str, kind: str = "declaration") -> list[Evidence]:
    pieces = [evidence.clean(f"{colour}.jpg", files.photo(colour)) for colour in colours]
    with transaction():
        return evidence.keep(actor=who, at=factories.AT, owner_kind=kind, owner_id=owner_id, pieces=pieces)


def names(owner_id: int) -> list[str]:
    found = evidence.of(owner_kind="declaration", owner_ids=[owner_id])
    return [row.filename for row in found.get(owner_id, [])]


def test_pieces_are_kept_in_their_order_with_who_and_how_large(who: Actor) -> None:
    first, second = keep(who, 7, "red", "blue")
    assert names(7) == ["red.jpg", "blue.jpg"]
    assert (first.uploaded_by_id, first.at, first.media_type) == (who.sign_in_id, factories.AT, "image/jpeg")
    given = evidence.content(owner_kind="declaration", owner_id=7, evidence_id=second.id)
    assert len(given.content) == given.size
    noted = db.session.scalars(select(AuditEvent.object_id).where(AuditEvent.action == "evidence:keep")).all()
    assert noted == ["declaration:7", "declaration:7"]


def test_the_same_piece_is_kept_once(who: Actor) -> None:
    (first,) = keep(who, 7, "red")
    assert [row.id for row in keep(who, 7, "red", "red")] == [first.id]
    assert names(7) == ["red.jpg"]


def test_an_owner_has_only_so_many(who: Actor) -> None:
    keep(who, 7, *COLOURS[: evidence.MOST_FILES])
    with pytest.raises(Invalid) as refused:
        keep(who, 7, COLOURS[evidence.MOST_FILES])
    assert list(refused.value.errors) == ["file"]
    assert len(names(7)) == evidence.MOST_FILES
    assert len(keep(who, 8, COLOURS[0])) == 1


def test_a_piece_comes_only_through_its_own_owner(who: Actor) -> None:
    (piece,) = keep(who, 7, "red")
    for kind, owner_id, evidence_id in (("declaration", 8, piece.id), ("pledge", 7, piece.id), ("declaration", 7, 0)):
        with pytest.raises(NotFound):
            evidence.content(owner_kind=kind, owner_id=owner_id, evidence_id=evidence_id)


def test_a_list_is_made_without_the_bytes(who: Actor) -> None:
    keep(who, 7, "red")
    keep(who, 8, "blue")
    db.session.expire_all()
    with counted() as statements:
        found = evidence.of(owner_kind="declaration", owner_ids=[7, 8, 9])
    assert (sorted(found), len(statements)) == ([7, 8], 1)
    assert "preview" not in statements[0]


def test_pieces_are_let_go_of_their_own_owner_only(who: Actor) -> None:
    mine, (other,) = keep(who, 7, "red", "blue"), keep(who, 8, "green")
    with transaction():
        evidence.remove(
            actor=who,
            at=factories.AT,
            owner_kind="declaration",
            owner_id=7,
            evidence_ids=[mine[0].id, other.id],
        )
    assert (names(7), names(8)) == (["blue.jpg"], ["green.jpg"])


def test_the_same_picture_is_found_with_others_of_the_kind(who: Actor) -> None:
    keep(who, 7, "red", "blue")
    keep(who, 8, "red")
    keep(who, 9, "blue")
    keep(who, 10, "green")
    keep(who, 11, "red", kind="pledge")
    assert evidence.same(owner_kind="declaration", owner_ids=[7, 8, 10]) == {7: {8, 9}, 8: {7}}


def test_an_unknown_kind_of_owner_is_a_defect(who: Actor) -> None:
    with pytest.raises(ValueError, match="unknown kind"):
        keep(who, 7, "red", kind="speech")
