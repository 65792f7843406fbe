"""The life of a tally, every act from every state; the codes of what leads nowhere."""

from __future__ import annotations

import pytest

from pointsvc.errors import Conflict
from pointsvc.tallies import lifecycle
from pointsvc.tallies.models import STATUSES

ORDER = lifecycle.ACTS
#                  ask         begin       finish      give_up     publicise     seal
TABLE = {
    "queued":     "queued      running     -           failed      -             -",
    "running":    "queued      running     computed    failed      -             -",
    "computed":   "queued      -           -           -           publicised    -",
    "failed":     "queued      -           -           -           -             -",
    "publicised": "queued      -           -           -           -             sealed",
    "sealed":     "-           -           -           -           -             -",
}  # fmt: skip


def test_the_table_knows_every_state() -> None:
    assert set(TABLE) == set(STATUSES) == set(lifecycle.TRANSITIONS)
    assert {act for acts in lifecycle.TRANSITIONS.values() for act in acts} == set(ORDER)


@pytest.mark.parametrize("status", STATUSES)
def test_every_act_from_every_state(status: str) -> None:
    for act, expected in zip(ORDER, TABLE[status].split(), strict=True):
        if expected == "-":
            with pytest.raises(Conflict):
                lifecycle.after(status, act)
        else:
            assert lifecycle.after(status, act) == expected


@pytest.mark.parametrize(
    ("status", "act", "code"),
    [
        ("sealed", lifecycle.ASK, "sealed"),
        ("sealed", lifecycle.PUBLICISE, "sealed"),
        ("publicised", lifecycle.PUBLICISE, "publicised"),
        ("computed", lifecycle.SEAL, "not_publicised"),
        ("running", lifecycle.PUBLICISE, "not_computed"),
        ("failed", lifecycle.PUBLICISE, "not_computed"),
        ("queued", lifecycle.SEAL, "not_computed"),
    ],
)
def test_what_leads_nowhere_says_why(status: str, act: str, code: str) -> None:
    with pytest.raises(Conflict) as refusal:
        lifecycle.after(status, act)
    assert refusal.value.code == code
