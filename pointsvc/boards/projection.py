"""The one public projection: all that any public answer may say of a board, its people and their pledges.

Every surface (page, screen, print, JSON, pictures) is made of what stands here and of nothing else.
Of a member nothing is public without a standing consent; whoever withdraws it is gone everywhere.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, exists, or_, select
from sqlalchemy.orm import aliased

from pointsvc import clock
from pointsvc.boards import content as contents
from pointsvc.boards.masking import all_masked, is_private
from pointsvc.boards.models import Board, BoardComment, BoardPicture, BoardProfile, Consent
from pointsvc.db import among, db
from pointsvc.errors import NotFound
from pointsvc.people import reach, settings
from pointsvc.people.models import Member, MemberCategory, Membership, Organisation
from pointsvc.pledges.models import Pledge

RUNNING = ("published", "changing")
SETTLED = ("fulfilled", "unfulfilled_cause", "unfulfilled", "closed")
# How long a pledge that was settled stays on the board, and how many comments do.
SHOWN_AFTER = timedelta(days=365)
MOST_ANSWERS = 20


@dataclass(frozen=True)
class Projection:
    """What is public of one board. ``plain`` is the same before the masks, for whoever reviews it."""

    id: int
    plain: dict[str, Any]
    public: dict[str, Any]

    def pictures(self) -> set[str]:
        """The fingerprints of the pictures that the board shows."""
        found = {one["photo"] for one in self.public["people"]} | {self.public["picture"]}
        return {digest for digest in found if digest}

    def pledges(self) -> dict[int, Mapping[str, Any]]:
        """The pledges that the board shows, by id."""
        several = [self.public["pledges"], *(one["pledges"] for one in self.public["people"])]
        return {int(pledge["id"]): pledge for pledges in several for pledge in pledges}


def of_code(*, code: str, at: datetime) -> Projection:
    """What is public of the board with this code. Raises NotFound unless one hangs there."""
    query = _with_node().where(Board.code == code, Board.published_on.is_not(None))
    found = db.session.execute(query).first()
    if found is None:
        raise NotFound()
    return _projected(found.Board, found.Organisation, found.Board.shown, at)


def preview(*, board: Board, at: datetime) -> Projection:
    """What would be public if the board were published as it stands."""
    found = db.session.execute(_with_node().where(Board.id == board.id)).one()
    return _projected(board, found.Organisation, board.wanted, at)


def _with_node() -> Select[Board, Organisation]:
    # A reader on a long-lived session must see what was published a moment ago.
    query = select(Board, Organisation).join(Organisation, Organisation.id == Board.organisation_id)
    return query.execution_options(populate_existing=True)


def _projected(board: Board, node: Organisation, content: Mapping[str, Any], at: datetime) -> Projection:
    today, known = clock.local(at).date(), settings.values(node.id)
    fields = _allowed(content["fields"], known)
    people = _people(board, content, today)
    pledges = _pledges(node.id, [one.id for one in people], today)
    shown = {int(pledge["id"]): pledge["text"] for several in pledges.values() for pledge in several}
    plain = {
        "code": board.code,
        "kind": board.kind,
        "title": content["title"],
        "introduction": content["introduction"],
        "organisation": node.name,
        "phone": supervision_phone(node, known),
        "as_of": today.isoformat(),
        "renew_by": board.expires_on.isoformat() if board.expires_on else None,
        "stale": board.expires_on is not None and today > board.expires_on,
        "seconds": content["seconds"],
        "takes_comments": content["comments"],
        "fields": fields,
        "picture": _portrait(board, content, people),
        "people": [_person(one, fields, _words(content), pledges.get(one.id, []), today) for one in people],
        "pledges": pledges.get(None, []),
        "answers": _answers(board.id, shown),
    }
    return Projection(board.id, plain, all_masked(plain))


def supervision_phone(node: Organisation, known: Mapping[str, tuple[Any, str | None]]) -> str:
    """The office's line for supervision; never somebody's mobile, rather none."""
    phone = known["supervision_phone"][0] or node.phone or ""
    return "" if is_private(phone) else phone


def _allowed(fields: Collection[str], known: Mapping[str, tuple[Any, str | None]]) -> list[str]:
    """The chosen fields without those that the organisation does not allow."""
    asked = contents.ALLOWED_BY
    return [field for field in fields if field not in asked or known[asked[field]][0] == "yes"]


def _words(content: Mapping[str, Any]) -> dict[int, str]:
    return {one["id"]: one["words"] for one in content["people"] or ()}


def consents(kind: str) -> Any:
    """The condition on Member that a consent of this kind stands."""
    given = aliased(Consent)
    return exists().where(given.member_id == Member.id, given.kind == kind, given.withdrawn_at.is_(None))


def _people(board: Board, content: Mapping[str, Any], today: date) -> list[Any]:
    """Those members of the node whom the board names, or all, who have consented: in the board's order."""
    here = reach.ids_below(board.organisation_id) if content["below"] else [board.organisation_id]
    query = (
        select(
            Member.id,
            Member.name,
            Member.joined_on,
            BoardProfile.post,
            BoardProfile.duties,
            Organisation.name.label("branch"),
            MemberCategory.category,
            BoardPicture.sha256.label("photo"),
            consents("photo").label("may_photo"),
            consents("details").label("may_details"),
        )
        .join(Membership, Membership.member_id == Member.id)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .outerjoin(BoardProfile, BoardProfile.member_id == Member.id)
        .outerjoin(BoardPicture, BoardPicture.member_id == Member.id)
        .outerjoin(MemberCategory, and_(MemberCategory.member_id == Member.id, reach.on_day(MemberCategory, today)))
        .where(Membership.organisation_id.in_(here), reach.on_day(Membership, today), consents("display"))
        .order_by(BoardProfile.place.is_(None), BoardProfile.place, Organisation.code, Member.number)
        .limit(contents.MOST_PEOPLE)
    )
    if content["people"] is None:
        return list(db.session.execute(query))
    order = {one["id"]: place for place, one in enumerate(content["people"])}
    found = db.session.execute(query.where(among(Member.id, list(order))))
    return sorted(found, key=lambda row: order[row.id])


