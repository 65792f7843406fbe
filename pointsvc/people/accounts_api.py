"""JSON routes of the accounts, for the system administrator."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from pointsvc import clock
from pointsvc.api import Blueprint, creates, ref_id
from pointsvc.db import transaction
from pointsvc.http import actor, at_cursor, one_page, requires
from pointsvc.people import accounts
from pointsvc.people import service as people
from pointsvc.people.schemas import AccountIn, AccountOut, AccountsArgs, AccountsOut, FirstPasswordOut
from pointsvc.permissions import Permission

bp = Blueprint("accounts", __name__, description="Accounts: who can sign in, as what, over which organisation")


@bp.route("/accounts")
@requires(Permission.ACCOUNTS_MANAGE)
@bp.arguments(AccountsArgs, location="query")
@bp.response(200, AccountsOut)
def list_accounts(args: dict[str, Any]) -> dict[str, Any]:
    """The accounts within reach."""
    limit, after = args.pop("limit"), at_cursor(args.pop("after"), str)
    rows = accounts.listing(actor=actor(), limit=limit + 1, after=after[0] if after else None, **args)
    items, following = one_page(rows, limit, "name")
    return {"items": items, "next": following}


@bp.route("/accounts", methods=["POST"])
@requires(Permission.ACCOUNTS_MANAGE)
@creates
@bp.arguments(AccountIn)
@bp.response(201, AccountOut)
def add_account(data: dict[str, Any]) -> Row[*tuple[Any, ...]]:
    """Add an account. Its first password is either given here or asked for afterwards."""
    made = people.add_sign_in(actor=actor(), at=clock.now(), must_change=data["password"] is not None, **data)
    return accounts.account(actor=actor(), account_id=made.id)


@bp.route("/accounts/<account_id>")
@requires(Permission.ACCOUNTS_MANAGE)
@bp.response(200, AccountOut)
def get_account(account_id: str) -> Row[*tuple[Any, ...]]:
    """One account."""
    return accounts.account(actor=actor(), account_id=ref_id(account_id))


# Not one of those whose answer is kept for a second asking: a password is told once.
@bp.route("/accounts/<account_id>/password", methods=["POST"])
@requires(Permission.ACCOUNTS_MANAGE)
@bp.response(200, FirstPasswordOut)
def give_password(account_id: str) -> dict[str, str]:
    """A new first password; what is signed in by the old one ends."""
    with transaction():
        password = accounts.give_password(actor=actor(), at=clock.now(), account_id=ref_id(account_id))
    return {"password": password}


@bp.route("/accounts/<account_id>/disable", methods=["POST"])
@requires(Permission.ACCOUNTS_MANAGE)
@bp.response(200, AccountOut)
def disable_account(account_id: str) -> Row[*tuple[Any, ...]]:
    """Let nobody use this account any more."""
    with transaction():
        accounts.disable(actor=actor(), at=clock.now(), account_id=ref_id(account_id))
    return accounts.account(actor=actor(), account_id=ref_id(account_id))


@bp.route("/accounts/<account_id>/end", methods=["POST"])
@requires(Permission.ACCOUNTS_MANAGE)
@bp.response(200, AccountOut)
def end_sessions(account_id: str) -> Row[*tuple[Any, ...]]:
    """End every session and token of this account."""
    with transaction():
        accounts.sign_out_everywhere(actor=actor(), at=clock.now(), account_id=ref_id(account_id))
    return accounts.account(actor=actor(), account_id=ref_id(account_id))
