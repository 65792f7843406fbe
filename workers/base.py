"""How a job is run: claimed in a transaction of its own, handed to its topic's handler, seen to its end.

A handler does its work in its own transactions, each of which calls ``queues.hold`` (and the last
``queues.finish``) with the claim's ``job_id`` and ``token``, so that a worker whose claim has passed
on changes nothing. A handler registered with ``together=True`` is one transaction: its effect and the
job's end, committed or lost as one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Flask
from flask_babel import gettext

from pointsvc import clock, queues
from pointsvc.db import db, transaction
from pointsvc.errors import N_, Message, Problem

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Claim:
    """A job as it was when it was claimed.

    Not the row itself: read again after a rollback, that would carry the token of whoever has the
    job by then, and fencing would let this worker pass.
    """

    id: int
    token: int
    topic: str
    payload: dict[str, Any]
    attempts: int

    def hold(self, *, at: datetime, **progress: Any) -> None:
        """``queues.hold`` for this claim: renews its lease; raises Fenced when it has passed on."""
        queues.hold(job_id=self.id, token=self.token, at=at, **progress)

    def finish(self, *, at: datetime) -> None:
        """``queues.finish`` for this claim; raises Fenced when it has passed on."""
        queues.finish(job_id=self.id, token=self.token, at=at)


Handler = Callable[[Claim], None]
GivenUp = Callable[[Claim, str], None]


class Unfinished(Exception):
    """A handler came back without finishing its job: a defect of the handler."""


@dataclass(frozen=True)
class _Entry:
    handler: Handler
    together: bool
    given_up: GivenUp | None


registry: dict[str, _Entry] = {}

# A job that kills its worker each time never reports a failure; it is given up after so many starts.
# More than MAX_ATTEMPTS, because a start also counts when the machine was only switched off.
MAX_STARTS = 3 * queues.MAX_ATTEMPTS


def _nobody(claim: Claim) -> None:
    raise LookupError(f"no handler for {claim.topic}")


# A job of a newer version: it waits for a worker that knows it.
_NOBODY = _Entry(_nobody, together=False, given_up=None)


def handles(topic: str, *, together: bool = False, given_up: GivenUp | None = None) -> Callable[[Handler], Handler]:
    """Register the function that does this topic's jobs.

    ``given_up(claim, message)`` runs in the transaction that marks the job dead, for the row that
    people look at (an import, a tally) to say so as well.
    """

    def register(handler: Handler) -> Handler:
        if topic not in queues.TOPICS or topic in registry:
            raise ValueError(f"{topic} is no topic of queues.TOPICS, or has a handler already")
        registry[topic] = _Entry(handler, together, given_up)
        return handler

    return register


def claim_next(*, only: int | None = None) -> Claim | None:
    """Claim the oldest due job (or ``only`` this one) in a transaction of its own; None when none is due."""
    with transaction():
        job = queues.claim(at=clock.now(), only=only)
        if job is None:
            return None
        return Claim(job.id, job.token, job.topic, dict(job.payload), job.attempts)


def run_next(app: Flask, *, only: int | None = None) -> bool:
    """Claim one job and run it, in an application context of its own. False when nothing was due.

    Raises what ``run_job`` raises.
    """
    with app.app_context():
        claim = claim_next(only=only)
        if claim is None:
            return False
        run_job(claim)
        return True


def run_job(claim: Claim) -> None:
    """Do a claimed job, inside an application context.

    A refusal that the handler raises (Problem) makes the job dead with its words: trying again would
    not help. Any other failure puts it back with a growing delay and is raised again, so that
    nothing is hidden. A claim that has passed to another worker is left alone.
    """
    entry = registry.get(claim.topic, _NOBODY)
    try:
        if claim.attempts > MAX_STARTS:
            raise Problem(Message(N_("Begun %(times)s times without coming to an end"), times=claim.attempts - 1))
        _perform(entry, claim)
    except queues.Fenced:
        log.warning("job %s (%s): the claim has passed to another worker", claim.id, claim.topic)
    except Problem as problem:
        words = problem.detail or Message(problem.title)
        log.warning("job %s (%s) is given up: %s", claim.id, claim.topic, words)
        _put_back(entry, claim, words.render(gettext), final=True)
    except Exception as error:
        log.exception("job %s (%s) failed at start %s", claim.id, claim.topic, claim.attempts)
        _put_back(entry, claim, f"{type(error).__name__}: {error}", final=False)
        raise


def _perform(entry: _Entry, claim: Claim) -> None:
    if entry.together:
        with transaction():
            claim.hold(at=clock.now())
            entry.handler(claim)
            claim.finish(at=clock.now())
        return
    entry.handler(claim)
    db.session.rollback()
    job = db.session.get_one(queues.Job, claim.id, populate_existing=True)
    if job.done_at is None and job.token == claim.token:
        raise Unfinished(f"the handler of {claim.topic} did not finish job {claim.id}")


def _put_back(entry: _Entry, claim: Claim, words: str, *, final: bool) -> None:
    """Due again later, or dead. When even this fails, the lease runs out and the job is due again."""
    try:
        with transaction():
            queues.put_back(job_id=claim.id, token=claim.token, at=clock.now(), error=words, final=final)
            job = db.session.get_one(queues.Job, claim.id)
            if job.status == "dead" and job.token == claim.token:
                log.error("job %s (%s) is dead: %s", claim.id, claim.topic, words)
                if entry.given_up:
                    entry.given_up(claim, words)
    except Exception:
        log.exception("job %s (%s) could not be put back", claim.id, claim.topic)
