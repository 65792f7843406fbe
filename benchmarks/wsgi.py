"""Requests straight into a WSGI application, without a server and without a test client's own work."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

Application = Callable[..., Any]


def asker(application: Application, method: str, path: str, **headers: str) -> Callable[..., bytes]:
    """A function that makes this request with a body (and perhaps another path), and returns the answer's body.

    ``idempotency_key="x"`` is the header Idempotency-Key. Raises RuntimeError unless it is a 2xx.
    """
    given = {f"HTTP_{name.upper()}": value for name, value in headers.items()}

    def ask(body: bytes = b"", at: str = path, **more: str) -> bytes:
        place, _, query = at.partition("?")
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": place,
            "QUERY_STRING": query,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "127.0.0.1",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
            "wsgi.url_scheme": "http",
            "wsgi.version": (1, 0),
            "wsgi.multithread": False,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
            **given,
            **{f"HTTP_{name.upper()}": value for name, value in more.items()},
        }
        status = ""

        def start(line: str, *_: Any) -> None:
            nonlocal status
            status = line

        parts = application(environ, start)
        try:
            answer = b"".join(parts)
        finally:
            if hasattr(parts, "close"):
                parts.close()
        if not status.startswith("2"):
            raise RuntimeError(f"{status} {answer[:600].decode(errors='replace')}")
        return answer

    return ask
