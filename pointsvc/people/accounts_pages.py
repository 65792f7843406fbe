"""Pages of the accounts, for the system administrator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from pointsvc import clock, errors
from pointsvc.api import ref_id
from pointsvc.db import transaction
from pointsvc.http import actor, at_cursor, one_page, requires
from pointsvc.people import accounts, meaning
from pointsvc.people import service as people
from pointsvc.people.door import words
from pointsvc.people.pages import choices
from pointsvc.permissions import Permission, Role

bp = Blueprint("accounts", __name__)
ON_A_PAGE = 50
FIELDS = ("name", "role", "organisation", "member")


@bp.get("/accounts", endpoint="accounts")
@requires(Permission.ACCOUNTS_MANAGE)
def accounts_page() -> str:
    query: dict[str, Any] = {name: request.args.get(name, "").strip() for name in ("q", "role")}
    place = at_cursor(request.args.get("after"), str)
    rows = accounts.listing(
        actor=actor(),
        find=query["q"] or None,
        role=query["role"] or None,
        after=place[0] if place else None,
        limit=ON_A_PAGE + 1,
    )
    shown, after = one_page(rows, ON_A_PAGE, "name")
    following = after and url_for("accounts.accounts", **query, after=after)
    return render_template(
        "people/accounts.html",
        query=query,
        roles=list(Role),
        accounts=shown,
        now=clock.now(),
        pager={"next": following},
    )


@bp.route("/accounts/new", methods=["GET", "POST"])
@requires(Permission.ACCOUNTS_MANAGE)
def new_account() -> Any:
    """A new account and, shown in the answer this once, its first password."""
    if request.method == "GET":
        return _form({})
    given = {name: request.form.get(name, "").strip() for name in FIELDS}
    try:
        with transaction():
            made = people.add_sign_in(
                actor=actor(),
                at=clock.now(),
                name=given["name"],
                role=given["role"],
                organisation=given["organisation"],
                member=meaning.number_of(actor(), given["member"]) if given["member"] else None,
            )
            password = accounts.give_password(actor=actor(), at=clock.now(), account_id=made.id)
    except errors.Invalid as problem:
        return _form(words(problem)), 422
    except (errors.NotFound, errors.Conflict) as problem:
        return _form(_named(problem)), 422
    return _page(made.id, password), 201


def _named(problem: errors.Problem) -> dict[str, list[str]]:
    """What is taken or not there, at its field."""
    field = "name" if problem.code == "name_taken" else "member" if request.form.get("member") else "organisation"
    return {field: [(problem.detail or errors.Message(problem.title)).render(gettext)]}


def _form(wrong: Mapping[str, list[str]]) -> str:
    return render_template(
        "people/account_form.html",
        roles=list(Role),
        organisations=choices(actor()),
        form={name: request.values.get(name, "") for name in FIELDS},
        errors=wrong,
    )


@bp.get("/accounts/<account_id>")
@requires(Permission.ACCOUNTS_MANAGE)
def account(account_id: str) -> str:
    return _page(ref_id(account_id))


def _page(account_id: int, password: str | None = None) -> str:
    found = accounts.account(actor=actor(), account_id=account_id)
    return render_template(
        "people/account.html",
        account=found,
        own=found.id == actor().sign_in_id,
        password=password,
        now=clock.now(),
    )


@bp.post("/accounts/<account_id>/password")
@requires(Permission.ACCOUNTS_MANAGE)
def give_password(account_id: str) -> str:
    with transaction():
        password = accounts.give_password(actor=actor(), at=clock.now(), account_id=ref_id(account_id))
    # In the answer itself: neither a redirect's address nor the cookie may hold it.
    return _page(ref_id(account_id), password)


@bp.post("/accounts/<account_id>/disable")
@requires(Permission.ACCOUNTS_MANAGE)
def disable(account_id: str) -> Any:
    with transaction():
        accounts.disable(actor=actor(), at=clock.now(), account_id=ref_id(account_id))
    flash(gettext("The account is disabled; whatever was signed in has ended."), "good")
    return redirect(url_for("accounts.account", account_id=account_id))


@bp.post("/accounts/<account_id>/end")
@requires(Permission.ACCOUNTS_MANAGE)
def end_sessions(account_id: str) -> Any:
    with transaction():
        accounts.sign_out_everywhere(actor=actor(), at=clock.now(), account_id=ref_id(account_id))
    flash(gettext("Everything that was signed in by this account has ended."), "good")
    return redirect(url_for("accounts.account", account_id=account_id))
