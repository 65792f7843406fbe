"""Whatever is asked for is also done: topics, queues, the doorbell's job, the periodic table."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import ClassVar

import pytest
from rq.serializers import JSONSerializer

import workers
from pointsvc import queues, wording
from workers import base, run, schedule


def test_every_topic_has_a_handler_and_every_handler_a_topic() -> None:
    assert set(base.registry) == set(queues.TOPICS)


def test_every_topic_has_words() -> None:
    assert set(wording.JOB_WORDS) == set(queues.TOPICS)


def test_every_module_of_handlers_is_loaded() -> None:
    nouns = {path.stem for path in Path(workers.__path__[0]).glob("*.py")} - {"__init__", "base", "run", "schedule"}
    assert {f"workers.{noun}" for noun in nouns} == set(run.HANDLERS)


def test_the_doorbell_calls_what_exists() -> None:
    module, _, name = queues.DRAIN.rpartition(".")
    assert getattr(import_module(module), name) is run.drain


def test_the_worker_listens_to_exactly_our_queues(monkeypatch: pytest.MonkeyPatch, redis_url: str) -> None:
    heard = {}

    class Listener(run.PointsWorker):
        asked_to_stop = True

        def work(self, **options: object) -> bool:
            heard.update(queues=self.queue_names(), serializer=self.serializer, ttl=self.worker_ttl)
            heard.update(maintenance=self.maintenance_interval, monitoring=self.job_monitoring_interval)
            return True

    class App:
        config: ClassVar = {"POINTSVC": type("Settings", (), {"redis_url": redis_url})}

    monkeypatch.setattr(run, "PointsWorker", Listener)
    monkeypatch.setattr(run, "application", lambda: App)
    queues.connect(redis_url)
    try:
        run.main()
    finally:
        queues.connect("none")
    assert heard == {
        "queues": list(queues.QUEUES),
        "serializer": JSONSerializer,
        "ttl": 30,
        "maintenance": 15,
        "monitoring": 5,
    }


def test_every_periodic_task_has_its_topic_and_its_periods_follow_each_other() -> None:
    assert len({periodic.kind for periodic in schedule.PERIODIC}) == len(schedule.PERIODIC)
    for periodic in schedule.PERIODIC:
        assert periodic.topic in queues.TOPICS
        period = periodic.period(datetime(2026, 12, 31, 12, tzinfo=UTC))
        for _ in range(400):
            following = periodic.following(period)
            assert following > period
            assert (
                periodic.period(datetime(following.year, following.month, following.day, 12, tzinfo=UTC)) == following
            )
            period = following
