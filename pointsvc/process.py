"""What the processes of the service have in common: where they log, and with whom they end."""

from __future__ import annotations

import ctypes
import gc
import logging
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None
_PR_SET_PDEATHSIG = 1


def log_to_stderr() -> None:
    """Log to stderr, one line a record, with the process's id."""
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"
    )
    # These two tell each step of setting themselves up.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("rq").setLevel(logging.WARNING)


@contextmanager
def without_collecting() -> Iterator[None]:
    """Build up a hundred thousand rows without Python looking through them for garbage, again and again.

    What is no longer referred to is freed all the same; only circles wait for the end.
    """
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


def end_with(parent: int) -> None:
    """Let the kernel kill this process when ``parent``, its parent, ends, however that ends (Linux only)."""
    if _libc is None:
        return
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # The parent may have ended before the line above.
    if os.getppid() != parent:
        os._exit(1)
