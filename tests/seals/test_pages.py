"""What anybody may look up, what only the member and those above may, and what stands on paper."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from pointsvc.seals import codes, verify
from tests import factories
from tests.conftest import SECRET, FrozenClock
from tests.tallies import sheets, work

KEY = codes.key_of(SECRET)


@pytest.fixture
def entry(client: FlaskClient, frozen_clock: FrozenClock) -> int:
    sheets.ruled_district()
    return sheets.record("M001", "talk", "2026-07-02", note="家里老人住院", matter="防汛")


def receipt(client: FlaskClient, entry: int) -> Any:
    return client.get(f"/receipts/{codes.code(KEY, entry)}", headers={"Accept-Language": "zh"})


# ---- public


def test_whoever_holds_the_code_sees_this_and_no_more(client: FlaskClient, entry: int) -> None:
    answer = receipt(client, entry)
    assert answer.status_code == 200
    for seen in ("欧**", "讲党课", "+8.00", "2026年7月2日", "有效", "尚未封存"):
        assert seen in answer.text
    for hidden in ("欧阳", "凯敏", "M001", "家里老人住院", "防汛", "松岭街道第一党支部", f"/entries/{entry}"):
        assert hidden not in answer.text
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert answer.headers["Cache-Control"] == "no-store"
    assert 'name="robots" content="noindex, nofollow"' in answer.text


def test_it_says_when_the_entry_was_taken_back_and_in_which_seal_it_is(client: FlaskClient, entry: int) -> None:
    found = work.sealed("QS", "2026-Q3")
    back = sheets.reverse(entry)
    text = receipt(client, entry).text
    assert "这条记录已冲销" in text
    assert "第 1 号封存" in text
    assert "2026年第3季度" in text
    assert len(re.findall(r'class="fingerprint">([0-9a-f]{8} ?){8}<', text)) == 2
    assert "这是一条冲销记录" in receipt(client, back).text
    assert found.status == "sealed"


@pytest.mark.parametrize("address", ["/receipts/{}", "/receipts?code={}"])
def test_a_typing_error_is_told_from_a_code_that_never_was(client: FlaskClient, entry: int, address: str) -> None:
    code = codes.code(KEY, entry)
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
    never = codes.code(KEY, 123_456)
    foreign = codes.code(codes.key_of("of another service, long enough"), entry)
    english = {"Accept-Language": "en"}
    assert "There is a typing error" in client.get(address.format(wrong), headers=english).text
    for unknown in (never, foreign):
        answer = client.get(address.format(unknown), headers=english)
        assert answer.status_code == 404
        assert "There is no receipt with this code" in answer.text
    typed = code.lower().replace("-", "%20")
    assert client.get(address.format(typed), headers=english).status_code == 200


def test_the_code_can_be_typed_in(client: FlaskClient, entry: int) -> None:
    assert "回执编号" in client.get("/receipts").text
    assert client.get("/receipts?code=%2F").status_code == 404
    assert client.get("/receipts?code=" + "零" * 300).status_code == 404
    assert client.get("/receipts/<script>").status_code == 404


def test_the_checker_and_its_page_are_open_to_all(client: FlaskClient) -> None:
    answer = client.get("/verify.py")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/x-python; charset=utf-8"
    with open(verify.__file__, "rb") as file:
        assert answer.data == file.read()
    assert "验证存证证明" in client.get("/verify").text


# ---- for those who may read the entry


def test_the_slip_has_name_code_and_picture(client: FlaskClient, entry: int) -> None:
    factories.browser(client, "secretary")
    page = client.get(f"/entries/{entry}/receipt").text
    code = codes.code(KEY, entry)
    assert code in page
    assert "欧阳凯敏" in page
    assert "<svg" in page
    assert 'class="code"' in page
    assert "家里老人住院" not in page
    assert "下载存证证明" not in page
    work.sealed("QS", "2026-Q3")
    assert "下载存证证明" in client.get(f"/entries/{entry}/receipt").text


def test_a_strangers_slip_is_not_found(client: FlaskClient, entry: int) -> None:
    factories.browser(client, "neighbour")
    assert client.get(f"/entries/{entry}/receipt").status_code == 404
    assert client.get(f"/entries/{entry}/proof.json").status_code == 404


def test_each_entry_leads_to_its_slip_and_its_proof_is_a_file(client: FlaskClient, entry: int) -> None:
    work.sealed("QS", "2026-Q3")
    factories.browser(client, "member")
    assert f'href="/entries/{entry}/receipt"' in client.get("/score?period=2026-Q3").text
    answer = client.get(f"/entries/{entry}/proof.json")
    assert answer.headers["Content-Disposition"] == f"attachment; filename=proof-entry-{entry}.json"
    assert answer.json["format"] == "pointsvc-proof-1"
    client.delete_cookie("pointsvc")
    factories.browser(client, "secretary")
    assert f'href="/entries/{entry}/receipt"' in client.get("/members/M001").text
