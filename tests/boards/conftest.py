"""Each test of boards has the district on 15 August 2026, and no copies of another's public answers."""

from __future__ import annotations

import pytest
from flask import Flask

from pointsvc.boards import public_pages
from tests.boards import scene
from tests.conftest import FrozenClock


@pytest.fixture
def district(app: Flask, frozen_clock: FrozenClock) -> FrozenClock:
    """The district; the clock is to be moved on by whoever wants to see a change in public."""
    app.extensions["board_door"].copies.clear()
    public_pages._brake.counts.clear()
    scene.district()
    return frozen_clock
