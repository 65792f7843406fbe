"""JSON routes of declarations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import wraps
from typing import Any, TypeVar

from flask import Response, g, request

from pointsvc import clock, errors
from pointsvc.api import Blueprint, creates, ref_id
from pointsvc.db import transaction
from pointsvc.declarations import schemas
from pointsvc.declarations import service as declarations
from pointsvc.declarations.schemas import deed
from pointsvc.evidence import service as evidence
from pointsvc.evidence.shown import answer
from pointsvc.http import actor, id_at, one_page, requires
from pointsvc.people import reach
from pointsvc.permissions import Permission

View = TypeVar("View", bound=Callable[..., Any])

bp = Blueprint("declarations", __name__, description="What members declare for themselves, and its review")


@bp.route("/declarations", methods=["POST"])
@requires(Permission.DECLARATIONS_DECLARE)
@creates
@bp.arguments(schemas.DeclarationIn)
@bp.response(201, schemas.DeclarationOut)
def declare(data: dict[str, Any]) -> dict[str, Any]:
    """Declare a deed, one's own or a member's in reach. It counts once somebody else has approved it."""
    made = declarations.declare(actor=actor(), at=clock.now(), deed=deed(data, data["member"] or _own()))
    return _one(made)


@bp.route("/declarations", methods=["GET"])
@requires(Permission.DECLARATIONS_READ)
@bp.arguments(schemas.DeclarationsArgs, location="query")
@bp.response(200, schemas.DeclarationsOut)
def list_declarations(args: dict[str, Any]) -> dict[str, Any]:
    """Declarations, newest first: a member's own, or those of the branches in reach."""
    limit, after = args.pop("limit"), id_at(args.pop("after"))
    asked = declarations.Asked(limit=limit + 1, after=after, **args)
    rows = declarations.declarations(actor=actor(), asked=asked)
    items, following = one_page(rows, limit)
    return {"items": _shown(items), "next": following}


@bp.route("/declarations/<declaration_id>")
@requires(Permission.DECLARATIONS_READ)
@bp.response(200, schemas.WholeDeclarationOut)
def get_declaration(declaration_id: str) -> dict[str, Any]:
    """One declaration with its log."""
    number = ref_id(declaration_id)
    return {**_one(number), "changes": [row._mapping for row in declarations.changes(number)]}


@bp.route("/declarations/approve", methods=["POST"])
@requires(Permission.DECLARATIONS_REVIEW)
@creates
@bp.arguments(schemas.SeveralIn)
@bp.response(200, schemas.SeveralOut)
def approve_several(data: dict[str, Any]) -> dict[str, Any]:
    """Approve several, all or none; what cannot be approved is named under ``declarations.<n>``."""
    ids = [ref_id(text) for text in data["declarations"]]
    declarations.approve(actor=actor(), at=clock.now(), declaration_ids=ids)
    return {"declarations": _shown(declarations.several(actor=actor(), declaration_ids=ids))}


@bp.route("/declarations/<declaration_id>/approve", methods=["POST"])
@requires(Permission.DECLARATIONS_REVIEW)
@creates
@bp.response(200, schemas.DeclarationOut)
def approve(declaration_id: str) -> dict[str, Any]:
    """Approve a declaration; the points are posted at once."""
    number = ref_id(declaration_id)
    declarations.approve(actor=actor(), at=clock.now(), declaration_ids=[number])
    return _one(number)


@bp.route("/declarations/<declaration_id>/reject", methods=["POST"])
@requires(Permission.DECLARATIONS_REVIEW)
@bp.arguments(schemas.ReasonIn)
@bp.response(200, schemas.DeclarationOut)
def reject(data: dict[str, Any], declaration_id: str) -> dict[str, Any]:
    """Return a declaration with the reason; it can be amended and sent again."""
    number = ref_id(declaration_id)
    with transaction():
        declarations.send_back(actor=actor(), at=clock.now(), declaration_id=number, **data)
    return _one(number)


@bp.route("/declarations/<declaration_id>/withdraw", methods=["POST"])
@requires(Permission.DECLARATIONS_DECLARE)
@bp.response(200, schemas.DeclarationOut)
def withdraw(declaration_id: str) -> dict[str, Any]:
    """Take a declaration back that is not approved."""
    number = ref_id(declaration_id)
    with transaction():
        declarations.withdraw(actor=actor(), at=clock.now(), declaration_id=number)
    return _one(number)


@bp.route("/declarations/<declaration_id>/resend", methods=["POST"])
@requires(Permission.DECLARATIONS_DECLARE)
@bp.arguments(schemas.WhatIn)
@bp.response(200, schemas.DeclarationOut)
def resend(data: dict[str, Any], declaration_id: str) -> dict[str, Any]:
    """Amend a returned declaration and send it again."""
    number = ref_id(declaration_id)
    member = declarations.declaration(actor=actor(), declaration_id=number).member
    with transaction():
        declarations.resend(actor=actor(), at=clock.now(), declaration_id=number, deed=deed(data, member))
    return _one(number)


def cleaned_first(view: View) -> View:
    """Make the uploaded file anew before the transaction of ``creates`` begins: it takes long, and
    SQLite has one writer.
    """

    @wraps(view)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        file = request.files.get("file")
        if file is not None:
            g.piece = evidence.clean(file.filename or "", file.stream.read(evidence.MOST_BYTES + 1))
            file.stream.seek(0)
        return view(*args, **kwargs)

    return wrapper  # type: ignore[return-value] # the same view, wrapped


@bp.route("/declarations/<declaration_id>/evidence", methods=["POST"])
@requires(Permission.DECLARATIONS_DECLARE)
@cleaned_first
@creates
@bp.arguments(schemas.EvidenceIn, location="files")
@bp.response(201, schemas.DeclarationOut)
def attach(files: dict[str, Any], declaration_id: str) -> dict[str, Any]:
    """Add a photo or a paper while nothing is decided. Nobody has to."""
    number = ref_id(declaration_id)
    declarations.attach(actor=actor(), at=clock.now(), declaration_id=number, pieces=[g.piece])
    return _one(number)


@bp.route("/declarations/<declaration_id>/evidence/<evidence_id>")
@requires(Permission.DECLARATIONS_READ)
@bp.response(200, content_type="image/jpeg", schema={"type": "string", "format": "binary"})
def get_evidence(declaration_id: str, evidence_id: str) -> Response:
    """A photo or paper of a declaration."""
    view = declarations.declaration(actor=actor(), declaration_id=ref_id(declaration_id))
    return answer(evidence.content(owner_kind=declarations.KIND, owner_id=view.id, evidence_id=ref_id(evidence_id)))


# ---- inside


def _own() -> str:
    own = reach.own_member(actor())
    if own is None:
        raise errors.Invalid({"member": errors.N_("Please say for which member")})
    return own.number


def _one(declaration_id: int) -> dict[str, Any]:
    return _shown([declarations.declaration(actor=actor(), declaration_id=declaration_id)])[0]


def _shown(views: Sequence[declarations.View]) -> list[dict[str, Any]]:
    pieces = evidence.of(owner_kind=declarations.KIND, owner_ids=[view.id for view in views])
    return [{**asdict(view), "sheet": view.sheet, "evidence": pieces.get(view.id, [])} for view in views]