def _person(
    row: Any, fields: Collection[str], words: Mapping[int, str], pledges: list[dict[str, Any]], today: date
) -> dict[str, Any]:
    chosen = {
        "photo": row.photo if row.may_photo else None,
        "branch": row.branch,
        "category": row.category,
        "years": contents.years_since(row.joined_on, today) if row.may_details and row.joined_on else None,
    }
    return {
        "name": row.name,
        "post": row.post or "",
        "duties": row.duties or "",
        "words": words.get(row.id, ""),
        **{field: value if field in fields else None for field, value in chosen.items()},
        "pledges": pledges,
    }


def _pledges(node_id: int, member_ids: list[int], today: date) -> dict[int | None, list[dict[str, Any]]]:
    """The public pledges of these members, and under None those of the organisation itself."""
    own = and_(Pledge.member_id.is_(None), Pledge.organisation_id == node_id)
    settled = and_(
        Pledge.status.in_(SETTLED), or_(Pledge.settled_on.is_(None), Pledge.settled_on >= today - SHOWN_AFTER)
    )
    query = (
        select(Pledge)
        .where(or_(own, among(Pledge.member_id, member_ids)), or_(Pledge.status.in_(RUNNING), settled))
        .order_by(Pledge.due_on, Pledge.id)
        .execution_options(populate_existing=True)
    )
    found: dict[int | None, list[dict[str, Any]]] = {}
    for row in db.session.scalars(query):
        found.setdefault(row.member_id, []).append(_pledge(row))
    return found


def _pledge(row: Pledge) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "text": row.text,
        "indicator": row.indicator,
        "baseline": row.baseline,
        "target": row.target,
        "due_on": row.due_on.isoformat(),
        # Being filed says nothing to a passer-by; how it ended does.
        "status": row.outcome if row.status == "closed" and row.outcome else row.status,
    }


def _portrait(board: Board, content: Mapping[str, Any], people: Collection[Any]) -> str | None:
    """The group portrait, as long as everybody who is named under it consents to be seen in it."""
    named = [one["id"] for one in content["people"] or ()]
    willing = {one.id for one in people if one.may_photo}
    if not named or not willing.issuperset(named):
        return None
    return db.session.scalar(select(BoardPicture.sha256).where(BoardPicture.board_id == board.id))


def _answers(board_id: int, shown: Mapping[int, str]) -> list[dict[str, Any]]:
    """What the public has said and the branch has let through, with the answers, the latest first.

    What was said of a pledge goes with it: when the member is no longer shown, neither is that.
    """
    about = BoardComment.pledge_id
    query = (
        select(BoardComment)
        .where(BoardComment.board_id == board_id, BoardComment.status == "approved")
        .where(or_(about.is_(None), among(about, list(shown))))
        .order_by(BoardComment.id.desc())
        .limit(MOST_ANSWERS)
        .execution_options(populate_existing=True)
    )
    return [
        {
            "text": row.text,
            "rating": row.rating,
            "pledge": shown.get(row.pledge_id or 0),
            "answer": row.answer or "",
            "on": clock.local(row.received_at).date().isoformat(),
        }
        for row in db.session.scalars(query)
    ]
