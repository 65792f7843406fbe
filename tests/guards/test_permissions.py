"""Who may do what, written out: a change of the map must be a change of this table too."""

from __future__ import annotations

import pytest

from pointsvc.permissions import PERMISSION_MAP, SYSTEM, Actor, Permission, Role, allowed

ORDER = (Role.DISTRICT_ADMIN, Role.SUPERVISOR, Role.SECRETARY, Role.MEMBER, Role.AUDITOR, Role.SYSTEM_ADMIN)

#                         district  supervisor  secretary  member  auditor  system
TABLE = {
    "self:use":             "x         x           x          x       x        x",
    "organisations:read":   "x         x           x          x       x        x",
    "organisations:manage": "x         -           -          -       -        -",
    "settings:manage":      "x         -           -          -       -        x",
    "members:read":         "x         x           x          x       x        x",
    "members:manage":       "x         -           x          -       -        -",
    "members:merge":        "x         -           -          -       -        -",
    "exemptions:read":      "x         -           x          x       -        -",
    "accounts:manage":      "-         -           -          -       -        x",
    "schemes:read":         "x         x           x          x       x        -",
    "schemes:manage":       "x         -           -          -       -        -",
    "ledger:read":          "x         x           x          x       x        -",
    "ledger:record":        "x         -           x          -       -        -",
    "meetings:read":        "x         x           x          -       x        -",
    "meetings:record":      "x         -           x          -       -        -",
    "declarations:read":    "x         x           x          x       x        -",
    "declarations:declare": "x         -           x          x       -        -",
    "declarations:review":  "x         -           x          -       -        -",
    "receipts:read":        "x         x           x          x       x        -",
    "receipts:submit":      "x         -           x          x       -        -",
    "receipts:decide":      "x         -           x          -       -        -",
    "score:read":           "x         x           x          x       x        -",
    "tallies:read":         "x         x           x          -       x        -",
    "tallies:run":          "x         -           x          -       -        -",
    "tallies:seal":         "x         -           x          -       -        -",
    "standings:read":       "x         x           x          -       x        -",
    "rehearsals:read":      "x         -           -          -       x        -",
    "publicity:read":       "x         x           x          x       x        -",
    "disputes:read":        "x         x           x          x       x        -",
    "disputes:raise":       "x         -           x          x       -        -",
    "disputes:decide":      "x         -           x          -       -        -",
    "reviews:manage":       "x         -           x          -       -        -",
    "reviews:read":         "x         x           x          -       x        -",
    "reviews:vote":         "x         x           x          x       x        x",
    "inspections:read":     "x         x           x          -       x        -",
    "inspections:inspect":  "x         x           x          -       -        -",
    "inspections:confirm":  "-         -           x          -       -        -",
    "rectifications:order":   "x       x           -          -       -        -",
    "rectifications:answer":  "-       -           x          -       -        -",
    "rectifications:recheck": "x       x           -          -       -        -",
    "bulletins:read":       "x         x           x          -       x        -",
    "bulletins:issue":      "x         x           -          -       -        -",
    "spotchecks:read":      "x         x           -          -       x        -",
    "spotchecks:plan":      "x         x           -          -       -        -",
    "spotchecks:draw":      "x         x           -          -       -        -",
    "lists:read":           "x         x           x          x       x        -",
    "lists:manage":         "x         -           -          -       -        -",
    "lists:file":           "x         -           x          -       -        -",
    "lists:work":           "x         x           x          -       -        -",
    "ledgers:read":         "x         x           -          -       x        -",
    "ledgers:work":         "x         x           -          -       -        -",
    "imports:run":          "x         -           x          -       -        -",
    "audit:read":           "-         -           -          -       x        x",
    "jobs:read":            "x         x           x          -       x        x",
    "exports:read":         "x         x           x          -       x        -",
    "reconciliations:read": "x         x           -          -       x        x",
    "reconciliations:run":  "x         -           -          -       -        x",
}  # fmt: skip


def test_the_table_has_every_permission() -> None:
    assert set(TABLE) == set(Permission) == set(PERMISSION_MAP)


@pytest.mark.parametrize("permission", Permission)
def test_each_role_may_what_the_table_says(permission: Permission) -> None:
    marks = TABLE[permission].split()
    assert len(marks) == len(ORDER) == len(Role)
    for role, mark in zip(ORDER, marks, strict=True):
        actor = Actor(kind="token", name="someone", role=role, organisation_id=1)
        assert allowed(actor, permission) == (mark == "x"), (role, permission)


def test_who_only_reads_changes_nothing() -> None:
    changing = [p for p in Permission if p.split(":")[1] in ("manage", "record", "run", "review")]
    changing = [p for p in Permission if p.split(":")[1] in ("manage", "record", "run", "decide")]
    changing = [p for p in Permission if p.split(":")[1] in ("manage", "record", "run", "seal")]
    assert changing
    for role in (Role.AUDITOR, Role.SUPERVISOR, Role.MEMBER):
        assert not [p for p in changing if role in PERMISSION_MAP[p]]


def test_the_system_may_all_and_no_role_nothing() -> None:
    nobody = Actor(kind="token", name="nobody")
    for permission in Permission:
        assert allowed(SYSTEM, permission)
        assert not allowed(nobody, permission)
