"""One-time codes for the representatives of the masses: printed on slips, kept as hashes, tried with a brake.

A code is derived from the service's secret, so that a slip that the printer spoilt can be printed
again although the database holds only the hash of it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from pointsvc.audit import service as audit
from pointsvc.db import db, on_postgresql
from pointsvc.errors import N_, Invalid, Message, TooMany
from pointsvc.permissions import Actor
from pointsvc.reviews import changing
from pointsvc.reviews.models import ReviewCode, VoteTry

# Without letters and digits that are taken for one another: 31 signs, 12 places, 59 bits.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
PLACES = 12
MOST = 500

# Wrong codes from one address within one stretch; then it must wait for the next.
TRIES = 20
STRETCH = timedelta(minutes=10)


def code_of(secret: str, review_id: int, number: int) -> str:
    """The code of one slip."""
    digest = hmac.new(secret.encode(), f"review-code|{review_id}|{number}".encode(), hashlib.sha256).digest()
    value, signs = int.from_bytes(digest), ""
    for _ in range(PLACES):
        value, place = divmod(value, len(ALPHABET))
        signs += ALPHABET[place]
    return signs


def plain(code: str) -> str:
    """What was typed, as a code: in capitals, without blanks and dashes."""
    return "".join(sign for sign in code.upper() if sign.isascii() and sign.isalnum())


def printed(code: str) -> str:
    """The code in groups of four, as it is read from a slip."""
    return "-".join(code[at : at + 4] for at in range(0, PLACES, 4))


def hashed(code: str) -> str:
    """What the database holds of a code."""
    return hashlib.sha256(plain(code).encode()).hexdigest()


def make(*, actor: Actor, at: datetime, review_id: int, secret: str, number: int) -> int:
    """Make so many more codes; the answer is how many there are then.

    Raises NotFound, Conflict 'wrong_state', Invalid under ``number`` when there would be too many.
    """
    review = changing.held(actor, review_id, "codes")
    last = db.session.scalar(select(func.max(ReviewCode.number)).where(ReviewCode.review_id == review.id)) or 0
    if not 1 <= number <= MOST - last:
        raise Invalid(
            {"number": Message(N_("A whole number from %(low)s to %(high)s is needed"), low=1, high=MOST - last)}
        )
    numbers = range(last + 1, last + number + 1)
    db.session.add_all(
        ReviewCode(review_id=review.id, number=n, code_hash=hashed(code_of(secret, review.id, n)), used=False)
        for n in numbers
    )
    audit.note(actor=actor, at=at, action="review:codes", object_id=str(review.id), number=number)
    db.session.flush()
    return last + number


def unused(*, actor: Actor, review_id: int, secret: str) -> list[str]:
    """The codes that can still be used, for printing. Raises NotFound.

    One that was made under another secret cannot be told again and is left out.
    """
    review = changing.review(actor, review_id)
    rows: Sequence[Any] = db.session.execute(
        select(ReviewCode.number, ReviewCode.code_hash)
        .where(ReviewCode.review_id == review.id, ReviewCode.used.is_(False))
        .order_by(ReviewCode.number)
    ).all()
    known = [(code_of(secret, review.id, row.number), row.code_hash) for row in rows]
    return [code for code, kept in known if hashed(code) == kept]


# ---- the brake


def check_tries(*, at: datetime, address: str) -> None:
    """Raises TooMany when too many wrong codes came from this address just now."""
    tries = db.session.scalar(
        select(VoteTry.tries).where(VoteTry.address_hash == _address(address), VoteTry.begins_at == _stretch(at))
    )
    if tries is not None and tries >= TRIES:
        raise TooMany()


def note_try(*, at: datetime, address: str) -> None:
    """Count a wrong code from this address."""
    dialect: Any = postgresql if on_postgresql() else sqlite
    adding = dialect.insert(VoteTry.__table__)
    db.session.execute(
        adding.on_conflict_do_update(
            index_elements=["address_hash", "begins_at"], set_={"tries": VoteTry.__table__.c.tries + 1}
        ),
        {"address_hash": _address(address), "begins_at": _stretch(at), "tries": 1},
    )


def forget_tries(*, at: datetime) -> None:
    """Remove what was counted in stretches that are over."""
    old = delete(VoteTry).where(VoteTry.begins_at < _stretch(at))
    db.session.execute(old.execution_options(synchronize_session=False))


def _address(address: str) -> str:
    return hashlib.sha256(address.encode()).hexdigest()


def _stretch(at: datetime) -> datetime:
    length = int(STRETCH.total_seconds())
    return datetime.fromtimestamp(int(at.timestamp()) // length * length, UTC)
