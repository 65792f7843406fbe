"""What declarations look like on the wire."""

from __future__ import annotations

from typing import Any

from flask_smorest.fields import Upload
from marshmallow import fields, validate

from pointsvc.api import Amount, Day, Instant, PageArgs, Ref, Said, Schema, Text
from pointsvc.declarations.deciding import MOST_AT_ONCE
from pointsvc.declarations.lifecycle import STATUSES
from pointsvc.declarations.weighing import Deed
from pointsvc.errors import N_

_SIZE = Said(validate.Length(1, MOST_AT_ONCE), N_("Between %(min)s and %(max)s declarations"), min=1, max=MOST_AT_ONCE)
_STATUS = Said(validate.OneOf(STATUSES), N_("One of %(values)s"), values=", ".join(STATUSES))


class WhatIn(Schema):
    """What was done. ``points`` only for a rule with a range, ``tier`` only for tiers."""

    rule = Text(64, required=True)
    occurred_on = Day(required=True)
    quantity = Amount(load_default=None, allow_none=True)
    tier = Text(64, load_default=None, allow_none=True)
    points = Amount(load_default=None, allow_none=True)
    matter = Text(200, load_default=None, allow_none=True)
    note = Text(1000, load_default=None, allow_none=True)


class DeclarationIn(WhatIn):
    """A declaration. Without ``member`` it is the caller's own; ``sheet`` and ``line`` say where it stood on paper."""

    member = Text(64, load_default=None)
    sheet = Text(20, load_default=None, allow_none=True)
    line = fields.Integer(load_default=None, allow_none=True, strict=True)


class ReasonIn(Schema):
    """Why a declaration is returned; its member reads it."""

    reason = Text(500, required=True)


class SeveralIn(Schema):
    """Ids of declarations, to be approved all or none."""

    declarations = fields.List(Text(18), required=True, validate=_SIZE)


class EvidenceIn(Schema):
    """A photo (JPEG, PNG, WebP) or a PDF. It is kept made anew, without what its camera wrote beside it."""

    file = Upload(required=True)


class EvidenceOut(Schema):
    """A photo or paper, to be fetched under its declaration."""

    id = Ref()
    filename = fields.String()
    media_type = fields.String()
    size = fields.Integer()
    at = Instant()


class StateChangeOut(Schema):
    """One step of a declaration's life. ``before``: what it said until it was amended."""

    old = fields.String(allow_none=True)
    new = fields.String()
    at = Instant()
    by = fields.String()
    reason = fields.String(allow_none=True)
    before = fields.Raw(allow_none=True, metadata={"type": "object"})


class DeclarationOut(Schema):
    """A declaration. ``points`` are what the rule in force on its day gives, fixed once it is approved;
    ``entry`` is then the entry that it became, and ``reversed_by`` the one that took it back.
    ``proxy``: somebody else typed it in for the member.
    """

    id = Ref()
    member = fields.String()
    organisation = fields.String(attribute="branch")
    rule = fields.String()
    occurred_on = Day()
    quantity = Amount()
    tier = fields.String(allow_none=True)
    points = Amount()
    matter = fields.String(allow_none=True)
    note = fields.String(allow_none=True)
    status = fields.String()
    proxy = fields.Boolean()
    sheet = fields.String(allow_none=True)
    line = fields.Integer(allow_none=True)
    declared_by = fields.String()
    created_at = Instant()
    sent_at = Instant()
    decided_by = fields.String(allow_none=True)
    decided_at = Instant(allow_none=True)
    reason = fields.String(allow_none=True)
    entry = Ref(allow_none=True)
    reversed_by = Ref(allow_none=True)
    evidence = fields.List(fields.Nested(EvidenceOut))


class WholeDeclarationOut(DeclarationOut):
    """A declaration with its log, oldest first."""

    changes = fields.List(fields.Nested(StateChangeOut))


class SeveralOut(Schema):
    """The declarations in the order in which they were asked for."""

    declarations = fields.List(fields.Nested(DeclarationOut))


class DeclarationsArgs(PageArgs):
    """``organisation``: of this node and below. ``share``: only those whose review falls to the caller."""

    status = fields.String(load_default=None, validate=_STATUS)
    member = Text(64, load_default=None)
    organisation = Text(64, load_default=None)
    share = fields.Boolean(load_default=False)


class DeclarationsOut(Schema):
    """A page of declarations, newest first."""

    items = fields.List(fields.Nested(DeclarationOut))
    next = fields.String(allow_none=True)


def deed(data: dict[str, Any], member: str) -> Deed:
    """Loaded input as the verb takes it."""
    return Deed(**{**data, "member": member})
