"""One-time codes: unguessable, printed again, used once, tried with a brake; and the page behind them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from pointsvc import brake, clock, codes
from pointsvc.db import db, transaction
from pointsvc.errors import Invalid
from pointsvc.permissions import SYSTEM
from pointsvc.reviews import one_time
from pointsvc.reviews.models import ReviewCode
from tests import factories
from tests.conftest import FrozenClock
from tests.reviews import steps
from workers import people as jobs
from workers.base import Claim

# The machine may be busy with other things.
UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture
def _branch(app: Flask, frozen_clock: FrozenClock) -> None:
    steps.ruled_branch()


# ---- the code itself


def test_codes_differ_and_hold_no_sign_that_is_taken_for_another() -> None:
    made = {one_time.code_of(steps.SECRET, review, number) for review in range(1, 20) for number in range(1, 200)}
    assert len(made) == 19 * 199
    assert not set("".join(made)) & set("01IOL")
    assert {len(code) for code in made} == {codes.PLACES}
    # So many that nobody finds one by trying.
    assert len(codes.ALPHABET) ** codes.PLACES > 2**59


def test_another_secret_makes_other_codes() -> None:
    assert one_time.code_of("a" * 32, 1, 1) != one_time.code_of("b" * 32, 1, 1)


@UNTIMED
@given(st.integers(1, 10**9), st.integers(1, 500), st.booleans(), st.sampled_from(["", " ", "-", " - "]))
def test_a_code_is_read_however_it_is_typed(review: int, number: int, small: bool, between: str) -> None:
    code = one_time.code_of(steps.SECRET, review, number)
    typed = between.join(codes.printed(code).split("-"))
    assert codes.plain(typed.lower() if small else typed) == code
    assert codes.hashed(typed.lower()) == codes.hashed(code)


# ---- making and printing


@pytest.mark.usefixtures("_branch")
def test_slips_are_told_again_until_they_are_used() -> None:
    review_id = steps.opened()
    first = steps.slips(review_id, 2)
    every = steps.slips(review_id, 1)
    assert every[:2] == first
    assert len(set(every)) == 3
    steps.vote_by_code(every[1])
    assert one_time.unused(actor=SYSTEM, review_id=review_id, secret=steps.SECRET) == [every[0], every[2]]
    # Under another secret they still serve, but cannot be told.
    assert one_time.unused(actor=SYSTEM, review_id=review_id, secret="x" * 32) == []
    steps.vote_by_code(every[0])


@pytest.mark.usefixtures("_branch")
def test_the_database_holds_no_code() -> None:
    made = steps.slips(steps.opened(), 3)
    kept = db.session.scalars(select(ReviewCode.code_hash)).all()
    assert set(kept) == {codes.hashed(code) for code in made}
    assert not set(kept) & set(made)


@pytest.mark.usefixtures("_branch")
def test_there_is_an_end_to_slips() -> None:
    review_id = steps.opened()
    steps.slips(review_id, one_time.MOST)
    with pytest.raises(Invalid), transaction():
        one_time.make(actor=SYSTEM, at=clock.now(), review_id=review_id, secret=steps.SECRET, number=1)


# ---- the page, without signing in


def csrf(page: Any) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert found is not None
    return found[1]


def send(client: FlaskClient, code: str, step: str, **grades: str) -> Any:
    token = csrf(client.get("/vote"))
    form = {f"grade-{number}": choice for number, choice in grades.items()}
    return client.post(f"/vote/{code}", data={"csrf_token": token, "step": step, **form})


@pytest.mark.usefixtures("_branch")
def test_a_representative_votes_without_an_account_and_once(client: FlaskClient) -> None:
    review_id = steps.opened()
    code = steps.slips(review_id, 2)[0]
    assert client.get(f"/vote?code={codes.printed(code).lower()}").headers["Location"] == f"/vote/{code}"
    page = client.get(f"/vote/{code}")
    assert page.status_code == 200
    assert page.text.count("<fieldset>") == len(steps.GRADED)
    assert "checked" not in page.text
    looked_over = send(client, code, "check", M001="excellent", M003="unqualified")
    assert 'value="excellent"' in looked_over.text
    assert 'name="step" value="send"' in looked_over.text
    sent = send(client, code, "send", M001="excellent", M003="unqualified")
    assert sent.status_code == 302
    assert "<fieldset>" not in client.get(f"/vote/{code}").text
    assert send(client, code, "send", M001="basic").status_code == 302
    steps.closed_ballot(review_id)
    sums = steps.sums(review_id, "masses")
    assert sums["M001"] == steps.line(excellent=1)
    assert sums["M003"] == steps.line(unqualified=1)
    # Whoever was left without a choice was shown as an abstention, and is one.
    assert sums["M011"] == steps.line(abstain=1)


@pytest.mark.usefixtures("_branch")
def test_back_to_change_keeps_what_was_chosen(client: FlaskClient) -> None:
    code = steps.slips(steps.opened(), 1)[0]
    page = send(client, code, "change", M001="basic")
    assert re.search(r'name="grade-M001" value="basic" checked', page.text)
    assert page.text.count("checked") == 1
    # What is no choice at all is none.
    assert "checked" not in send(client, code, "change", M001="perfect").text


@pytest.mark.usefixtures("_branch")
def test_after_the_last_day_a_code_opens_nothing(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    code = steps.slips(steps.opened(), 1)[0]
    frozen_clock.advance(days=6)
    assert "<fieldset>" not in client.get(f"/vote/{code}").text
    assert send(client, code, "send", M001="basic").status_code == 302
    assert db.session.scalar(select(ReviewCode.used)) is False


@pytest.mark.usefixtures("_branch")
def test_a_withdrawn_review_takes_no_ballot(client: FlaskClient) -> None:
    review_id = steps.opened()
    code = steps.slips(review_id, 1)[0]
    client.post(f"/api/v1/reviews/{review_id}/withdraw", json={"reason": "误建"}, headers=factories.bearer("secretary"))
    assert "<fieldset>" not in client.get(f"/vote/{code}").text


@pytest.mark.usefixtures("_branch")
def test_who_tries_codes_is_braked_and_the_others_are_not(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    code = steps.slips(steps.opened(), 1)[0]
    for n in range(brake.MOST):
        assert client.get(f"/vote/WRONG{n}").status_code == 404
    for address in ("/vote/WRONG", f"/vote/{code}"):
        answer = client.get(address)
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "5")
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    assert client.get(f"/vote/{code}", environ_base=elsewhere).status_code == 200
    frozen_clock.advance(minutes=11)
    assert client.get(f"/vote/{code}").status_code == 200
    # Right codes are never counted, however many come from one address.
    for _ in range(brake.MOST + 1):
        assert client.get(f"/vote/{code}").status_code == 200


@pytest.mark.usefixtures("_branch")
def test_the_addresses_of_wrong_tries_are_kept_as_hashes_and_not_for_long(
    client: FlaskClient, frozen_clock: FrozenClock
) -> None:
    client.get("/vote/WRONG")
    [kept] = db.session.scalars(select(brake.PublicTry.address_hash)).all()
    assert re.fullmatch("[0-9a-f]{64}", kept)
    frozen_clock.advance(days=1)
    jobs.clean_up(Claim(0, 0, "clean_up", {}, 1))
    db.session.commit()
    assert db.session.scalars(select(brake.PublicTry)).all() == []


@pytest.mark.usefixtures("_branch")
def test_a_ballot_of_the_masses_needs_the_forms_token(client: FlaskClient) -> None:
    code = steps.slips(steps.opened(), 1)[0]
    assert client.post(f"/vote/{code}", data={"step": "send"}).status_code == 403
    assert db.session.scalar(select(ReviewCode.used)) is False
