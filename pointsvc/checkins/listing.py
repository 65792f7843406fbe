"""Check-ins, posts and hours as lists show them: names for ids, the newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, or_, select
from sqlalchemy.orm import aliased

from pointsvc.checkins import lifecycle
from pointsvc.checkins.models import CheckIn, Claim, Post, Record
from pointsvc.checkins.standing import COMMUNITY_KINDS, visible, whom
from pointsvc.db import among, db
from pointsvc.errors import NotFound
from pointsvc.people import reach
from pointsvc.people.models import Member, Organisation, SignIn
from pointsvc.permissions import Actor

Rows = Sequence[Row[*tuple[Any, ...]]]

_Community = aliased(Organisation)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list is narrowed to: a ``status``, a ``member`` (number), a ``community`` (code), members of an
    ``organisation`` and below (code), the ``own``, those ``hosted`` by a community in reach, a ``checkin``
    (id); ``oldest`` first or the newest; from behind the id ``after`` on.
    """

    status: str | None = None
    member: str | None = None
    community: str | None = None
    organisation: str | None = None
    own: bool = False
    hosted: bool = False
    checkin: int | None = None
    oldest: bool = False
    after: int | None = None
    limit: int = 50


def communities() -> Rows:
    """All communities that members may check in with: rows of id, code, name, phone, by code."""
    query = select(Organisation.id, Organisation.code, Organisation.name, Organisation.phone)
    return db.session.execute(query.where(Organisation.kind.in_(COMMUNITY_KINDS)).order_by(Organisation.code)).all()


def communities_of(actor: Actor) -> Rows:
    """The communities within the actor's reach, as ``communities``."""
    query = select(Organisation.id, Organisation.code, Organisation.name, Organisation.phone)
    mine = (Organisation.kind.in_(COMMUNITY_KINDS), Organisation.id.in_(reach.organisation_ids(actor)))
    return db.session.execute(query.where(*mine).order_by(Organisation.code)).all()


def checkins(*, actor: Actor, asked: Asked) -> Rows:
    """The check-ins that are asked for, as far as the actor may see them.

    Rows of id, member_id, member, member_name, organisation, organisation_name (home), community_id,
    community, community_name, status, skills, paper, requested_on, accepted_on, ended_on, reason, created_at,
    created_by, posts (how many are held). Raises NotFound for the member or the organisation.
    """
    query = _checkins().where(visible(actor, CheckIn), *_narrowed(actor, CheckIn, asked))
    return db.session.execute(_paged(query, CheckIn, asked)).all()


def checkin(*, actor: Actor, check_in_id: int) -> Row[*tuple[Any, ...]]:
    """One row as in ``checkins``. Raises NotFound."""
    found = db.session.execute(_checkins().where(CheckIn.id == check_in_id, visible(actor, CheckIn))).first()
    if found is None:
        raise NotFound()
    return found


def records(*, actor: Actor, asked: Asked) -> Rows:
    """The hours that are asked for, as far as the actor may see them.

    Rows of id, check_in_id, member_id, member, member_name, community_id, community, community_name, post_id,
    post, kind, served_on, hours, deed, status, proposed_at, proposed_by, decided_at, decided_by, reason,
    entry. Raises NotFound for the member or the organisation.
    """
    query = _records().where(visible(actor, Record), *_narrowed(actor, Record, asked))
    if asked.checkin is not None:
        query = query.where(Record.check_in_id == asked.checkin)
    return db.session.execute(_paged(query, Record, asked)).all()


def several_records(*, actor: Actor, record_ids: Sequence[int]) -> Rows:
    """These records, in this order; those that the actor may not see are left out."""
    rows = db.session.execute(_records().where(visible(actor, Record), among(Record.id, record_ids)))
    found = {row.id: row for row in rows}
    return [found[number] for number in record_ids if number in found]


def posts(
    *,
    community: str | None = None,
    kind: str | None = None,
    find: str | None = None,
    free: bool = False,
    status: str | None = None,
    within: Actor | None = None,
    after: int | None = None,
    limit: int = 50,
) -> Rows:
    """Posts of all communities, whoever asks: they are for everybody to find. The newest first.

    Rows of id, community_id, community, community_name, name, kind, duty, times, skills, places, taken, status.
    ``find`` keeps those whose name, duty or skills hold it, ``free`` those that are open and not full, ``within`` those
    of communities that this actor reaches.
    """
    query = _posts().order_by(Post.id.desc()).limit(limit)
    if community:
        query = query.where(_Community.code == community)
    if kind:
        query = query.where(Post.kind == kind)
    if find:
        query = query.where(or_(*(column.contains(find, autoescape=True) for column in _SEARCHED)))
    if free:
        query = query.where(Post.status == lifecycle.OPEN, Post.taken < Post.places)
    if status:
        query = query.where(Post.status == status)
    if within is not None:
        query = query.where(Post.community_id.in_(reach.organisation_ids(within)))
    if after is not None:
        query = query.where(Post.id < after)
    return db.session.execute(query).all()


def post(post_id: int) -> Row[*tuple[Any, ...]]:
    """One row as in ``posts``. Raises NotFound."""
    found = db.session.execute(_posts().where(Post.id == post_id)).first()
    if found is None:
        raise NotFound()
    return found


