"""Numbers that no text may publish. All numbers here are made up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsvc.errors import Invalid
from pointsvc.people.private import check, numbers_in

IDENTITY = "11010519491231002X"


@pytest.mark.parametrize(
    "text",
    [
        IDENTITY,
        "身份证号110105194912310021，请核对",
        "110105 19491231 0021",
        "１１０１０５１９４９１２３１００２Ｘ",
        "110105-19491231-002x",
        "电话13800001234",
        "138 0000 1234",
        "138-0000-1234",
        "+86 13800001234",
        "８６１３８００００１２３４",
    ],
)
def test_identity_and_mobile_numbers_are_found(text: str) -> None:
    assert len(numbers_in(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "监督电话 0571-88880000",
        "青发〔2026〕12号",
        "2026年12月31日前完成120户",
        "订单号20261231000012345678901",
        "010-12345678",
        "金额1380000元",
        "",
    ],
)
def test_other_numbers_stay(text: str) -> None:
    assert numbers_in(text) == []


@given(st.text(alphabet="上门看望老人，。、 ", max_size=20), st.text(alphabet="上门看望老人，。、 ", max_size=20))
def test_it_is_found_wherever_it_stands(before: str, after: str) -> None:
    assert numbers_in(before + IDENTITY + after) == [IDENTITY]


def test_it_is_refused_by_field() -> None:
    check({"text": "修好路灯", "witness": None})
    with pytest.raises(Invalid) as refused:
        check({"text": "修好路灯", "witness": "王阿姨 13800001234", "beneficiary": IDENTITY})
    assert set(refused.value.errors) == {"witness", "beneficiary"}
    assert refused.value.code == "private_number"
