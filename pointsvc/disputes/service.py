"""Verbs of disputes: raise, uphold, dismiss, withdraw, read, remind."""

from __future__ import annotations

from pointsvc.disputes.correcting import corrections, corrections_for
from pointsvc.disputes.deciding import dismiss, uphold, withdraw
from pointsvc.disputes.raising import About, about, raise_dispute
from pointsvc.disputes.reading import DisputeView, dispute, disputes, hindrance, outcomes, rights, waiting_for
from pointsvc.disputes.reminding import remind

__all__ = [
    "About",
    "DisputeView",
    "about",
    "corrections",
    "corrections_for",
    "dismiss",
    "dispute",
    "disputes",
    "hindrance",
    "outcomes",
    "raise_dispute",
    "remind",
    "rights",
    "uphold",
    "waiting_for",
    "withdraw",
]
