"""Verbs of signing in: accounts, passwords, browser sessions, tokens.

A browser's cookie and a program's token hold a long random key; the database holds only its hash,
so a stolen copy of the database opens nothing. Signing out ends the row, not just the cookie.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, bindparam, delete, or_, select, update

from pointsvc.audit import service as audit
from pointsvc.db import UtcTime, db
from pointsvc.errors import N_, Conflict, Invalid, Message, NotFound
from pointsvc.people import passwords, reach
from pointsvc.people.models import BrowserSession, SignIn, Token
from pointsvc.permissions import Actor, Role
from pointsvc.prepared import Prepared

# After so many wrong passwords in a row the account is locked, each time for longer.
TRIES = 8
LONGEST_LOCK = 60
# Long enough to answer who was signed in when, no longer.
KEPT = timedelta(days=30)
LANGUAGES = ("zh", "en")
DISPLAYS = ("plain", "elder")
# So that whoever finds one, by eye or by program, knows what it opens.
_MARK = "pst_"


@dataclass(frozen=True)
class Attempt:
    """A password that was tried on an account. Worth nothing before it has been counted."""

    sign_in_id: int | None
    fits: bool


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


# ---- accounts


def add_sign_in(
    *,
    actor: Actor,
    at: datetime,
    name: str,
    role: str,
    organisation: str,
    member: str | None = None,
    password: str | None = None,
    must_change: bool = False,
) -> SignIn:
    """Add an account with this role over an organisation (a code) and all below it.

    ``member`` is the number of the own record, needed for the role member. Without a password the
    account takes tokens only. Raises Invalid by field, NotFound for organisation or member,
    Conflict 'name_taken'.
    """
    name = name.strip()
    if faults := _account_faults(name, role, member, password):
        raise Invalid(faults)
    row = SignIn(
        name=name,
        password_hash=passwords.hashed(password) if password is not None else None,
        role=Role(role),
        organisation_id=reach.organisation(actor, organisation).id,
        member_id=reach.member(actor, member).id if member is not None else None,
        must_change=must_change,
        language="zh",
        display="plain",
        failures=0,
        created_at=at,
    )
    if db.session.scalar(select(SignIn.id).where(SignIn.name == name)):
        raise Conflict(Message(N_("The name %(name)s is taken"), name=name), code="name_taken")
    db.session.add(row)
    db.session.flush()
    audit.note(actor=actor, at=at, action="sign_in:add", object_id=str(row.id), role=role, organisation=organisation)
    return row


def _account_faults(name: str, role: str, member: str | None, password: str | None) -> dict[str, Message]:
    faults = {}
    if not 1 <= len(name) <= 100 or not name.isprintable():
        faults["name"] = Message(N_("Between %(min)s and %(max)s characters"), min=1, max=100)
    if role not in set(Role):
        faults["role"] = Message(N_("One of %(choices)s is needed"), choices=", ".join(Role))
    if role == Role.MEMBER and member is None:
        faults["member"] = Message(N_("A member's account needs the number of the member"))
    if password is not None and (fault := passwords.fault(password, name)):
        faults["password"] = fault
    return faults


def disable_sign_in(*, actor: Actor, at: datetime, name: str) -> SignIn:
    """Let nobody use this account any more; its sessions and tokens end now. Raises NotFound."""
    row = _account(actor, name)
    if row.disabled_at is None:
        row.disabled_at = at
        end_sessions(at=at, sign_in_id=row.id, tokens=True)
        audit.note(actor=actor, at=at, action="sign_in:disable", object_id=str(row.id))
    return row


def end_sessions(*, at: datetime, sign_in_id: int, tokens: bool = False) -> None:
    """End every browser session of this account, and its bearer tokens if wanted."""
    _end(BrowserSession, at, BrowserSession.sign_in_id == sign_in_id)
    if tokens:
        _end(Token, at, Token.sign_in_id == sign_in_id)


def _account(actor: Actor, name: str) -> SignIn:
    row = db.session.scalar(select(SignIn).where(SignIn.name == name, SignIn.id.in_(reach.sign_in_ids(actor))))
    if row is None:
        raise NotFound(Message(N_("There is no account %(name)s within your reach"), name=name))
    return row


def _end(table: Any, at: datetime, *conditions: Any) -> None:
    db.session.execute(
        update(table)
        .where(table.ended_at.is_(None), *conditions)
        .values(ended_at=at)
        .execution_options(synchronize_session=False)
    )


# ---- passwords


def check_password(*, name: str, password: str) -> Attempt:
    """Try a password, with the same work for a name that is unknown. Writes nothing.

    It is slow on purpose, so call it before the transaction in which the attempt is counted: on
    SQLite everybody else's writing would wait.
    """
    row = db.session.execute(
        select(SignIn.id, SignIn.password_hash).where(SignIn.name == name.strip(), SignIn.disabled_at.is_(None))
    ).one_or_none()
    if row is None:
        passwords.fits(password, None)
        return Attempt(None, False)
    return Attempt(row.id, passwords.fits(password, row.password_hash))


def _counted(attempt: Attempt, at: datetime) -> SignIn | None:
    """The account when the password was right and the account is open; else one more failure."""
    if attempt.sign_in_id is None:
        return None
    query = select(SignIn).where(SignIn.id == attempt.sign_in_id, SignIn.disabled_at.is_(None)).with_for_update()
    row = db.session.scalar(query.execution_options(populate_existing=True))
    if row is None or (row.locked_until is not None and row.locked_until > at):
        return None
    if attempt.fits:
        row.failures, row.locked_until = 0, None
        return row
    row.failures += 1
    if row.failures >= TRIES:
        row.locked_until = at + timedelta(minutes=min(2 ** min(row.failures - TRIES, 6), LONGEST_LOCK))
    return None


def sign_in(*, at: datetime, attempt: Attempt) -> tuple[SignIn, str] | None:
    """Count the attempt and begin a session: the account and the key for the cookie.

    None when name and password do not match or the account is locked; the caller must let the
    transaction commit all the same, because that is what counts the failure.
    """
    row = _counted(attempt, at)
    if row is None:
        return None
    key = secrets.token_urlsafe(32)
    db.session.add(BrowserSession(key_hash=_hash(key), sign_in_id=row.id, created_at=at, seen_at=at))
    db.session.flush()
    audit.note(actor=_actor("person", row), at=at, action="session:begin", object_id=str(row.id))
    return row, key


def sign_out(*, actor: Actor, at: datetime, key: str) -> None:
    """End the browser session with this key; a copy of its cookie is worth nothing afterwards."""
    _end(BrowserSession, at, BrowserSession.key_hash == _hash(key))
    audit.note(actor=actor, at=at, action="session:end", object_id=str(actor.sign_in_id))


def change_password(*, actor: Actor, at: datetime, attempt: Attempt, password: str, key: str | None = None) -> bool:
    """Replace the actor's own password; ``attempt`` is the present one, tried by ``check_password``.

    All other sessions of the account end. False when the present password was wrong (let the
    transaction commit: that counts it). Raises Invalid for the new password.
    """
    if fault := passwords.fault(password, actor.name):
        raise Invalid({"password": fault})
    row = _counted(attempt, at) if attempt.sign_in_id == actor.sign_in_id else None
    if row is None:
        return False
    row.password_hash, row.must_change = passwords.hashed(password), False
    kept = _hash(key) if key else ""
    _end(BrowserSession, at, BrowserSession.sign_in_id == row.id, BrowserSession.key_hash != kept)
    audit.note(actor=actor, at=at, action="sign_in:password", object_id=str(row.id))
    return True


def new_token(*, actor: Actor, at: datetime, name: str) -> str:
    """A new bearer token of this account; it is told once and kept as a hash. Raises NotFound."""
    row = _account(actor, name)
    token = _MARK + secrets.token_urlsafe(32)
    db.session.add(Token(token_hash=_hash(token), sign_in_id=row.id, created_at=at))
    db.session.flush()
    audit.note(actor=actor, at=at, action="token:add", object_id=str(row.id))
    return token


def clean_up(*, at: datetime) -> int:
    """Remove browser sessions that ended, or were last seen, more than 30 days ago; how many."""
    limit = at - KEPT
    removed: Any = db.session.execute(
        delete(BrowserSession)
        .where(or_(BrowserSession.ended_at < limit, BrowserSession.seen_at < limit))
        .execution_options(synchronize_session=False)
    )
    return int(removed.rowcount)


# ---- who is it


def _who() -> Select[*tuple[Any, ...]]:
    return select(SignIn.id, SignIn.name, SignIn.role, SignIn.organisation_id, SignIn.member_id, SignIn.language).where(
        SignIn.disabled_at.is_(None)
    )


def _actor(kind: str, row: Any) -> Actor:
    return Actor(
        kind=kind,
        name=row.name,
        role=Role(row.role),
        sign_in_id=row.id,
        organisation_id=row.organisation_id,
        member_id=row.member_id,
        language=row.language,
    )


def actor_of_sign_in(sign_in_id: int) -> Actor | None:
    """The actor for whom a worker carries something out, or None when the account is closed."""
    row = db.session.execute(_who().where(SignIn.id == sign_in_id)).one_or_none()
    return _actor("person", row) if row else None


@Prepared
def _by_token(dialect: str) -> Any:
    return (
        _who()
        .join(Token, Token.sign_in_id == SignIn.id)
        .where(Token.token_hash == bindparam("hash"), Token.ended_at.is_(None))
    )


@Prepared
def _by_session(dialect: str) -> Any:
    return (
        _who()
        .join(BrowserSession, BrowserSession.sign_in_id == SignIn.id)
        .where(
            BrowserSession.key_hash == bindparam("hash"),
            BrowserSession.ended_at.is_(None),
            BrowserSession.seen_at > bindparam("seen_after", type_=UtcTime()),
            BrowserSession.created_at > bindparam("created_after", type_=UtcTime()),
        )
    )


def actor_of_token(token: str) -> Actor | None:
    """The actor behind a bearer token, or None. One indexed query."""
    row = _by_token.first(hash=_hash(token))
    return _actor("token", row) if row else None


def actor_of_session(key: str, *, at: datetime, idle: timedelta, longest: timedelta) -> Actor | None:
    """The actor behind a browser session's key, or None. One indexed query.

    A session ends when nothing was seen of it for ``idle``, and in any case after ``longest``.
    """
    row = _by_session.first(hash=_hash(key), seen_after=at - idle, created_after=at - longest)
    return _actor("person", row) if row else None


def seen(*, at: datetime, key: str) -> None:
    """The browser session was used just now."""
    db.session.execute(
        update(BrowserSession)
        .where(BrowserSession.key_hash == _hash(key), BrowserSession.seen_at < at)
        .values(seen_at=at)
        .execution_options(synchronize_session=False)
    )


# ---- the person's own choices


def set_language(*, actor: Actor, at: datetime, language: str) -> None:
    """Show the service to this person in 'zh' or 'en'. Raises Invalid for another."""
    _choose(actor, "language", language, LANGUAGES)


def set_display(*, actor: Actor, at: datetime, display: str) -> None:
    """Show the service 'plain', or large for an 'elder'. Raises Invalid for another."""
    _choose(actor, "display", display, DISPLAYS)


def end_tour(*, actor: Actor) -> None:
    """The person has seen, or skipped, the tour of the first day."""
    db.session.execute(update(SignIn).where(SignIn.id == actor.sign_in_id).values(toured=True))


def _choose(actor: Actor, field: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise Invalid({field: Message(N_("One of %(choices)s is needed"), choices=", ".join(choices))})
    db.session.execute(update(SignIn).where(SignIn.id == actor.sign_in_id).values({field: value}))
