"""E7: two schedulers and two workers start at once and find fifty periods and forty reminders due."""

from __future__ import annotations

import random
import sys
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select

from pointsvc import clock, queues
from pointsvc.db import db, transaction
from pointsvc.errors import N_
from pointsvc.notices import reminders
from pointsvc.notices.models import Notice, Reminder
from pointsvc.queues import Job, PeriodRun
from tests import factories
from tests.faults import history
from tests.faults.processes import CLI, Start

pytestmark = pytest.mark.faults
WORKER = [sys.executable, "-m", "tests.faults.worker"]
PERIODS, REMINDERS = 50, 40
WORDS = reminders.Words(N_("The tally of %(period)s is ready"), {"period": "2026-Q3"})


@pytest.mark.usefixtures("context")
def test_each_period_and_each_reminder_comes_once(start: Start, rng: random.Random) -> None:
    factories.district()
    readers = [factories.actor(name).sign_in_id or 0 for name in ("secretary", "street")]
    with transaction():
        long_ago = clock.today() - timedelta(days=PERIODS)
        queues.run_once(
            kind="digests", period=long_ago, topic=queues.NOTICE_DIGEST, payload={"period": "0"}, at=clock.now()
        )
        for number in range(REMINDERS):
            due = clock.now() - timedelta(minutes=rng.randrange(1, 10**5))
            whom = reminders.Whom(sign_in_ids=readers)
            reminders.plan(at=clock.now(), subject=f"test:{number}", kind="due", dues=[due], whom=whom, words=WORDS)
    several = [start(words) for words in ([*CLI, "scheduler"], [*CLI, "scheduler"], WORKER, WORKER)]
    days = select(PeriodRun).where(PeriodRun.kind == "digests").order_by(PeriodRun.job_id)

    def done() -> bool:
        asked = len(db.session.scalars(days).all())
        return asked >= PERIODS and db.session.query(Notice).count() >= REMINDERS * 2 and history.idle()

    history.until(lambda: not db.session.rollback() and done(), seconds=45, tell=history.left)
    for process in several:
        process.end()
    db.session.rollback()
    runs = db.session.scalars(days).all()
    notices = Counter(db.session.scalars(select(Notice.dedupe)))
    errors = [
        line for process in several for line in process.log().splitlines() if "ERROR" in line or "Traceback" in line
    ]
    print(
        f"periods {len(runs)}, jobs {len({run.job_id for run in runs})}, reminders {REMINDERS}, notices {len(notices)}"
    )
    untold = db.session.query(Reminder).filter(Reminder.told_at.is_(None)).count()
    asked = db.session.query(Job).filter_by(topic=queues.NOTICE_DIGEST).count()
    assert (untold, asked) == (0, len(runs))
    # Before eight in the morning the present day has not begun yet.
    assert len(runs) in (PERIODS, PERIODS + 1)
    assert [run.period for run in runs] == sorted({run.period for run in runs})
    assert len({run.job_id for run in runs}) == len(runs)
    assert (len(notices), set(notices.values())) == (REMINDERS * 2, {1})
    assert set(db.session.scalars(select(Job.status))) == {"done"}
    assert errors == []
