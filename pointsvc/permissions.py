"""Who may do what: one map from permission to the roles that hold it, and nothing else.

Scope is the other half: whatever the role, an actor sees only its own node of the organisation tree
and what lies below it (a member: only the own record). Scoping happens where objects are loaded, in
``people/reach.py``; a stranger's object is 'not found', never 'forbidden'.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """The six roles of the service."""

    DISTRICT_ADMIN = "district_admin"
    SUPERVISOR = "supervisor"
    SECRETARY = "secretary"
    MEMBER = "member"
    AUDITOR = "auditor"
    SYSTEM_ADMIN = "system_admin"


class Permission(StrEnum):
    """What a route or verb may ask for, as ``noun:verb``."""

    SELF = "self:use"
    ORGANISATIONS_READ = "organisations:read"
    ORGANISATIONS_MANAGE = "organisations:manage"
    SETTINGS_MANAGE = "settings:manage"
    MEMBERS_READ = "members:read"
    MEMBERS_MANAGE = "members:manage"
    MEMBERS_MERGE = "members:merge"
    EXEMPTIONS_READ = "exemptions:read"
    ACCOUNTS_MANAGE = "accounts:manage"
    SCHEMES_READ = "schemes:read"
    SCHEMES_MANAGE = "schemes:manage"
    LEDGER_READ = "ledger:read"
    LEDGER_RECORD = "ledger:record"
    MEETINGS_READ = "meetings:read"
    MEETINGS_RECORD = "meetings:record"
    DECLARATIONS_READ = "declarations:read"
    DECLARATIONS_DECLARE = "declarations:declare"
    DECLARATIONS_REVIEW = "declarations:review"
    RECEIPTS_READ = "receipts:read"
    RECEIPTS_SUBMIT = "receipts:submit"
    RECEIPTS_DECIDE = "receipts:decide"
    SCORE_READ = "score:read"
    TALLIES_READ = "tallies:read"
    TALLIES_RUN = "tallies:run"
    TALLIES_SEAL = "tallies:seal"
    STANDINGS_READ = "standings:read"
    REHEARSALS_READ = "rehearsals:read"
    PUBLICITY_READ = "publicity:read"
    DISPUTES_READ = "disputes:read"
    DISPUTES_RAISE = "disputes:raise"
    DISPUTES_DECIDE = "disputes:decide"
    REVIEWS_MANAGE = "reviews:manage"
    REVIEWS_READ = "reviews:read"
    REVIEWS_VOTE = "reviews:vote"
    PLEDGES_READ = "pledges:read"
    PLEDGES_MAKE = "pledges:make"
    PLEDGES_REVIEW = "pledges:review"
    BOARDS_READ = "boards:read"
    BOARDS_MANAGE = "boards:manage"
    BOARDS_REVIEW = "boards:review"
    CONSENTS_GIVE = "consents:give"
    INSIGNIA_READ = "insignia:read"
    INSIGNIA_RECORD = "insignia:record"
    INSPECTIONS_READ = "inspections:read"
    INSPECTIONS_INSPECT = "inspections:inspect"
    INSPECTIONS_CONFIRM = "inspections:confirm"
    RECTIFICATIONS_ORDER = "rectifications:order"
    RECTIFICATIONS_ANSWER = "rectifications:answer"
    RECTIFICATIONS_RECHECK = "rectifications:recheck"
    BULLETINS_READ = "bulletins:read"
    BULLETINS_ISSUE = "bulletins:issue"
    SPOTCHECKS_READ = "spotchecks:read"
    SPOTCHECKS_PLAN = "spotchecks:plan"
    SPOTCHECKS_DRAW = "spotchecks:draw"
    LISTS_READ = "lists:read"
    LISTS_MANAGE = "lists:manage"
    LISTS_FILE = "lists:file"
    LISTS_WORK = "lists:work"
    LEDGERS_READ = "ledgers:read"
    LEDGERS_WORK = "ledgers:work"
    CHECKINS_READ = "checkins:read"
    CHECKINS_REQUEST = "checkins:request"
    CHECKINS_DECIDE = "checkins:decide"
    CHECKINS_OVERSEE = "checkins:oversee"
    IMPORTS_RUN = "imports:run"
    AUDIT_READ = "audit:read"
    JOBS_READ = "jobs:read"
    EXPORTS_READ = "exports:read"
    NOTICES_ANNOUNCE = "notices:announce"
    CHANNELS_MANAGE = "channels:manage"
    LETTERS_MANAGE = "letters:manage"
    RECONCILIATIONS_READ = "reconciliations:read"
    RECONCILIATIONS_RUN = "reconciliations:run"


@dataclass(frozen=True)
class Actor:
    """Who does it: a person, a token of a person, or the system itself.

    ``organisation_id`` is the top of what the actor reaches; None (the system only) reaches all.
    ``member_id`` is the actor's own record as a Party member, if any.
    """

    kind: str
    name: str
    role: Role | None = None
    sign_in_id: int | None = None
    organisation_id: int | None = None
    member_id: int | None = None
    language: str = "zh"

    @property
    def is_system(self) -> bool:
        """Whether this is the service itself (a worker or the command line)."""
        return self.kind == "system"


SYSTEM = Actor(kind="system", name="system")

_D, _S, _SEC = Role.DISTRICT_ADMIN, Role.SUPERVISOR, Role.SECRETARY
_M, _A, _SYS = Role.MEMBER, Role.AUDITOR, Role.SYSTEM_ADMIN
_EVERYBODY = frozenset(Role)
_READERS = frozenset({_D, _S, _SEC, _A})

PERMISSION_MAP: dict[Permission, frozenset[Role]] = {
    Permission.SELF: _EVERYBODY,
    Permission.ORGANISATIONS_READ: _EVERYBODY,
    Permission.ORGANISATIONS_MANAGE: frozenset({_D}),
    Permission.SETTINGS_MANAGE: frozenset({_D, _SYS}),
    Permission.MEMBERS_READ: frozenset({_D, _S, _SEC, _A, _SYS, _M}),
    Permission.MEMBERS_MANAGE: frozenset({_D, _SEC}),
    Permission.MEMBERS_MERGE: frozenset({_D}),
    # The ground may be an illness: for the member and those who answer for the branch.
    Permission.EXEMPTIONS_READ: frozenset({_D, _SEC, _M}),
    Permission.ACCOUNTS_MANAGE: frozenset({_SYS}),
    Permission.SCHEMES_READ: frozenset({_D, _S, _SEC, _A, _M}),
    Permission.SCHEMES_MANAGE: frozenset({_D}),
    Permission.LEDGER_READ: frozenset({_D, _S, _SEC, _A, _M}),
    Permission.LEDGER_RECORD: frozenset({_D, _SEC}),
    Permission.MEETINGS_READ: _READERS,
    Permission.MEETINGS_RECORD: frozenset({_D, _SEC}),
    Permission.DECLARATIONS_READ: frozenset({_D, _S, _SEC, _A, _M}),
    Permission.DECLARATIONS_DECLARE: frozenset({_D, _SEC, _M}),
    Permission.DECLARATIONS_REVIEW: frozenset({_D, _SEC}),
    Permission.RECEIPTS_READ: _READERS | {_M},
    Permission.RECEIPTS_SUBMIT: frozenset({_D, _SEC, _M}),
    Permission.RECEIPTS_DECIDE: frozenset({_D, _SEC}),
    Permission.SCORE_READ: frozenset({_D, _S, _SEC, _A, _M}),
    Permission.TALLIES_READ: _READERS,
    Permission.TALLIES_RUN: frozenset({_D, _SEC}),
    Permission.TALLIES_SEAL: frozenset({_D, _SEC}),
    Permission.STANDINGS_READ: _READERS,
    Permission.REHEARSALS_READ: frozenset({_D, _A}),
    Permission.PUBLICITY_READ: _READERS | {_M},
    Permission.DISPUTES_READ: _READERS | {_M},
    Permission.DISPUTES_RAISE: frozenset({_D, _SEC, _M}),
    Permission.DISPUTES_DECIDE: frozenset({_D, _SEC}),
    Permission.REVIEWS_MANAGE: frozenset({_D, _SEC}),
    Permission.REVIEWS_READ: _READERS,
    # Whoever has a member record of the own; without one there is no ballot to be found.
    Permission.REVIEWS_VOTE: _EVERYBODY,
    Permission.PLEDGES_READ: _READERS | {_M},
    Permission.PLEDGES_MAKE: frozenset({_D, _SEC, _M}),
    Permission.PLEDGES_REVIEW: frozenset({_D, _SEC}),
    Permission.BOARDS_READ: _READERS,
    Permission.BOARDS_MANAGE: frozenset({_D, _SEC}),
    Permission.BOARDS_REVIEW: frozenset({_D, _SEC}),
    # The own consent; for others those who answer for them, from a signed paper.
    Permission.CONSENTS_GIVE: frozenset({_D, _SEC, _M}),
    # The households are homes: not for whoever only watches over the work.
    Permission.INSIGNIA_READ: frozenset({_D, _SEC}),
    Permission.INSIGNIA_RECORD: frozenset({_D, _SEC}),
    Permission.INSPECTIONS_READ: _READERS,
    # Inspectors come from several bodies; which of them serves for a unit is settled by the draw.
    Permission.INSPECTIONS_INSPECT: frozenset({_D, _S, _SEC}),
    Permission.INSPECTIONS_CONFIRM: frozenset({_SEC}),
    Permission.RECTIFICATIONS_ORDER: frozenset({_D, _S}),
    Permission.RECTIFICATIONS_ANSWER: frozenset({_SEC}),
    Permission.RECTIFICATIONS_RECHECK: frozenset({_D, _S}),
    Permission.BULLETINS_READ: _READERS,
    Permission.BULLETINS_ISSUE: frozenset({_D, _S}),
    # What is sealed until the inspectors arrive is read by nobody whom it may concern.
    Permission.SPOTCHECKS_READ: frozenset({_D, _S, _A}),
    Permission.SPOTCHECKS_PLAN: frozenset({_D, _S}),
    Permission.SPOTCHECKS_DRAW: frozenset({_D, _S}),
    Permission.LISTS_READ: _READERS | {_M},
    Permission.LISTS_MANAGE: frozenset({_D}),
    Permission.LISTS_FILE: frozenset({_D, _SEC}),
    # Supervision closes problems and looks back; it claims nothing.
    Permission.LISTS_WORK: frozenset({_D, _S, _SEC}),
    # The confidential sets: which branches are weak is for whoever answers for the whole district.
    Permission.LEDGERS_READ: frozenset({_D, _S, _A}),
    Permission.LEDGERS_WORK: frozenset({_D, _S}),
    Permission.CHECKINS_READ: _READERS | {_M},
    # Also to take a post and to say which hours were served.
    Permission.CHECKINS_REQUEST: frozenset({_D, _SEC, _M}),
    # As the community: posts, hours; as the home unit: cards.
    Permission.CHECKINS_DECIDE: frozenset({_D, _SEC}),
    # Coverage and cards of the units within reach.
    Permission.CHECKINS_OVERSEE: _READERS,
    Permission.IMPORTS_RUN: frozenset({_D, _SEC}),
    Permission.AUDIT_READ: frozenset({_A, _SYS}),
    Permission.JOBS_READ: frozenset({_D, _S, _SEC, _A, _SYS}),
    Permission.EXPORTS_READ: _READERS,
    Permission.NOTICES_ANNOUNCE: frozenset({_D, _S, _SEC}),
    Permission.CHANNELS_MANAGE: frozenset({_D, _SEC, _SYS}),
    Permission.LETTERS_MANAGE: frozenset({_D, _SYS}),
    Permission.RECONCILIATIONS_READ: frozenset({_D, _S, _A, _SYS}),
    Permission.RECONCILIATIONS_RUN: frozenset({_D, _SYS}),
}


def allowed(actor: Actor, permission: Permission) -> bool:
    """Whether the actor's role holds this permission (the system holds all)."""
    return actor.is_system or actor.role in PERMISSION_MAP[permission]
