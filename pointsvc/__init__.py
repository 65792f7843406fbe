"""pointsvc: Party members' points, pledges, boards, lists and spot-checks for one district."""

import gc

from pointsvc.process import without_collecting

# What is made here stays until the process ends: looking through it for garbage would take a third of the start.
with without_collecting():
    from pointsvc.app import create_app
gc.freeze()

__all__ = ["create_app"]
