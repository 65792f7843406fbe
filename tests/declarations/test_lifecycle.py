"""Every step from every status, by everybody: the table written out."""

from __future__ import annotations

import itertools

import pytest

from pointsvc.declarations.lifecycle import OPEN, STATUSES, STEPS, TAKEN_BY, Standing, check, following, may
from pointsvc.errors import Conflict, Forbidden

#             pending      approved  returned     withdrawn
LEADS_TO = {
    "approve":  "approved   -         -            -",
    "return":   "returned   -         -            -",
    "withdraw": "withdrawn  -         withdrawn    -",
    "resend":   "-          -         pending      -",
    "attach":   "pending    -         returned     -",
}  # fmt: skip

#            reviews, own, declared: approve/return   withdraw/resend/attach
MAY = {
    (False, False, False): "forbidden       forbidden",
    (False, False, True):  "own_declaration yes",
    (False, True, False):  "own_declaration yes",
    (False, True, True):   "own_declaration yes",
    (True, False, False):  "yes             forbidden",
    (True, False, True):   "own_declaration yes",
    (True, True, False):   "own_declaration yes",
    (True, True, True):    "own_declaration yes",
}  # fmt: skip


@pytest.mark.parametrize("step", LEADS_TO)
def test_each_step_leads_where_the_table_says(step: str) -> None:
    for status, after in zip(STATUSES, LEADS_TO[step].split(), strict=True):
        if after == "-":
            with pytest.raises(Conflict) as refused:
                following(step, status)
            assert refused.value.code == "wrong_status"
        else:
            assert following(step, status) == after


@pytest.mark.parametrize("standing", list(itertools.product((False, True), repeat=3)))
@pytest.mark.parametrize("step", list(TAKEN_BY))
def test_each_step_is_taken_by_whom_the_table_says(step: str, standing: tuple[bool, bool, bool]) -> None:
    wanted = MAY[standing].split()[step not in ("approve", "return")]
    if wanted == "yes":
        check(step, Standing(*standing))
    else:
        with pytest.raises(Forbidden) as refused:
            check(step, Standing(*standing))
        assert refused.value.code == wanted
    for status in STATUSES:
        known = status in OPEN if step == "attach" else (step, status) in STEPS
        assert may(step, status, Standing(*standing)) == (wanted == "yes" and known)
