"""A web server of each contestant, and a client that keeps so many connections busy."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping

from benchmarks.measuring import Contestant, Meter, Sample

HOST = "127.0.0.1"


class WebServer:
    """granian with two workers of one thread each, as the product runs it; ended by ``end``."""

    def __init__(self, command: Callable[[int], list[str]], environ: Mapping[str, str]) -> None:
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            self.port = probe.getsockname()[1]
        self.process = subprocess.Popen(command(self.port), env=os.environ | environ, stdout=subprocess.DEVNULL)
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                with Connection(self.port) as connection:
                    connection.ask(request("GET", "/healthz"))
                    return
            except OSError:
                time.sleep(0.1)
        self.end()
        raise RuntimeError("the web server did not start")

    def end(self) -> None:
        """End it and its workers, and wait for that."""
        self.process.terminate()
        self.process.wait(30)


def product(environ: Mapping[str, str]) -> WebServer:
    """The service itself."""
    words = [sys.executable, "-P", "-m", "pointsvc.cli", "web", "--host", HOST]
    return WebServer(lambda port: [*words, "--port", str(port)], environ)


def floor(environ: Mapping[str, str]) -> WebServer:
    """The bare routes of ``floors``, behind the same server with the same settings."""
    words = [sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", "2", "--blocking-threads", "1"]
    more = ["--host", HOST, "--no-ws", "--log-level", "warning", "--factory", "benchmarks.floors:application"]
    return WebServer(lambda port: [*words, "--port", str(port), *more], environ)


def request(method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
    """A whole HTTP request; ``idempotency_key="x"`` is the header Idempotency-Key."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}"]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


class Connection:
    """One connection that is kept open. The client does as little as it can: it shares the cores."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection((HOST, port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *trouble: object) -> None:
        self.socket.close()

    def ask(self, raw: bytes) -> bytes:
        """Send one request and read the whole answer. Raises RuntimeError unless it is a 2xx."""
        self.socket.sendall(raw)
        data = self.socket.recv(65536)
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += self._more()
        head = data[:end].lower()
        start = head.index(b"content-length:") + 15
        length = int(head[start:].split(b"\r\n", 1)[0])
        while len(data) < end + 4 + length:
            data += self._more()
        if data[9:10] != b"2":
            raise RuntimeError(data[:600].decode(errors="replace"))
        return data[end + 4 :]

    def _more(self) -> bytes:
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError("the server closed the connection")
        return data


def closed_loop(server: WebServer, connections: int, make: Callable[[], bytes]) -> Contestant:
    """A contestant whose calls are shared by so many connections, each asking again once answered."""

    def contestant(calls: int) -> Sample:
        calls = max(calls, connections)
        shares = [calls // connections + (n < calls % connections) for n in range(connections)]
        prepared = [[make() for _ in range(share)] for share in shares]
        each: list[list[float]] = [[] for _ in shares]
        failed: list[Exception] = []
        ready = threading.Barrier(connections + 1)
        arguments = list(zip(prepared, each, strict=True))
        threads = [
            threading.Thread(target=_ask_all, args=(server.port, requests, times, ready, failed))
            for requests, times in arguments
        ]
        for thread in threads:
            thread.start()
        ready.wait()
        # Not of this process: the client is not what is measured.
        meter, start = Meter(server.process.pid, own=False), time.perf_counter()
        for thread in threads:
            thread.join()
        seconds = time.perf_counter() - start
        if failed:
            raise failed[0]
        return Sample(seconds, [one for times in each for one in times], meter.used())

    return contestant


def _ask_all(
    port: int, requests: list[bytes], times: list[float], ready: threading.Barrier, failed: list[Exception]
) -> None:
    try:
        with Connection(port) as connection:
            ready.wait()
            for raw in requests:
                began = time.perf_counter()
                connection.ask(raw)
                times.append(time.perf_counter() - began)
    except Exception as error:
        failed.append(error)
        ready.abort()
