"""A small made-up district for tests: plain functions that call the same verbs as the product.

``district()`` builds the tree, the members and a sign-in of each role:

    QS            青石区委           admin (district_admin), overseer (supervisor), auditor, operator (system_admin)
    ├── QS01      松岭街道           street (secretary of the street)
    │   ├── QS0101  第一支部         secretary, member (own record M001); M001 to M003
    │   └── QS0102  第二支部         neighbour (secretary); M004
    └── QS02      柳河镇             far (secretary); QS0201 柳河镇支部 with M005

All functions commit, so call them outside of ``transaction()``.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from functools import cache

from argon2 import PasswordHasher
from flask.testing import FlaskClient

from pointsvc.db import db, transaction
from pointsvc.people import service as people
from pointsvc.people.models import Member, Organisation, SignIn
from pointsvc.permissions import SYSTEM, Actor, Role
from tests.remembered import remembered

AT = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)
PASSWORD = "a quiet morning by the river"

ORGANISATIONS = (
    ("QS", "青石区委", "district", None),
    ("QS01", "松岭街道党工委", "street", "QS"),
    ("QS0101", "松岭街道第一党支部", "branch", "QS01"),
    ("QS0102", "松岭街道第二党支部", "branch", "QS01"),
    ("QS02", "柳河镇党委", "township", "QS"),
    ("QS0201", "柳河镇柳河村党支部", "branch", "QS02"),
)
MEMBERS = (
    ("M001", "欧阳凯敏", "QS0101", "regular"),
    ("M002", "曾晓岚", "QS0101", "probationary"),
    ("M003", "阿里木·江", "QS0101", "retired"),
    ("M004", "单文博", "QS0102", "regular"),
    ("M005", "林小满", "QS0201", "floating"),
)
SIGN_INS = (
    ("admin", Role.DISTRICT_ADMIN, "QS", None),
    ("overseer", Role.SUPERVISOR, "QS", None),
    ("auditor", Role.AUDITOR, "QS", None),
    ("operator", Role.SYSTEM_ADMIN, "QS", None),
    ("street", Role.SECRETARY, "QS01", None),
    ("secretary", Role.SECRETARY, "QS0101", None),
    ("member", Role.MEMBER, "QS0101", "M001"),
    ("neighbour", Role.SECRETARY, "QS0102", None),
    ("far", Role.SECRETARY, "QS02", None),
)
# One sign-in of each role, for tables of who may do what.
BY_ROLE = {
    Role.DISTRICT_ADMIN: "admin",
    Role.SUPERVISOR: "overseer",
    Role.AUDITOR: "auditor",
    Role.SYSTEM_ADMIN: "operator",
    Role.SECRETARY: "secretary",
    Role.MEMBER: "member",
}


def organisation(code: str, name: str = "", kind: str = "branch", parent: str | None = None) -> Organisation:
    """An organisation; its name is its code unless given."""
    with transaction():
        return people.create_organisation(actor=SYSTEM, at=AT, code=code, name=name or code, kind=kind, parent=parent)


def member(
    number: str,
    organisation: str,
    name: str = "程不易",
    category: str = "regular",
    joined_on: date | None = None,
) -> Member:
    """A member of the organisation with this code."""
    with transaction():
        return people.create_member(
            actor=SYSTEM,
            at=AT,
            number=number,
            name=name,
            organisation=organisation,
            category=category,
            joined_on=joined_on,
        )


def sign_in(name: str, role: Role, organisation: str, member: str | None = None, password: str | None = None) -> SignIn:
    """An account; without a password it takes tokens only."""
    with transaction():
        return people.add_sign_in(
            actor=SYSTEM, at=AT, name=name, role=role, organisation=organisation, member=member, password=password
        )


@remembered
def district() -> None:
    """The whole district that is drawn above."""
    with transaction():
        organisations = [people.NewOrganisation(*row[:3], parent=row[3]) for row in ORGANISATIONS]
        people.add_organisations(actor=SYSTEM, at=AT, rows=organisations)
        people.add_members(actor=SYSTEM, at=AT, rows=[people.NewMember(*row) for row in MEMBERS])
        for name, role, place, own in SIGN_INS:
            people.add_sign_in(actor=SYSTEM, at=AT, name=name, role=role, organisation=place, member=own)


def token(name: str) -> str:
    """A new bearer token of this account."""
    with transaction():
        return people.new_token(actor=SYSTEM, at=AT, name=name)


def bearer(name: str) -> dict[str, str]:
    """Headers of a program that is signed in as this account: ``client.get(address, headers=bearer("admin"))``."""
    return {"Authorization": f"Bearer {token(name)}"}


def actor(name: str) -> Actor:
    """The account as an actor, for calling verbs."""
    found = people.actor_of_token(token(name))
    assert found is not None
    return found


def browser(client: FlaskClient, name: str) -> str:
    """Sign this account's person in at ``client``; the answer is the CSRF token for forms and scripts."""
    give_password(name)
    form = {"name": name, "password": PASSWORD, "csrf_token": csrf_token(client, "/sign-in")}
    assert client.post("/sign-in", data=form).status_code == 302
    return csrf_token(client, "/password")


def csrf_token(client: FlaskClient, address: str) -> str:
    """The CSRF token in the page at this address."""
    page = client.get(address)
    assert page.status_code == 200, page.text
    found = re.search(r'name="csrf-token" content="([^"]+)"', page.text)
    assert found is not None
    return found[1]


# The product's is slow on purpose; what is kept says itself how much work it takes to try it.
_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@cache
def _hashed(password: str) -> str:
    return _HASHER.hash(password)


def give_password(name: str, password: str = PASSWORD) -> None:
    """Give the account a password."""
    with transaction():
        db.session.execute(db.update(SignIn).where(SignIn.name == name).values(password_hash=_hashed(password)))


def member_id(number: str) -> int:
    """The id of the member with this number."""
    found = db.session.scalar(db.select(Member.id).where(Member.number == number))
    assert found is not None
    return found


def organisation_id(code: str) -> int:
    """The id of the organisation with this code."""
    found = db.session.scalar(db.select(Organisation.id).where(Organisation.code == code))
    assert found is not None
    return found