def holders(*, actor: Actor, post_ids: Sequence[int]) -> Rows:
    """Who holds these posts, as far as the actor may see them: rows of post_id, member, member_name, claimed_at."""
    return db.session.execute(
        select(Claim.post_id, Member.number.label("member"), Member.name.label("member_name"), Claim.claimed_at)
        .join(CheckIn, CheckIn.id == Claim.check_in_id)
        .join(Member, Member.id == Claim.member_id)
        .where(among(Claim.post_id, post_ids), Claim.status == lifecycle.HELD, visible(actor, CheckIn))
        .order_by(Claim.id)
    ).all()


def posts_held(member_id: int, community_id: int | None = None) -> Rows:
    """The posts that this member holds, of one community or of all, as ``posts``."""
    held = select(Claim.post_id).where(Claim.member_id == member_id, Claim.status == lifecycle.HELD)
    query = _posts().where(Post.id.in_(held)).order_by(Post.id)
    if community_id is not None:
        query = query.where(Post.community_id == community_id)
    return db.session.execute(query).all()


def places(actor: Actor, limit: int = 500) -> Rows:
    """Who holds which post in the communities within reach: rows of post_id, post, member, member_name."""
    return db.session.execute(
        select(Claim.post_id, Post.name.label("post"), Member.number.label("member"), Member.name.label("member_name"))
        .join(Post, Post.id == Claim.post_id)
        .join(Member, Member.id == Claim.member_id)
        .where(Claim.status == lifecycle.HELD, Post.community_id.in_(reach.organisation_ids(actor)))
        .order_by(Member.initials, Member.id, Post.id)
        .limit(limit)
    ).all()


def number_of(member_id: int) -> str:
    """The number of this member."""
    return db.session.get_one(Member, member_id).number


# ---- inside

_SEARCHED = (Post.name, Post.duty, Post.skills)


def _narrowed(actor: Actor, table: type[CheckIn] | type[Record], asked: Asked) -> list[Any]:
    found: list[Any] = []
    if asked.status:
        found.append(table.status == asked.status)
    if asked.own:
        found.append(table.member_id == actor.member_id)
    if asked.hosted:
        found.append(table.community_id.in_(reach.organisation_ids(actor)))
    if asked.member:
        found.append(table.member_id == whom(actor, asked.member))
    if asked.community:
        found.append(_Community.code == asked.community)
    if asked.organisation:
        node = reach.organisation(actor, asked.organisation)
        homes = select(CheckIn.id).where(CheckIn.home_id.in_(reach.ids_below(node.id)))
        found.append((CheckIn.id if table is CheckIn else Record.check_in_id).in_(homes))
    return found


def _paged(query: Any, table: type[CheckIn] | type[Record], asked: Asked) -> Any:
    query = query.order_by(table.id if asked.oldest else table.id.desc()).limit(asked.limit)
    if asked.after is not None:
        query = query.where(table.id > asked.after if asked.oldest else table.id < asked.after)
    return query


def _checkins() -> Any:
    held = select(func.count()).where(Claim.check_in_id == CheckIn.id, Claim.status == lifecycle.HELD)
    return (
        select(
            CheckIn.id,
            CheckIn.member_id,
            Member.number.label("member"),
            Member.name.label("member_name"),
            Organisation.code.label("organisation"),
            Organisation.name.label("organisation_name"),
            CheckIn.community_id,
            _Community.code.label("community"),
            _Community.name.label("community_name"),
            CheckIn.status,
            CheckIn.skills,
            CheckIn.paper,
            CheckIn.requested_on,
            CheckIn.accepted_on,
            CheckIn.ended_on,
            CheckIn.reason,
            CheckIn.created_at,
            func.coalesce(SignIn.name, "system").label("created_by"),
            held.scalar_subquery().label("posts"),
        )
        .join(Member, Member.id == CheckIn.member_id)
        .join(Organisation, Organisation.id == CheckIn.home_id)
        .join(_Community, _Community.id == CheckIn.community_id)
        .outerjoin(SignIn, SignIn.id == CheckIn.created_by_id)
    )


def _records() -> Any:
    decider = aliased(SignIn)
    return (
        select(
            Record.id,
            Record.check_in_id,
            Record.member_id,
            Member.number.label("member"),
            Member.name.label("member_name"),
            Record.community_id,
            _Community.code.label("community"),
            _Community.name.label("community_name"),
            Record.post_id,
            Post.name.label("post"),
            Post.kind,
            Record.served_on,
            Record.hours,
            Record.deed,
            Record.status,
            Record.proposed_at,
            func.coalesce(SignIn.name, "system").label("proposed_by"),
            Record.decided_at,
            decider.name.label("decided_by"),
            Record.reason,
            Record.entry_id.label("entry"),
        )
        .join(Member, Member.id == Record.member_id)
        .join(_Community, _Community.id == Record.community_id)
        .join(Post, Post.id == Record.post_id)
        .outerjoin(SignIn, SignIn.id == Record.proposed_by_id)
        .outerjoin(decider, decider.id == Record.decided_by_id)
    )


def _posts() -> Any:
    return select(
        Post.id,
        Post.community_id,
        _Community.code.label("community"),
        _Community.name.label("community_name"),
        Post.name,
        Post.kind,
        Post.duty,
        Post.times,
        Post.skills,
        Post.places,
        Post.taken,
        Post.status,
    ).join(_Community, _Community.id == Post.community_id)
