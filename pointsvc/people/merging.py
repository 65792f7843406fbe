"""The part of a merge that is about people: two records, one of which is kept.

What else is the duplicate's goes along by ``carrying``, the entries by the ledger.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, or_, select, tuple_, update
from sqlalchemy.orm import aliased

from pointsvc import clock
from pointsvc.db import among, db
from pointsvc.errors import N_, Conflict, Forbidden, Invalid, Message, NotFound
from pointsvc.people import carrying, lives, reach
from pointsvc.people.models import Member, MemberMerge, Membership, Organisation, SignIn
from pointsvc.permissions import Actor, Role


def bring_together(*, actor: Actor, at: datetime, keep: str, duplicate: str, reason: str) -> tuple[MemberMerge, bool]:
    """Let the duplicate's record stand for the kept one from now on; whether that is new.

    The duplicate belongs to no branch any more, and whoever signed in with it sees the kept record.
    Raises NotFound, Forbidden when one of them has left the actor's reach, Invalid for the reason or
    for twice the same record, Conflict 'merged_already' or 'has_merged',
    and 'not_now' while something of one of them would not bear it.
    """
    if not 1 <= len(reason.strip()) <= 500:
        raise Invalid({"reason": Message(N_("Between %(min)s and %(max)s characters"), min=1, max=500)})
    kept, double = _record(actor, keep), _record(actor, duplicate)
    if kept.id == double.id:
        raise Invalid({"duplicate": N_("These are one record already")})
    # In the order of ids, so that two merges at once cannot block each other.
    db.session.execute(
        select(Member.id).where(Member.id.in_([kept.id, double.id])).order_by(Member.id).with_for_update()
    )
    standing = _standing(double.id)
    if standing is not None and standing.kept_id == kept.id:
        return standing, False
    _check_free(kept, double, standing)
    carrying.check_free(kept.id, double.id)
    if not (lives.answers_for(actor=actor, member=kept) and lives.answers_for(actor=actor, member=double)):
        raise Forbidden(N_("The member now belongs to an organisation outside your reach"))
    made = MemberMerge(
        kept_id=kept.id,
        duplicate_id=double.id,
        reason=reason.strip(),
        sign_ins=_hand_over(kept, double),
        moved={},
        once=[],
        merged_at=at,
        merged_by_id=actor.sign_in_id,
    )
    _let_go(made, at)
    db.session.add(made)
    db.session.flush()
    return made, True


def take_apart(*, actor: Actor, at: datetime, merge_id: int) -> tuple[MemberMerge, bool]:
    """Let the two records stand for themselves again; whether that is new.

    Raises NotFound, Forbidden when the kept one has left the actor's reach.
    """
    found = merge(actor=actor, merge_id=merge_id)
    db.session.refresh(found, with_for_update=True)
    if found.undone_at is not None:
        return found, False
    found.undone_at, found.undone_by_id = at, actor.sign_in_id
    db.session.flush()
    _take_up(found)
    for sign_in_id, organisation_id in found.sign_ins:
        _quietly(
            update(SignIn)
            .where(SignIn.id == sign_in_id, SignIn.member_id == found.kept_id)
            .values(member_id=found.duplicate_id, organisation_id=organisation_id)
        )
    return found, True


def merge(*, actor: Actor, merge_id: int) -> MemberMerge:
    """A merge whose kept record the actor answers for. Raises NotFound."""
    query = select(MemberMerge).join(Member, Member.id == MemberMerge.kept_id)
    found = db.session.scalar(query.where(MemberMerge.id == merge_id, reach.visible(actor)))
    if found is None:
        raise NotFound()
    return found


def standing_into(kept_id: int) -> Sequence[MemberMerge]:
    """The merges by which this record stands for others too, the oldest first."""
    query = select(MemberMerge).where(MemberMerge.kept_id == kept_id, MemberMerge.undone_at.is_(None))
    return db.session.scalars(query.order_by(MemberMerge.id)).all()


def branches(found: MemberMerge) -> list[int]:
    """The branches of the two records: where the kept one belongs, and where the duplicate did."""
    kept = lives.newest(db.session.get_one(Member, found.kept_id)).organisation_id
    return [kept] if found.organisation_id is None else [kept, found.organisation_id]


def listing(
    *, actor: Actor, member_id: int | None = None, limit: int, before_id: int | None = None
) -> Sequence[Row[*tuple[Any, ...]]]:
    """The merges within reach (or those into this one record), the newest first.

    Rows of id, kept, kept_name, duplicate, duplicate_name, reason, entries, moved, duplicate_id,
    merged_at, undone_at.
    """
    query = _merges().where(reach.visible(actor)).order_by(MemberMerge.id.desc()).limit(limit)
    if member_id is not None:
        query = query.where(MemberMerge.kept_id == member_id)
    if before_id is not None:
        query = query.where(MemberMerge.id < before_id)
    return db.session.execute(query).all()


def shown(found: MemberMerge) -> Row[*tuple[Any, ...]]:
    """One row as in ``listing``."""
    return db.session.execute(_merges().where(MemberMerge.id == found.id)).one()


def suggestions(*, actor: Actor, limit: int, after: Sequence[str] | None = None) -> Sequence[Row[*tuple[Any, ...]]]:
    """Pairs of present members who may be one person: one name, and one day of joining or one branch.

    Rows of the two records' number_1, name, branch_1, joined_on_1 and so on; ``after`` are the two
    numbers of the row before. A hint: nothing follows from it by itself.
    """
    one, two = aliased(Member), aliased(Member)
    of_one, of_two = aliased(Membership), aliased(Membership)
    branch_one, branch_two = aliased(Organisation), aliased(Organisation)
    within = reach.organisation_ids(actor)
    query = (
        select(
            one.number.label("number_1"),
            two.number.label("number_2"),
            one.name,
            branch_one.name.label("branch_1"),
            branch_two.name.label("branch_2"),
            one.joined_on.label("joined_on_1"),
            two.joined_on.label("joined_on_2"),
        )
        .select_from(one)
        .join(two, and_(two.name == one.name, two.id > one.id))
        .join(of_one, and_(of_one.member_id == one.id, of_one.ends_on.is_(None)))
        .join(of_two, and_(of_two.member_id == two.id, of_two.ends_on.is_(None)))
        .join(branch_one, branch_one.id == of_one.organisation_id)
        .join(branch_two, branch_two.id == of_two.organisation_id)
        .where(of_one.organisation_id.in_(within), of_two.organisation_id.in_(within))
        .where(or_(one.joined_on == two.joined_on, of_one.organisation_id == of_two.organisation_id))
        .order_by(one.number, two.number)
        .limit(limit)
    )
    if after is not None:
        query = query.where(tuple_(one.number, two.number) > tuple_(*after))
    return db.session.execute(query).all()


# ---- inside


def _record(actor: Actor, number: str) -> Member:
    """The very record with this number, whether it stands for itself or not."""
    found = db.session.scalar(select(Member).where(Member.number == number, reach.visible(actor)))
    if found is None:
        raise NotFound(Message(N_("There is no member %(number)s within your reach"), number=number))
    return found


def _standing(member_id: int) -> MemberMerge | None:
    query = select(MemberMerge).where(MemberMerge.duplicate_id == member_id, MemberMerge.undone_at.is_(None))
    return db.session.scalar(query.execution_options(populate_existing=True))


def _check_free(kept: Member, double: Member, standing: MemberMerge | None) -> None:
    """One step must lead to the kept record, from whatever was merged into it."""
    if standing is not None or _standing(kept.id) is not None:
        number = double.number if standing is not None else kept.number
        text = N_("Record %(number)s is merged into another one already; undo that first")
        raise Conflict(Message(text, number=number), code="merged_already")
    holds = select(MemberMerge.id).where(MemberMerge.kept_id == double.id, MemberMerge.undone_at.is_(None))
    if db.session.scalar(holds.limit(1)) is not None:
        text = N_("Another record was merged into %(number)s; keep this one, or undo that first")
        raise Conflict(Message(text, number=double.number), code="has_merged")


def _hand_over(kept: Member, double: Member) -> list[list[int]]:
    """Whoever signs in as the duplicate is the kept member now; which accounts those are, and where they stood."""
    rows = db.session.execute(select(SignIn.id, SignIn.organisation_id).where(SignIn.member_id == double.id)).all()
    ids = [row.id for row in rows]
    _quietly(update(SignIn).where(among(SignIn.id, ids)).values(member_id=kept.id))
    branch = lives.newest(kept).organisation_id
    _quietly(update(SignIn).where(among(SignIn.id, ids), SignIn.role == Role.MEMBER).values(organisation_id=branch))
    return [[row.id, row.organisation_id] for row in rows]


def _let_go(made: MemberMerge, at: datetime) -> None:
    """The duplicate belongs nowhere from today on; one that began today never belonged there."""
    query = select(Membership).where(Membership.member_id == made.duplicate_id, Membership.ends_on.is_(None))
    now = db.session.scalar(query.execution_options(populate_existing=True))
    if now is None:
        return
    made.organisation_id, made.member_since = now.organisation_id, now.starts_on
    today = clock.local(at).date()
    if now.starts_on < today:
        now.ends_on = today
    else:
        db.session.delete(now)


def _take_up(found: MemberMerge) -> None:
    """The duplicate belongs again to where it belonged, without a gap."""
    if found.organisation_id is None or found.member_since is None:
        return
    mine = (Membership.member_id == found.duplicate_id, Membership.starts_on == found.member_since)
    row = db.session.scalar(select(Membership).where(*mine).execution_options(populate_existing=True))
    if row is None:
        row = Membership(
            member_id=found.duplicate_id, organisation_id=found.organisation_id, starts_on=found.member_since
        )
        db.session.add(row)
    row.ends_on = None
    db.session.flush()


def _merges() -> Any:
    double = aliased(Member)
    return (
        select(
            MemberMerge.id,
            Member.number.label("kept"),
            Member.name.label("kept_name"),
            double.number.label("duplicate"),
            double.name.label("duplicate_name"),
            MemberMerge.reason,
            MemberMerge.entries,
            MemberMerge.moved,
            MemberMerge.duplicate_id,
            MemberMerge.merged_at,
            MemberMerge.undone_at,
        )
        .join(Member, Member.id == MemberMerge.kept_id)
        .join(double, double.id == MemberMerge.duplicate_id)
    )


def _quietly(statement: Any) -> None:
    db.session.execute(statement.execution_options(synchronize_session=False))
