"""Accounts, tokens, settings and the examination of an installation."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from pointsvc.db import db
from pointsvc.people import service as people
from pointsvc.people.models import SignIn
from tests.cli.conftest import DISTRICT, Look, Run


@pytest.fixture
def tree(run: Run) -> None:
    """The district's organisations."""
    assert run("import", "organisations", DISTRICT / "组织架构.xlsx").exit_code == 0


@pytest.mark.usefixtures("tree")
def test_an_account_with_a_given_password_signs_in(run: Run, look: Look) -> None:
    words = ("user", "add", "secretary", "--role", "secretary", "--organisation", "YX01", "--password-stdin")
    added = run(*words, stdin="a long enough word\n")
    assert (added.exit_code, added.output) == (0, "Account secretary added.\n")
    with look():
        assert people.check_password(name="secretary", password="a long enough word").fits
    again = run(*words, stdin="a long enough word\n")
    assert (again.exit_code, again.stderr) == (1, "The name secretary is taken\n")


@pytest.mark.usefixtures("tree")
def test_without_a_password_one_is_made_up_and_must_be_changed(run: Run, look: Look) -> None:
    added = run("user", "add", "supervisor", "--role", "supervisor", "--organisation", "YX")
    assert added.exit_code == 0
    password = added.output.split()[-1]
    with look():
        assert people.check_password(name="supervisor", password=password).fits
        assert db.session.scalars(select(SignIn)).one().must_change


@pytest.mark.usefixtures("tree")
def test_a_refused_account_says_which_field(run: Run) -> None:
    refused = run("user", "add", "x", "--role", "member", "--organisation", "YX", "--password-stdin", stdin="short\n")
    assert refused.exit_code == 1
    assert {line.partition(":")[0] for line in refused.stderr.splitlines()} == {"member", "password"}
    unknown = run("user", "add", "x", "--role", "secretary", "--organisation", "NOWHERE")
    assert unknown.exit_code == 1
    assert "NOWHERE" in unknown.stderr


@pytest.mark.usefixtures("tree")
def test_a_token_is_printed_and_nothing_else(run: Run, look: Look) -> None:
    run("user", "add", "system", "--role", "system_admin", "--organisation", "YX")
    printed = run("token", "system")
    token = printed.stdout.removesuffix("\n")
    assert (printed.exit_code, printed.stderr, token.split()) == (0, "", [token])
    with look():
        actor = people.actor_of_token(token)
        assert actor is not None
        assert actor.name == "system"
    unknown = run("token", "nobody")
    assert (unknown.exit_code, unknown.stdout) == (1, "")
    assert "nobody" in unknown.stderr


def test_wrong_settings_are_all_named_and_end_with_2(run: Run) -> None:
    wrong = run("verify", POINTSVC_HTTPS="perhaps", POINTSVC_MAX_UPLOAD_MIB="none", POINTSVC_TIMEZONE="Moon/Crater")
    assert (wrong.exit_code, wrong.stdout) == (2, "")
    assert [name in wrong.stderr for name in ("HTTPS", "MAX_UPLOAD_MIB", "TIMEZONE")] == [True] * 3


def test_it_speaks_the_services_language(run: Run) -> None:
    assert "没有" in run("token", "nobody", POINTSVC_LANGUAGE="zh").stderr


def test_any_command_may_be_the_first_on_an_empty_folder(run: Run, tmp_path: Path) -> None:
    fresh = {"POINTSVC_DATA_DIR": str(tmp_path / "new"), "POINTSVC_DATABASE_URL": ""}
    assert run("import", "organisations", DISTRICT / "组织架构.xlsx", **fresh).exit_code == 0
    assert (tmp_path / "new" / "pointsvc.db").exists()


def test_a_sound_installation_has_nothing_to_mend(run: Run) -> None:
    examined = run("doctor")
    assert examined.exit_code == 0, examined.output
    assert "✗" not in examined.output


def test_each_thing_to_mend_is_told(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    assert "POINTSVC_HTTPS" in run("doctor", POINTSVC_HTTPS="perhaps").output
    unmigrated = run("doctor", POINTSVC_DATABASE_URL=f"sqlite:///{tmp_path}/empty.db")
    assert (unmigrated.exit_code, "pointsvc migrate" in unmigrated.output) == (1, True)
    away = run("doctor", POINTSVC_DATABASE_URL=f"postgresql://nobody@/none?host={tmp_path}")
    assert (away.exit_code, "POINTSVC_DATABASE_URL" in away.output) == (1, True)
    silent = run("doctor", POINTSVC_REDIS_URL=f"unix://{tmp_path}/none.sock")
    assert (silent.exit_code, "POINTSVC_REDIS_URL" in silent.output) == (1, True)
    closed = run("doctor", POINTSVC_DATA_DIR=str(file / "data"), POINTSVC_DATABASE_URL="sqlite:////nowhere/x.db")
    assert (closed.exit_code, "Cannot write" in closed.output) == (1, True)


def test_an_absent_database_is_told_without_a_traceback(run: Run, tmp_path: Path) -> None:
    away = run("token", "nobody", POINTSVC_DATABASE_URL=f"postgresql://nobody@/none?host={tmp_path}")
    assert away.exit_code == 1
    assert away.stderr.startswith("The database does not answer")
    assert "Traceback" not in away.output
