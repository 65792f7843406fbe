"""Accounts, passwords that were tried, browser sessions and tokens."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import event, select

from pointsvc import clock
from pointsvc.db import db, transaction
from pointsvc.errors import Conflict, Invalid, NotFound
from pointsvc.people import service as people
from pointsvc.people import signing
from pointsvc.people.models import BrowserSession, SignIn, Token
from pointsvc.permissions import SYSTEM, Actor, Role
from tests import factories
from tests.conftest import FrozenClock
from tests.factories import PASSWORD

IDLE, LONGEST = timedelta(minutes=60), timedelta(hours=12)


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock) -> None:
    factories.district()
    factories.give_password("secretary")


def sign_in(name: str = "secretary", password: str = PASSWORD) -> str | None:
    attempt = people.check_password(name=name, password=password)
    with transaction():
        signed_in = people.sign_in(at=clock.now(), attempt=attempt)
    return signed_in[1] if signed_in else None


def who(key: str) -> Actor | None:
    return people.actor_of_session(key, at=clock.now(), idle=IDLE, longest=LONGEST)


def account(name: str = "secretary") -> SignIn:
    return db.session.scalars(select(SignIn).where(SignIn.name == name)).one()


# ---- accounts


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"role": "king"}, "role"),
        ({"role": "member"}, "member"),
        ({"password": "12345678"}, "password"),
        ({"password": "newcomer"}, "password"),
    ],
)
def test_a_wrong_account_is_named(change: dict[str, str], field: str) -> None:
    values = {"name": "newcomer", "role": "secretary", "organisation": "QS0101"} | change
    with pytest.raises(Invalid) as caught, transaction():
        people.add_sign_in(actor=SYSTEM, at=clock.now(), **values)
    assert list(caught.value.errors) == [field]


def test_an_account_needs_a_place_and_a_member_that_are_there() -> None:
    with pytest.raises(NotFound):
        factories.sign_in("newcomer", Role.SECRETARY, "NOWHERE")
    with pytest.raises(NotFound):
        factories.sign_in("newcomer", Role.MEMBER, "QS0101", member="NOBODY")


def test_a_name_is_given_once() -> None:
    with pytest.raises(Conflict) as caught:
        factories.sign_in("secretary", Role.SECRETARY, "QS0101")
    assert caught.value.code == "name_taken"


# ---- passwords that were tried


def test_the_right_password_begins_a_session() -> None:
    key = sign_in()
    assert key is not None
    actor = who(key)
    assert actor is not None
    assert (actor.kind, actor.name, actor.role) == ("person", "secretary", Role.SECRETARY)
    assert db.session.scalars(select(BrowserSession)).one().key_hash != key


@pytest.mark.parametrize(
    ("name", "password"),
    [("secretary", "wrong"), ("secretary", ""), ("nobody", PASSWORD), ("neighbour", PASSWORD), ("neighbour", "")],
)
def test_nothing_else_does(name: str, password: str) -> None:
    assert sign_in(name, password) is None
    assert db.session.scalars(select(BrowserSession)).all() == []


def test_an_unknown_name_costs_the_same_work(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str | None] = []
    real = signing.passwords.fits
    monkeypatch.setattr(signing.passwords, "fits", lambda password, kept: asked.append(kept) or real(password, kept))
    sign_in("nobody", "wrong")
    sign_in("secretary", "wrong")
    assert len(asked) == 2


def test_many_wrong_tries_lock_the_account_for_growing_times(frozen_clock: FrozenClock) -> None:
    for _ in range(signing.TRIES - 1):
        assert sign_in(password="wrong") is None
    assert account().locked_until is None
    sign_in(password="wrong")
    waits = []
    for _ in range(8):
        locked_until = account().locked_until
        assert locked_until is not None
        waits.append((locked_until - clock.now()).total_seconds() / 60)
        assert sign_in() is None, "the right password does not open a locked account"
        frozen_clock.set(locked_until)
        sign_in(password="wrong")
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]


def test_the_right_password_after_the_lock_clears_the_count(frozen_clock: FrozenClock) -> None:
    for _ in range(signing.TRIES):
        sign_in(password="wrong")
    frozen_clock.advance(minutes=1)
    assert sign_in() is not None
    assert (account().failures, account().locked_until) == (0, None)


# ---- sessions


def test_a_session_ends_when_idle(frozen_clock: FrozenClock) -> None:
    key = sign_in()
    assert key is not None
    frozen_clock.advance(minutes=59)
    assert who(key) is not None
    with transaction():
        people.seen(at=clock.now(), key=key)
    frozen_clock.advance(minutes=59)
    assert who(key) is not None
    frozen_clock.advance(minutes=1)
    assert who(key) is None


def test_a_session_ends_in_any_case(frozen_clock: FrozenClock) -> None:
    key = sign_in()
    assert key is not None
    for _ in range(24):
        assert who(key) is not None
        frozen_clock.advance(minutes=30)
        with transaction():
            people.seen(at=clock.now(), key=key)
    assert who(key) is None


def test_signing_out_ends_this_session_only() -> None:
    one, two = sign_in(), sign_in()
    assert one is not None
    assert two is not None
    actor = who(one)
    assert actor is not None
    with transaction():
        people.sign_out(actor=actor, at=clock.now(), key=one)
    assert who(one) is None
    assert who(two) is not None


def test_disabling_ends_sessions_and_tokens() -> None:
    key, token = sign_in(), factories.token("secretary")
    assert key is not None
    with transaction():
        people.disable_sign_in(actor=factories.actor("operator"), at=clock.now(), name="secretary")
    assert who(key) is None
    assert people.actor_of_token(token) is None
    assert sign_in() is None
    assert db.session.scalars(select(BrowserSession.ended_at)).all() == [clock.now()]
    assert None not in db.session.scalars(select(Token.ended_at).where(Token.sign_in_id == account().id)).all()
    # Should the account be opened again, what was ended stays ended.
    account().disabled_at = None
    db.session.flush()
    assert people.actor_of_token(token) is None
    assert who(key) is None


def test_a_strangers_account_is_not_found() -> None:
    actor = factories.actor("neighbour")
    for verb in (people.disable_sign_in, people.new_token):
        with pytest.raises(NotFound):
            verb(actor=actor, at=clock.now(), name="secretary")


# ---- the own password


def change(password: str, current: str = PASSWORD, key: str | None = None) -> bool:
    attempt = people.check_password(name="secretary", password=current)
    actor = factories.actor("secretary")
    with transaction():
        return people.change_password(actor=actor, at=clock.now(), attempt=attempt, password=password, key=key)


def test_a_new_password_ends_all_other_sessions() -> None:
    one, two = sign_in(), sign_in()
    assert one is not None
    assert two is not None
    assert change("clear water under the bridge", key=one)
    assert who(one) is not None
    assert who(two) is None
    assert sign_in() is None
    assert sign_in(password="clear water under the bridge") is not None


def test_the_present_password_is_needed_and_tries_are_counted() -> None:
    assert not change("clear water under the bridge", current="wrong")
    assert account().failures == 1
    assert sign_in() is not None


def test_the_new_password_must_do() -> None:
    with pytest.raises(Invalid) as caught:
        change("12345678")
    assert list(caught.value.errors) == ["password"]


def test_somebody_elses_password_changes_nothing() -> None:
    factories.give_password("neighbour")
    attempt = people.check_password(name="neighbour", password=PASSWORD)
    actor = factories.actor("secretary")
    with transaction():
        assert not people.change_password(actor=actor, at=clock.now(), attempt=attempt, password="clear water")


# ---- tokens


def test_a_token_is_long_marked_and_kept_as_a_hash() -> None:
    token = factories.token("secretary")
    assert token.startswith("pst_")
    assert len(token) == 4 + 43
    assert token not in db.session.scalars(select(Token.token_hash)).all()
    actor = people.actor_of_token(token)
    assert actor is not None
    assert (actor.kind, actor.name) == ("token", "secretary")


@pytest.mark.parametrize("token", ["", "pst_", "pst_wrong", "小", "\ud800", "\x00", "x" * 100_000])
def test_other_texts_are_nobody(token: str) -> None:
    assert people.actor_of_token(token) is None
    assert who(token) is None


def test_who_it_is_takes_one_query() -> None:
    key, token = sign_in(), factories.token("secretary")
    assert key is not None
    said: list[str] = []
    connection = db.session.connection()

    def listen(conn: object, cursor: object, statement: str, *more: object) -> None:
        said.append(statement)

    event.listen(connection, "before_cursor_execute", listen)
    people.actor_of_token(token)
    who(key)
    event.remove(connection, "before_cursor_execute", listen)
    assert len(said) == 2


# ---- own choices


def test_language_and_display_are_kept() -> None:
    actor = factories.actor("secretary")
    with transaction():
        people.set_language(actor=actor, at=clock.now(), language="en")
        people.set_display(actor=actor, at=clock.now(), display="elder")
    db.session.expire_all()
    assert (account().language, account().display) == ("en", "elder")
    for verb, field in ((people.set_language, "language"), (people.set_display, "display")):
        with pytest.raises(Invalid) as caught, transaction():
            verb(actor=actor, at=clock.now(), **{field: "other"})
        assert list(caught.value.errors) == [field]
