"""The life of a pledge: which step leads from where to where, and who takes it. Pure.

draft ─submit─▶ submitted ─approve─▶ approved ─publish─▶ published ─fulfil, excuse, fail─▶ its outcome ─close─▶ closed
  ▲               │    ▲                                  │    ▲  ▲                          │                    │
  │ amend      return  submit                        change  approve └────────unsettle───────┴────────────────────┘
                  ▼    │                                  ▼    or return
                returned                                changing
"""

from __future__ import annotations

from dataclasses import dataclass

from pointsvc.errors import N_, Conflict, Forbidden

OUTCOMES = ("fulfilled", "unfulfilled_cause", "unfulfilled")
STATUSES = (
    "draft",
    "submitted",
    "returned",
    "approved",
    "published",
    "changing",
    *OUTCOMES,
    "closed",
    "withdrawn",
)
# What the branch may read of each other, and what a board may show.
SHOWN = ("published", "changing", *OUTCOMES, "closed")
UNDER_WAY = ("published", "changing")

# Who takes a step. WRITER: whose pledge it is, or a leader who writes for them. REVIEWER: a leader,
# never of the own. LEADER: whoever leads its organisation. EVERYBODY: see ``rating``.
WRITER, REVIEWER, LEADER, EVERYBODY = "writer", "reviewer", "leader", "everybody"

# (step, status before) -> (status after, who takes it)
STEPS: dict[tuple[str, str], tuple[str, str]] = {
    ("amend", "draft"): ("draft", WRITER),
    ("amend", "returned"): ("returned", WRITER),
    ("submit", "draft"): ("submitted", WRITER),
    ("submit", "returned"): ("submitted", WRITER),
    ("approve", "submitted"): ("approved", REVIEWER),
    ("return", "submitted"): ("returned", REVIEWER),
    ("publish", "approved"): ("published", LEADER),
    ("progress", "published"): ("published", WRITER),
    ("progress", "changing"): ("changing", WRITER),
    ("change", "published"): ("changing", WRITER),
    ("approve", "changing"): ("published", REVIEWER),
    ("return", "changing"): ("published", REVIEWER),
    ("fulfil", "published"): ("fulfilled", REVIEWER),
    ("excuse", "published"): ("unfulfilled_cause", REVIEWER),
    ("fail", "published"): ("unfulfilled", REVIEWER),
    **{("rate", outcome): (outcome, EVERYBODY) for outcome in OUTCOMES},
    **{("close", outcome): ("closed", REVIEWER) for outcome in OUTCOMES},
    **{("unsettle", status): ("published", REVIEWER) for status in (*OUTCOMES, "closed")},
    **{("withdraw", status): ("withdrawn", WRITER) for status in ("draft", "submitted", "returned", "approved")},
    ("withdraw", "published"): ("withdrawn", REVIEWER),
}
# What the worker writes down when a due day has passed; nothing but the log changes.
OVERDUE = "overdue"
SETTLING = {"fulfilled": "fulfil", "unfulfilled_cause": "excuse", "unfulfilled": "fail"}
NAMES = tuple(dict.fromkeys(step for step, _ in STEPS))

_STANDS = {
    "draft": N_("This pledge is still a draft"),
    "submitted": N_("This pledge waits for its review"),
    "returned": N_("This pledge has been returned"),
    "approved": N_("This pledge is approved and not published yet"),
    "published": N_("This pledge is published and under way"),
    "changing": N_("A change of this pledge waits for its review"),
    "fulfilled": N_("This pledge has been settled"),
    "unfulfilled_cause": N_("This pledge has been settled"),
    "unfulfilled": N_("This pledge has been settled"),
    "closed": N_("This pledge is closed"),
    "withdrawn": N_("This pledge has been withdrawn"),
}
_OWN = N_("Nobody decides on the own pledge; somebody else has to")


@dataclass(frozen=True, slots=True)
class Standing:
    """How somebody stands to one pledge.

    ``own``: theirs, or that of the organisation which they lead. ``leads``: they lead its
    organisation, or one above. ``fellow``: a member of the same branch.
    """

    own: bool = False
    leads: bool = False
    fellow: bool = False


def following(step: str, status: str) -> str:
    """The status behind this step. Raises Conflict 'wrong_status' when it cannot be taken from here."""
    found = STEPS.get((step, status))
    if found is None:
        raise Conflict(_STANDS[status], code="wrong_status")
    return found[0]


def take(step: str, status: str, standing: Standing) -> str:
    """The status behind this step, when somebody who stands so may take it from here.

    Raises Forbidden (with 'own_pledge' for the own), Conflict 'wrong_status'.
    """
    takers = {by for (name, before), (_, by) in STEPS.items() if name == step and before == status}
    takers = takers or {by for (name, _), (_, by) in STEPS.items() if name == step}
    if not any(_takes(by, standing) for by in takers):
        if standing.own and REVIEWER in takers:
            raise Forbidden(_OWN, code="own_pledge")
        raise Forbidden()
    return following(step, status)


def may(step: str, status: str, standing: Standing) -> bool:
    """Whether this step is open to somebody who stands so, now."""
    try:
        take(step, status, standing)
    except (Conflict, Forbidden):
        return False
    return True


def _takes(by: str, standing: Standing) -> bool:
    if by == WRITER:
        return standing.own or standing.leads
    if by == REVIEWER:
        return standing.leads and not standing.own
    return standing.leads or by == EVERYBODY
