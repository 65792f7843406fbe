"""Which passwords are taken and how they are kept."""

from __future__ import annotations

import pytest

from pointsvc.people import passwords


@pytest.mark.parametrize("password", ["a quiet river", "清风徐来水波不兴", "zhwx7788", "x" * 197 + "yza"])
def test_any_kind_of_text_is_a_password(password: str) -> None:
    assert passwords.fault(password, "admin") is None


@pytest.mark.parametrize(
    "password",
    [
        "",
        "short",
        "seven77",
        "12345678",
        "Password",
        "１２３４５６７８",
        "aaaaaaaaaaaa",
        "ababababab",
        "dangyuan",
        "x" * 201,
    ],
)
def test_what_is_short_or_common_is_refused(password: str) -> None:
    assert passwords.fault(password, "admin") is not None


def test_the_own_name_is_refused() -> None:
    assert passwords.fault("Secretary-Lin", "secretary-lin") is not None


def test_only_the_kept_password_fits() -> None:
    kept = passwords.hashed("a quiet river")
    assert "quiet" not in kept
    assert passwords.fits("a quiet river", kept)
    assert not passwords.fits("a quiet brook", kept)
    assert not passwords.fits("a quiet river", None)
    assert not passwords.fits("a quiet river", "not a hash")


def test_full_width_letters_are_the_same_password() -> None:
    assert passwords.fits("ａ quiet river１", passwords.hashed("a quiet river1"))


def test_two_of_one_password_are_kept_differently() -> None:
    assert passwords.hashed("a quiet river") != passwords.hashed("a quiet river")
