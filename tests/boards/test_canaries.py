"""A mark in every private field, and every public answer searched for it; and who opts out is gone everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from flask import current_app
from flask.testing import FlaskClient

from pointsvc import clock
from pointsvc.boards import service as boards
from pointsvc.db import db, transaction
from pointsvc.people import service as people
from pointsvc.people.models import Exemption, Member, Organisation
from pointsvc.permissions import SYSTEM, Role
from tests import factories
from tests.boards import scene
from tests.boards.scene import API
from tests.conftest import FrozenClock
from tests.guards.routes import DECLARED

pytestmark = pytest.mark.usefixtures("district")

IDENTITY, MOBILE = "110101199001011237", "13812341234"
CANARIES = (
    IDENTITY,
    MOBILE,
    "Canary-number",
    "canary-sign-in",
    "canary@example.com",
    "canary-secretary",
    "canary-beneficiary",
    "canary-witness",
    "canary-minute",
    "canary-reason",
    "canary-household",
    "canary-note",
    "canary-illness",
    "canary-comment",
    "canary-exif",
    "1988-08-08",
)
# The public addresses of boards, each filled in; a new one must be added to be tested.
SURFACES = {
    "/b/<code>": "/b/first",
    "/b/<code>/screen": "/b/first/screen",
    "/b/<code>/print/<size>": "/b/first/print/a3",
    "/b/<code>/say": "/b/first/say",
    "/b/<code>/photos/<digest>.jpg": "/b/first/photos/{digest}.jpg",
    "/api/v1/boards/<code>": "/api/v1/boards/first",
    "/api/v1/boards/<code>.json": "/api/v1/boards/first.json",
}
NO_SURFACES = {"/b/worker.js"}


def planted() -> str:
    """A board whose people have a mark in each private field; the fingerprint of the photo that it shows."""
    factories.member("Canary-number", "QS0101", "鲁一帆", joined_on=date(1988, 8, 8))
    with transaction():
        people.add_sign_in(
            actor=SYSTEM,
            at=clock.now(),
            name="canary-sign-in",
            role=Role.MEMBER,
            organisation="QS0101",
            member="Canary-number",
        )
        people.add_sign_in(
            actor=SYSTEM,
            at=clock.now(),
            name="canary@example.com",
            role=Role.SECRETARY,
            organisation="QS0101",
            member="M002",
        )
        db.session.execute(
            db.update(Organisation)
            .where(Organisation.code == "QS0101")
            .values(phone=MOBILE, secretary="canary-secretary")
        )
        boards.describe(actor=SYSTEM, at=clock.now(), member="Canary-number", post="组长", duties="负责党小组")
        boards.issue(
            actor=SYSTEM, at=clock.now(), kind="plate", members=["Canary-number"], issued_on=date(2026, 7, 1),
            household="canary-household", note="canary-note",
        )  # fmt: skip
        db.session.add(
            Exemption(
                member_id=factories.member_id("Canary-number"), starts_on=date(2026, 1, 1), ground="illness",
                decided_on=date(2026, 1, 1), decided_by="canary-illness", own_wish=True, former="regular",
                recorded_at=clock.now(),
            )
        )  # fmt: skip
    scene.consent("Canary-number", "display", "photo", "details")
    scene.refuse("Canary-number", "details")
    with transaction():
        boards.give_consent(actor=SYSTEM, at=clock.now(), member="M002", kinds=["display"], how="paper")
        boards.withdraw_consent(actor=SYSTEM, at=clock.now(), member="M002", kinds=["display"], reason="canary-reason")
    scene.photo("Canary-number", secret="canary-exif")
    scene.hung(fields=["photo", "branch", "category", "years"])
    # What comes after the review must not get through either.
    pledge = scene.pledge(
        "Canary-number", f"联系{MOBILE}，证件{IDENTITY}", beneficiary="canary-beneficiary", witness="canary-witness",
        minute="canary-minute", indicator=MOBILE, baseline=IDENTITY, target=MOBILE,
    )  # fmt: skip
    scene.pledge("Canary-number", "canary-note", status="draft")
    scene.said(text="canary-comment")
    scene.let_through(scene.said(text=f"请打{MOBILE}", pledge_id=pledge, rating="poor"))
    digest: str = scene.public(current_app.test_client())["people"][0]["photo"]
    return digest


def answers(client: FlaskClient, digest: str) -> Iterator[tuple[str, Any]]:
    for address in SURFACES.values():
        for language in ("zh-CN", "en"):
            yield address, client.get(address.format(digest=digest), headers={"Accept-Language": language})


def test_every_public_surface_of_boards_is_searched() -> None:
    public = {rule for (method, rule), need in DECLARED.items() if need == "public" and method == "GET"}
    of_boards = {rule for rule in public if rule.startswith(("/b/", f"{API}/boards"))}
    assert of_boards == set(SURFACES) | NO_SURFACES


def test_no_public_answer_holds_a_mark(client: FlaskClient, district: FrozenClock) -> None:
    digest = planted()
    district.advance(seconds=2)
    for address, answer in answers(client, digest):
        assert answer.status_code == 200, address
        found = [mark for mark in CANARIES if mark.encode() in answer.data or mark in str(answer.headers)]
        assert found == [], address
        if not address.endswith(".jpg"):
            text = answer.json if answer.is_json else answer.text
            # The page is the right one: what may be said is said, and the numbers keep their ends only.
            assert "138****1234" in str(text), address
            assert "鲁一帆" in str(text) or address.endswith("/say"), address


def test_who_opts_out_is_gone_from_every_surface(client: FlaskClient, district: FrozenClock) -> None:
    digest = planted()
    district.advance(seconds=2)
    assert all(answer.status_code == 200 for _, answer in answers(client, digest))
    scene.refuse("Canary-number")
    district.advance(seconds=2)
    for address, answer in answers(client, digest):
        if address.endswith(".jpg"):
            assert answer.status_code == 404
            continue
        assert answer.status_code == 200, address
        for text in ("鲁一帆", "组长", "负责党小组", "138****1234", digest):
            assert text not in (str(answer.json) if answer.is_json else answer.text), (address, text)


def test_the_marks_are_where_they_should_be(client: FlaskClient) -> None:
    """Else the search would find nothing because nothing is there."""
    planted()
    with_mark = db.session.scalar(db.select(Member.number).where(Member.name == "鲁一帆"))
    assert with_mark == "Canary-number"
    assert "canary-household" in scene.get(client, "/insignia").text
    assert "canary-reason" in scene.get(client, "/members/M002/consents").text
