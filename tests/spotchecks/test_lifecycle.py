"""Every act from every status."""

from __future__ import annotations

import pytest

from pointsvc.errors import Conflict
from pointsvc.spotchecks import lifecycle
from pointsvc.spotchecks.models import STATUSES

LEADS = {
    ("draft", "freeze"): "frozen",
    ("draft", "void"): "void",
    ("frozen", "draw"): "drawn",
    ("frozen", "void"): "void",
    ("drawn", "report"): "reported",
    ("drawn", "void"): "void",
    ("reported", "close"): "closed",
}


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("act", lifecycle.ACTS)
def test_each_act_leads_where_it_leads_or_nowhere(status: str, act: str) -> None:
    if (status, act) in LEADS:
        assert lifecycle.after(status, act) == LEADS[status, act]
        return
    with pytest.raises(Conflict) as refused:
        lifecycle.after(status, act)
    assert refused.value.code == ("not_frozen" if (status, act) == ("draft", "draw") else status)


def test_what_the_public_has_seen_is_not_voided() -> None:
    with pytest.raises(Conflict) as refused:
        lifecycle.after("drawn", "void", opened=True)
    assert refused.value.code == "opened"
    assert lifecycle.after("drawn", "report", opened=True) == "reported"
