"""The lives of a check-in, a post, a claim and a record of service: which step leads where, and who takes it. Pure.

check-in  request ─▶ pending ─accept─▶ accepted ─end─▶ ended
                      ├─refuse──▶ refused
                      └─withdraw▶ withdrawn
post      open ◀─reopen── closed ◀─close── open
claim     claim ─▶ held ─leave─▶ left         (the member's, or home's: as if it had never been taken)
                    └─release─▶ ended         (the community's, or with the check-in: it was held and served)
record    propose ─▶ proposed ─confirm─▶ confirmed ─revoke─▶ revoked
                      ├─refuse──▶ refused
                      └─withdraw▶ withdrawn
"""

from __future__ import annotations

from dataclasses import dataclass

from pointsvc.errors import N_, Conflict, Forbidden, Message

CHECKIN, POST, CLAIM, RECORD = "checkin", "post", "claim", "record"
MEMBER, HOME, COMMUNITY = "member", "home", "community"

PENDING, ACCEPTED, REFUSED, WITHDRAWN, ENDED = "pending", "accepted", "refused", "withdrawn", "ended"
OPEN, CLOSED = "open", "closed"
HELD, LEFT = "held", "left"
PROPOSED, CONFIRMED, REVOKED = "proposed", "confirmed", "revoked"
# While a check-in runs, and while hours stand.
ACTIVE = (PENDING, ACCEPTED)
STANDING = (PROPOSED, CONFIRMED)

STATUSES = {
    CHECKIN: (PENDING, ACCEPTED, REFUSED, WITHDRAWN, ENDED),
    POST: (OPEN, CLOSED),
    CLAIM: (HELD, LEFT, ENDED),
    RECORD: (PROPOSED, CONFIRMED, REFUSED, WITHDRAWN, REVOKED),
}

# (what, step, status before) -> status after
STEPS: dict[tuple[str, str, str], str] = {
    (CHECKIN, "accept", PENDING): ACCEPTED,
    (CHECKIN, "refuse", PENDING): REFUSED,
    (CHECKIN, "withdraw", PENDING): WITHDRAWN,
    (CHECKIN, "end", ACCEPTED): ENDED,
    (POST, "close", OPEN): CLOSED,
    (POST, "reopen", CLOSED): OPEN,
    (CLAIM, "leave", HELD): LEFT,
    (CLAIM, "release", HELD): ENDED,
    (RECORD, "confirm", PROPOSED): CONFIRMED,
    (RECORD, "refuse", PROPOSED): REFUSED,
    (RECORD, "withdraw", PROPOSED): WITHDRAWN,
    (RECORD, "revoke", CONFIRMED): REVOKED,
}
# (what, step) -> whose step it is
TAKEN_BY: dict[tuple[str, str], frozenset[str]] = {
    (CHECKIN, "request"): frozenset({MEMBER, HOME, COMMUNITY}),
    (CHECKIN, "accept"): frozenset({COMMUNITY}),
    (CHECKIN, "refuse"): frozenset({COMMUNITY}),
    (CHECKIN, "withdraw"): frozenset({MEMBER, HOME}),
    (CHECKIN, "end"): frozenset({MEMBER, HOME, COMMUNITY}),
    (POST, "close"): frozenset({COMMUNITY}),
    (POST, "reopen"): frozenset({COMMUNITY}),
    (CLAIM, "claim"): frozenset({MEMBER, HOME, COMMUNITY}),
    (CLAIM, "leave"): frozenset({MEMBER, HOME}),
    (CLAIM, "release"): frozenset({COMMUNITY}),
    (RECORD, "propose"): frozenset({MEMBER, COMMUNITY}),
    (RECORD, "confirm"): frozenset({COMMUNITY}),
    (RECORD, "refuse"): frozenset({COMMUNITY}),
    (RECORD, "withdraw"): frozenset({MEMBER, COMMUNITY}),
    (RECORD, "revoke"): frozenset({COMMUNITY}),
}
# What the community says of a member is never said by that member, whatever else they are.
NOT_OF_ONESELF = frozenset(
    {(CHECKIN, "accept"), (CHECKIN, "refuse"), (RECORD, "confirm"), (RECORD, "refuse"), (RECORD, "revoke")}
)

_OWN = N_("Nobody decides on the own service; somebody else of the community has to")
_NOT_NOW = {
    (CHECKIN, PENDING): N_("This check-in waits for the community"),
    (CHECKIN, ACCEPTED): N_("This check-in is accepted already"),
    (CHECKIN, REFUSED): N_("This check-in was not accepted"),
    (CHECKIN, WITHDRAWN): N_("This check-in was withdrawn"),
    (CHECKIN, ENDED): N_("This check-in has ended"),
    (POST, OPEN): N_("This post is open already"),
    (POST, CLOSED): N_("This post is closed"),
    (CLAIM, LEFT): N_("This post is not held any more"),
    (CLAIM, ENDED): N_("This post is not held any more"),
    (RECORD, PROPOSED): N_("These hours wait for the community"),
    (RECORD, CONFIRMED): N_("These hours are confirmed already"),
    (RECORD, REFUSED): N_("These hours were not confirmed"),
    (RECORD, WITHDRAWN): N_("These hours were withdrawn"),
    (RECORD, REVOKED): N_("The confirmation of these hours was taken back"),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """How somebody stands to a member's service: is it theirs, do they lead the home unit, or the community?"""

    own: bool = False
    home: bool = False
    community: bool = False

    @property
    def sides(self) -> frozenset[str]:
        """The sides on which they stand."""
        told = ((MEMBER, self.own), (HOME, self.home), (COMMUNITY, self.community))
        return frozenset(side for side, stands in told if stands)


def following(what: str, step: str, status: str) -> str:
    """The status behind this step. Raises Conflict 'wrong_status' when it cannot be taken from here."""
    after = STEPS.get((what, step, status))
    if after is None:
        raise Conflict(Message(_NOT_NOW[what, status]), code="wrong_status")
    return after


def check(what: str, step: str, standing: Standing) -> None:
    """See that this is somebody who takes this step. Raises Forbidden, with 'own_service' for the own."""
    if standing.own and (what, step) in NOT_OF_ONESELF:
        raise Forbidden(_OWN, code="own_service")
    if not standing.sides & TAKEN_BY[what, step]:
        raise Forbidden()


def may(what: str, step: str, status: str, standing: Standing) -> bool:
    """Whether this step is open to somebody who stands so, now."""
    return (
        (what, step, status) in STEPS
        and bool(standing.sides & TAKEN_BY[what, step])
        and not (standing.own and (what, step) in NOT_OF_ONESELF)
    )


def steps(what: str, status: str, standing: Standing) -> set[str]:
    """All steps that are open to somebody who stands so, now."""
    return {step for kind, step, before in STEPS if kind == what and may(what, step, before, standing)
            and before == status}  # fmt: skip
