"""For machines that watch the service: is it alive, is it ready, what does it count."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import redis
from alembic.runtime.migration import MigrationContext
from flask import Blueprint, Response, jsonify
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from pointsvc import clock, queues
from pointsvc.audit import reconciliations
from pointsvc.db import db
from pointsvc.http import public
from pointsvc.migrating import newest

bp = Blueprint("status", __name__)


class _Latest(Collector):
    """What the latest reconciliation found, asked of the database when a watcher asks."""

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterable[Metric]:
        try:
            row = reconciliations.latest()
        except SQLAlchemyError:
            db.session.rollback()
            return
        if row is None or row.ended_at is None:
            return
        age = (clock.now() - row.ended_at).total_seconds()
        found = "Faults that the latest reconciliation found"
        yield GaugeMetricFamily("pointsvc_reconciliation_faults", found, value=row.found)
        yield GaugeMetricFamily("pointsvc_reconciliation_age_seconds", "Since the latest reconciliation", value=age)


REGISTRY.register(_Latest())


@bp.get("/healthz")
@public
def healthz() -> Response:
    """The process answers."""
    return jsonify({"status": "ok"})


@bp.get("/readyz")
@public
def readyz() -> Any:
    """Database and migrations must be right; Redis away is told but does not stop the service."""
    checks = {"database": _database(), "redis": _redis()}
    ready = checks["database"] == "ok"
    answer = jsonify({"status": "ok" if ready else "unavailable", "checks": checks})
    answer.status_code = 200 if ready else 503
    return answer


@bp.get("/metrics")
@public
def metrics() -> Response:
    """Counts in the Prometheus text format; nothing personal is among them."""
    return Response(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)


def _database() -> str:
    try:
        connection = db.session.connection()
        connection.execute(text("SELECT 1"))
        head = MigrationContext.configure(connection).get_current_revision()
    except SQLAlchemyError:
        db.session.rollback()
        return "away"
    return "ok" if head == newest() else "not migrated"


def _redis() -> str:
    connection = queues.connection()
    if connection is None:
        return "polling"
    try:
        connection.ping()
    except redis.exceptions.RedisError:
        return "away"
    return "ok"
