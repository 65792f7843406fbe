"""Verbs of whoever looks after the accounts: see them, give a first password, end what is signed in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, or_, select

from pointsvc.audit import service as audit
from pointsvc.db import db
from pointsvc.errors import N_, Conflict, NotFound
from pointsvc.people import passwords, reach
from pointsvc.people.models import BrowserSession, Member, Organisation, SignIn, Token
from pointsvc.people.signing import disable_sign_in, end_sessions
from pointsvc.permissions import Actor


def listing(
    *,
    actor: Actor,
    find: str | None = None,
    role: str | None = None,
    after: str | None = None,
    limit: int,
) -> Sequence[Row[*tuple[Any, ...]]]:
    """The accounts within reach by name, from ``after`` on.

    Rows of id, name, role, organisation, organisation_name, member (number), must_change,
    has_password, locked_until, disabled_at, created_at, seen_at (None: never, or not for a month).
    ``find`` keeps those whose name or whose member's name holds it, or whose initials begin with it.
    """
    query = _accounts(actor).order_by(SignIn.name).limit(limit)
    if find:
        query = query.where(
            or_(
                SignIn.name.contains(find, autoescape=True),
                Member.name.contains(find, autoescape=True),
                Member.initials.startswith(find.casefold(), autoescape=True),
            )
        )
    if role:
        query = query.where(SignIn.role == role)
    if after is not None:
        query = query.where(SignIn.name > after)
    return db.session.execute(query).all()


def account(*, actor: Actor, account_id: int) -> Row[*tuple[Any, ...]]:
    """One row as in ``listing``. Raises NotFound."""
    found = db.session.execute(_accounts(actor).where(SignIn.id == account_id)).first()
    if found is None:
        raise NotFound()
    return found


def give_password(*, actor: Actor, at: datetime, account_id: int) -> str:
    """A new first password, told once and kept as a hash; its person must change it at once.

    Whatever is signed in by the old one ends, and so does a lock after many tries. Raises NotFound,
    Conflict 'disabled'.
    """
    row = _held(actor, account_id)
    if row.disabled_at is not None:
        raise Conflict(N_("This account is disabled"), code="disabled")
    password = passwords.first()
    row.password_hash, row.must_change = passwords.hashed(password), True
    row.failures, row.locked_until = 0, None
    end_sessions(at=at, sign_in_id=row.id)
    audit.note(actor=actor, at=at, action="sign_in:first_password", object_id=str(row.id))
    return password


def disable(*, actor: Actor, at: datetime, account_id: int) -> None:
    """Let nobody use this account any more. Raises NotFound, Conflict 'own' for the actor's own."""
    row = _held(actor, account_id)
    if row.id == actor.sign_in_id:
        raise Conflict(N_("This is your own account; somebody else must disable it"), code="own")
    disable_sign_in(actor=actor, at=at, name=row.name)


def sign_out_everywhere(*, actor: Actor, at: datetime, account_id: int) -> None:
    """End every session and every token of this account; its password stays. Raises NotFound."""
    row = _held(actor, account_id)
    end_sessions(at=at, sign_in_id=row.id, tokens=True)
    audit.note(actor=actor, at=at, action="sign_in:end", object_id=str(row.id))


def _held(actor: Actor, account_id: int) -> SignIn:
    query = select(SignIn).where(SignIn.id == account_id, SignIn.id.in_(reach.sign_in_ids(actor))).with_for_update()
    found = db.session.scalar(query.execution_options(populate_existing=True))
    if found is None:
        raise NotFound()
    return found


def _accounts(actor: Actor) -> Select[*tuple[Any, ...]]:
    seen_at = select(func.max(BrowserSession.seen_at)).where(BrowserSession.sign_in_id == SignIn.id).scalar_subquery()
    tokens = select(Token.id).where(Token.sign_in_id == SignIn.id, Token.ended_at.is_(None)).exists()
    return (
        select(
            SignIn.id,
            SignIn.name,
            SignIn.role,
            Organisation.code.label("organisation"),
            Organisation.name.label("organisation_name"),
            Member.number.label("member"),
            Member.name.label("member_name"),
            SignIn.must_change,
            SignIn.password_hash.is_not(None).label("has_password"),
            tokens.label("has_token"),
            SignIn.locked_until,
            SignIn.disabled_at,
            SignIn.created_at,
            seen_at.label("seen_at"),
        )
        .join(Organisation, Organisation.id == SignIn.organisation_id)
        .outerjoin(Member, Member.id == SignIn.member_id)
        .where(SignIn.organisation_id.in_(reach.organisation_ids(actor)))
    )
