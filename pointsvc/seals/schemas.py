"""What seals, proofs and receipts look like on the wire."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from marshmallow import fields

from pointsvc.api import Amount, Day, Instant, Ref, Schema
from pointsvc.errors import Message
from pointsvc.seals.proofs import Proof
from pointsvc.wording import period_words


class SealOut(Schema):
    """A seal. ``chain`` is its fingerprint; the roots are those of its two trees."""

    n = fields.Integer()
    chain = fields.String()
    entries_root = fields.String()
    entries_size = fields.Integer()
    results_root = fields.String()
    results_size = fields.Integer()
    sealed_at = Instant()


class ProofSealOut(Schema):
    """The seal in a proof: ``chain`` is the SHA-256 of ``text``."""

    text = fields.String()
    chain = fields.String()


class ProofOut(Schema):
    """A proof, as verify.py and the page /verify check it. ``leaf`` is hashed as it stands here."""

    format = fields.String()
    kind = fields.String()
    leaf = fields.String()
    index = fields.Integer()
    size = fields.Integer()
    path = fields.List(fields.String())
    root = fields.String()
    seal = fields.Nested(ProofSealOut, allow_none=True)
    words = fields.String()


class ReceiptOut(Schema):
    """An entry's receipt. Whoever has ``code`` sees what stands at ``url``, with the name masked."""

    entry = Ref()
    code = fields.String()
    url = fields.String()
    rule = fields.String(attribute="rule_name")
    points = Amount()
    occurred_on = Day()
    recorded_at = Instant()
    status = fields.String()
    fingerprint = fields.String(allow_none=True)
    seal = fields.Nested(SealOut, allow_none=True)


def proof_answer(proof: Proof) -> dict[str, Any]:
    """The proof as JSON takes it, with its words in the reader's language."""
    said = {name: period_words(value) if name == "period" else value for name, value in proof.words.params.items()}
    return {**proof.document, "words": Message(proof.words.text, **said).render(gettext)}
