"""The accounts that act in the demonstration district."""

from __future__ import annotations

from sqlalchemy import select

from pointsvc.db import db
from pointsvc.people.models import SignIn
from pointsvc.permissions import Actor, Role


def named(name: str) -> Actor:
    """The account with this name."""
    return _actor(db.session.scalars(select(SignIn).where(SignIn.name == name)).one())


def first(role: Role) -> Actor | None:
    """The oldest account with this role, if there is one."""
    found = db.session.scalar(select(SignIn).where(SignIn.role == role).order_by(SignIn.id).limit(1))
    return None if found is None else _actor(found)


def _actor(row: SignIn) -> Actor:
    return Actor("person", row.name, Role(row.role), row.id, row.organisation_id, row.member_id)
