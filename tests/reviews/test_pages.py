"""The pages of reviews, with a plain client: the secretary's steps, a member's ballot, and what nobody is offered."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pointsvc import clock
from pointsvc.db import transaction
from pointsvc.people import settings
from pointsvc.permissions import SYSTEM, Role
from pointsvc.reviews import changing, listing, roster
from tests import factories
from tests.conftest import FrozenClock
from tests.reviews import steps


@pytest.fixture(autouse=True)
def _branch(app: Flask, frozen_clock: FrozenClock) -> None:
    steps.ruled_branch()


@pytest.fixture
def csrf(client: FlaskClient) -> str:
    return factories.browser(client, "secretary")


def post(client: FlaskClient, address: str, csrf: str, **form: str) -> Any:
    return client.post(address, data={"csrf_token": csrf, **form})


def status(review_id: int) -> str:
    return changing.review(SYSTEM, review_id).status


# ---- the secretary


def test_the_list_says_what_a_review_is_before_there_is_one(client: FlaskClient, csrf: str) -> None:
    page = client.get("/reviews").text
    assert "尚未开展民主评议" in page
    assert 'action="/reviews"' in page


def test_a_review_is_prepared_from_the_list(client: FlaskClient, csrf: str) -> None:
    form = {"organisation": "QS0101", "year": "2026", "held_on": "2026-08-20"}
    for wrong, field in (({"year": "2020"}, "year"), ({"year": "x"}, "year"), ({"held_on": ""}, "held_on")):
        answer = post(client, "/reviews", csrf, **{**form, **wrong})
        assert answer.status_code == 422
        assert f'href="#{field}"' in answer.text
    made = post(client, "/reviews", csrf, **form)
    assert re.fullmatch(r"/reviews/\d+", made.headers["Location"])
    page = client.get(made.headers["Location"]).text
    assert "开启投票" in page
    assert post(client, "/reviews", csrf, **form).status_code == 409


def test_a_street_prepares_all_its_branches_from_the_list(client: FlaskClient) -> None:
    csrf = factories.browser(client, "street")
    made = post(client, "/reviews", csrf, organisation="QS01", year="2026", held_on="2026-08-20")
    assert made.headers["Location"] == "/reviews?year=2026"
    page = client.get("/reviews").text
    assert "松岭街道第一党支部" in page
    assert "松岭街道第二党支部" in page
    # On the first page both wait in one line that leads to the list.
    home = client.get("/").text
    assert "2026年度民主评议待开启投票（2 个党支部）" in home
    assert 'href="/reviews?year=2026&amp;status=prepared"' in home
    assert "松岭街道第一党支部" in client.get("/reviews?status=prepared").text
    assert "松岭街道第一党支部" not in client.get("/reviews?status=closed").text.split("<tbody>")[-1].split("<form")[0]


def test_the_roster_is_chosen_with_ticks_and_reasons(client: FlaskClient, csrf: str) -> None:
    review_id = steps.prepared()
    address = f"/reviews/{review_id}/roster"
    page = client.get(address).text
    assert 'name="reviewed-M003" value="1" checked' in page
    assert "reviewed-M002" not in page
    ticks = {f"{name}-{number}": "1" for number in steps.GRADED for name in ("reviewed", "votes")}
    del ticks["reviewed-M003"]
    answer = post(client, address, csrf, **ticks)
    assert answer.status_code == 422
    assert 'href="#members.M003"' in answer.text
    assert 'name="reviewed-M003" value="1" checked' not in answer.text
    done = post(client, address, csrf, **ticks, **{"reason-M003": "年老体弱", "on_paper-M003": "1"})
    assert done.headers["Location"] == f"/reviews/{review_id}"
    kept = {seat.number: seat for seat in roster.seats(changing.review(SYSTEM, review_id), clock.today())}
    assert (kept["M003"].reviewed, kept["M003"].votes, kept["M003"].on_paper, kept["M003"].reason) == (
        False,
        True,
        True,
        "年老体弱",
    )


def test_after_the_opening_the_roster_only_takes_who_votes_on_paper(client: FlaskClient, csrf: str) -> None:
    review_id = steps.opened()
    steps.vote(review_id, "M011")
    address = f"/reviews/{review_id}/roster"
    # Ticks that are disabled are not sent by a browser; nothing is lost by that.
    assert post(client, address, csrf, **{"on_paper-M003": "1"}).status_code == 302
    assert listing.summary(changing.review(SYSTEM, review_id)).on_paper == 1
    assert listing.summary(changing.review(SYSTEM, review_id)).reviewed == len(steps.GRADED)
    assert post(client, address, csrf, **{"on_paper-M003": "1", "on_paper-M011": "1"}).status_code == 422


def test_the_ballot_is_opened_and_given_another_last_day(client: FlaskClient, csrf: str) -> None:
    review_id = steps.prepared()
    for wrong in ({"closes_on": ""}, {"closes_on": "2026-08-14"}):
        answer = post(client, f"/reviews/{review_id}/open", csrf, held_on="2026-08-20", **wrong)
        assert answer.status_code == 422
        assert 'href="#closes_on"' in answer.text
    form = {"held_on": "2026-08-20", "closes_on": "2026-08-20"}
    assert post(client, f"/reviews/{review_id}/open", csrf, **form).status_code == 302
    page = client.get(f"/reviews/{review_id}").text
    assert "截止投票并计票" in page
    assert post(client, f"/reviews/{review_id}/extend", csrf, closes_on="2026-08-25").status_code == 302
    assert changing.review(SYSTEM, review_id).closes_on.isoformat() == "2026-08-25"  # type: ignore[union-attr] # it is open
    # A second press of the same button says that it is done already.
    assert post(client, f"/reviews/{review_id}/open", csrf, **form).status_code == 409


def test_who_has_voted_is_shown_to_nobody_by_name(client: FlaskClient, csrf: str) -> None:
    review_id = steps.opened()

    def pages() -> list[str]:
        # Each page has tokens of its own.
        texts = (client.get(f"/reviews/{review_id}{page}").text for page in ("", "/roster", "/results"))
        return [re.sub(r"[\w-]{20,}\.[\w-]+\.[\w-]+", "", text) for text in texts]

    before = pages()
    steps.vote(review_id, "M012")
    after = pages()
    assert before[1:] == after[1:]
    assert "1 / 7" in after[0]
    assert "同志2" not in after[0]


def test_slips_are_made_and_printed(client: FlaskClient, csrf: str) -> None:
    review_id = steps.opened()
    address = f"/reviews/{review_id}/codes"
    for wrong in ("", "0", "x", "501"):
        assert post(client, address, csrf, number=wrong).status_code == 422
    assert post(client, address, csrf, number="3").headers["Location"] == address
    page = client.get(address).text
    assert page.count('class="ballot-slip"') == page.count('class="qr"') == 3
    [code, *_] = re.findall(r'class="ballot-code">([^<]+)<', page)
    assert client.get(f"/vote/{code}").status_code == 200


def test_paper_counts_are_typed_in_checked_and_shown_again(client: FlaskClient, csrf: str) -> None:
    review_id = steps.opened(on_paper=("M003",))
    address = f"/reviews/{review_id}/counts/peers"
    head = {"given_out": "1", "returned": "1", "valid": "1", "counter": "丁计票", "second_counter": "监票人"}
    counts = {f"qualified-{number}": "1" for number in steps.GRADED}
    wrong = post(client, address, csrf, **head, **counts, **{"basic-M011": "1"})
    assert wrong.status_code == 422
    assert 'href="#members.M011"' in wrong.text
    assert 'name="basic-M011" value="1"' in wrong.text
    for change, field in (
        ({"valid": "x"}, "valid"),
        ({"counter": ""}, "counters.0"),
        ({"given_out": "2"}, "given_out"),
    ):
        answer = post(client, address, csrf, **{**head, **change}, **counts)
        assert answer.status_code == 422
        assert f'href="#{field}"' in answer.text
    assert post(client, address, csrf, **head, **counts).status_code == 302
    page = client.get(address).text
    assert 'name="qualified-M011" value="1"' in page
    assert 'value="丁计票"' in page
    assert "有效 1 票" in client.get(f"/reviews/{review_id}").text
    assert client.get(f"/reviews/{review_id}/counts/others").status_code == 404


def test_an_assessment_on_paper_is_typed_in(client: FlaskClient, csrf: str) -> None:
    review_id = steps.opened()
    address = f"/reviews/{review_id}/members/M003/self"
    assert post(client, address, csrf, text="x").status_code == 422
    assert post(client, address, csrf, grade="qualified", text="身体不好").status_code == 302
    page = client.get(f"/reviews/{review_id}/roster").text
    assert "身体不好" in page
    assert "纸质录入" in page
    assert "身体不好" in client.get(address).text
    assert client.get(f"/reviews/{review_id}/members/M002/self").status_code == 404


def test_the_decision_has_nothing_chosen_beforehand_and_is_kept_whole(client: FlaskClient, csrf: str) -> None:
    review_id = steps.opened()
    for number in ("M011", "M012", "M013", "M014", "M015"):
        steps.vote(review_id, number)
    post(client, f"/reviews/{review_id}/close-ballot", csrf)
    address = f"/reviews/{review_id}/decide"
    page = client.get(address).text
    assert " checked" not in page
    assert "优秀等次一般不超过 2 人" in page
    form = {"body": "assembly", "minute": "第 12 页", "decided_on": "2026-08-15"}
    grades = {f"grade-{number}": "qualified" for number in steps.GRADED}
    missing = post(client, address, csrf, **form, **{**grades, "grade-M001": ""})
    assert missing.status_code == 422
    assert 'href="#grades.M001"' in missing.text
    for change, field in (
        ({"body": ""}, "body"),
        ({"minute": " "}, "minute"),
        ({"decided_on": "2026-08-16"}, "decided_on"),
    ):
        answer = post(client, address, csrf, **{**form, **change}, **grades)
        assert answer.status_code == 422
        assert f'href="#{field}"' in answer.text
    assert status(review_id) == "counted"
    assert post(client, address, csrf, **form, **{**grades, "grade-M011": "unqualified"}).status_code == 302
    assert status(review_id) == "decided"
    table = client.get(f"/reviews/{review_id}/results").text
    assert "党员教育管理工作条例" in table
    assert table.count("<tr>") == len(steps.GRADED) + 2
    assert "当前没有需要评定的内容" in client.get(address).text


def test_a_review_is_publicised_taken_up_again_and_closed(
    client: FlaskClient, csrf: str, frozen_clock: FrozenClock
) -> None:
    with transaction():
        settings.decide(actor=SYSTEM, at=clock.now(), organisation="QS", name="supervision_phone", value="0910-1234567")
    review_id = steps.in_state("decided")
    assert post(client, f"/reviews/{review_id}/publicise", csrf).status_code == 302
    page = client.get(f"/reviews/{review_id}").text
    assert "2026年8月21日" in page
    assert "0910-1234567" in page
    assert post(client, f"/reviews/{review_id}/close", csrf).status_code == 409
    assert post(client, f"/reviews/{review_id}/reconsider", csrf, reason="").status_code == 422
    assert post(client, f"/reviews/{review_id}/reconsider", csrf, reason="异议成立").status_code == 302
    assert "异议成立" in client.get(f"/reviews/{review_id}").text
    steps.decided(review_id)
    assert post(client, f"/reviews/{review_id}/close", csrf).status_code == 302
    assert status(review_id) == "closed"


def test_a_review_begun_in_error_is_withdrawn_with_a_reason(client: FlaskClient, csrf: str) -> None:
    review_id = steps.opened()
    assert post(client, f"/reviews/{review_id}/withdraw", csrf, reason=" ").status_code == 422
    assert post(client, f"/reviews/{review_id}/withdraw", csrf, reason="年度选错").status_code == 302
    assert "年度选错" in client.get(f"/reviews/{review_id}").text


def test_who_only_reads_is_offered_nothing_to_do(client: FlaskClient) -> None:
    review_id = steps.opened()
    steps.slips(review_id, 2)
    csrf = factories.browser(client, "overseer")
    for page in ("", "/roster", "/results"):
        text = client.get(f"/reviews/{review_id}{page}").text
        assert f'href="/reviews/{review_id}/codes"' not in text
        assert f'action="/reviews/{review_id}/close-ballot"' not in text
        assert "保存名单" not in text
    assert 'action="/reviews"' not in client.get("/reviews").text
    assert post(client, f"/reviews/{review_id}/close-ballot", csrf).status_code == 403
    assert client.get(f"/reviews/{review_id}/codes").status_code == 403


@pytest.mark.parametrize(
    "page", ["", "/roster", "/results", "/codes", "/counts/peers", "/decide", "/members/M003/self"]
)
def test_another_branchs_pages_are_not_there(client: FlaskClient, page: str) -> None:
    review_id = steps.opened()
    factories.browser(client, "neighbour")
    assert client.get(f"/reviews/{review_id}{page}").status_code == 404


def test_what_waits_on_the_branchs_first_page(client: FlaskClient, csrf: str, frozen_clock: FrozenClock) -> None:
    review_id = steps.prepared()
    for words, step in (
        ("2026年度民主评议待开启投票", lambda: steps.opened(review_id)),
        ("2026年度民主评议正在投票", lambda: steps.closed_ballot(review_id)),
        ("2026年度民主评议待组织评定", lambda: steps.decided(review_id)),
        ("2026年度民主评议结果待公示", lambda: steps.publicised(review_id)),
    ):
        page = client.get("/branch").text
        assert words in page
        assert f'href="/reviews/{review_id}"' in page
        step()
    assert f'href="/reviews/{review_id}"' not in client.get("/branch").text
    frozen_clock.advance(days=7)
    factories.browser(client, "secretary")
    assert "公示期满" in client.get("/branch").text


def test_the_own_ballot_waits_for_who_holds_reviews_too(client: FlaskClient) -> None:
    factories.sign_in("party_secretary", Role.SECRETARY, "QS0101", "M003")
    steps.opened()
    factories.browser(client, "party_secretary")
    page = client.get("/branch").text
    assert "民主评议党员投票，截止2026年8月20日" in page
    assert "民主评议个人自评待填写" in page


# ---- the member


def test_a_member_fills_in_looks_over_and_sends(client: FlaskClient) -> None:
    review_id = steps.opened()
    csrf = factories.browser(client, "m011")
    address = f"/reviews/{review_id}/ballot"
    assert address in client.get("/reviews/mine").text
    page = client.get(address).text
    assert page.count("<fieldset>") == len(steps.GRADED) - 1
    assert "grade-M011" not in page
    # Nothing is chosen beforehand, and there is no button that chooses for all.
    assert " checked" not in page
    assert re.findall(r'name="step" value="(\w+)"', page) == ["check"]
    grades = {f"grade-{number}": "qualified" for number in steps.GRADED if number != "M011"}
    looked = post(client, address, csrf, step="check", **grades)
    assert looked.status_code == 200
    assert re.findall(r'name="step" value="(\w+)"', looked.text) == ["send", "change"]
    assert "将按弃权计" not in looked.text
    assert "2 人未选" in post(client, address, csrf, step="check", **dict(list(grades.items())[2:])).text
    changed = post(client, address, csrf, step="change", **grades)
    assert changed.text.count(" checked") == len(grades)
    assert post(client, address, csrf, step="send", **grades).headers["Location"] == "/reviews/mine"
    assert "您已完成投票" in client.get(address).text
    # Sent twice by an impatient finger: told that it is done, and counted once.
    assert post(client, address, csrf, step="send", **grades).headers["Location"] == address
    assert "已投票" in client.get("/reviews/mine").text
    steps.closed_ballot(review_id)
    assert steps.sums(review_id, "peers")["M003"] == steps.line(qualified=1)


def test_a_member_writes_the_self_assessment(client: FlaskClient) -> None:
    review_id = steps.opened()
    csrf = factories.browser(client, "m011")
    address = f"/reviews/{review_id}/self"
    assert post(client, address, csrf, text="学习不够").status_code == 422
    assert post(client, address, csrf, grade="qualified", text="学习不够").status_code == 302
    assert "学习不够" in client.get(address).text


def test_a_member_reads_the_own_result_and_nobody_elses_counts(client: FlaskClient) -> None:
    review_id = steps.opened()
    for number in ("M011", "M012", "M013", "M014", "M015"):
        steps.vote(review_id, number, "qualified", **({} if number == "M012" else {"M012": "unqualified"}))
    steps.closed_ballot(review_id)
    steps.decided(review_id, M011="excellent", M012="basic")
    factories.browser(client, "m011")
    assert "优秀" not in client.get("/reviews/mine").text
    steps.publicised(review_id)
    page = client.get("/reviews/mine").text
    assert '<span class="grade">优秀</span>' in page
    assert re.search(r"不合格 <b[^>]*>0</b>", page)
    assert not re.search(r"不合格 <b[^>]*>[1-9]</b>", page)
    assert "可当面、书面或电话向支部委员会反映" in page
    for address in ("", "/results", "/roster"):
        assert client.get(f"/reviews/{review_id}{address}").status_code == 403


def test_without_a_member_record_the_page_says_what_will_be_there(client: FlaskClient, csrf: str) -> None:
    assert "还没有民主评议" in client.get("/reviews/mine").text
