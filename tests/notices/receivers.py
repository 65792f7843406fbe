"""Receivers on real sockets: a mail server and a web server that keep what they are given, or refuse."""

from __future__ import annotations

import json
import socketserver
import threading
from email import message_from_string
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Post:
    """A web server for robots and gateways. ``status`` and ``answer`` are what it says next."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, str], Any]] = []
        self.status, self.answer = 200, {"errcode": 0, "errmsg": "ok"}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.got.append((self.path, dict(self.headers), body))
                said = json.dumps(outer.answer).encode()
                self.send_response(outer.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=lambda: self.server.serve_forever(0.02), daemon=True)
        self.thread.start()

    @property
    def keys(self) -> list[str]:
        """The Idempotency-Key of each message, in the order of arrival."""
        return [headers["Idempotency-Key"] for _, headers, _ in self.got]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class MailServer:
    """The few words of SMTP that a client needs. ``refuse``: it takes no recipient."""

    def __init__(self) -> None:
        self.got: list[tuple[list[str], Message]] = []
        self.refuse = False
        handler = type("Handler", (_MailHandler,), {"mails": self})
        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=lambda: self.server.serve_forever(0.02), daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class _MailHandler(socketserver.StreamRequestHandler):
    mails: MailServer

    def handle(self) -> None:
        self.recipients: list[str] = []
        self._say("220 ready")
        while line := self.rfile.readline().decode().strip():
            word = line[:4].upper()
            if word == "RCPT":
                self._recipient(line)
            elif word == "DATA":
                self._text()
            else:
                self._say("221 bye" if word == "QUIT" else "250 ok")

    def _recipient(self, line: str) -> None:
        if not self.mails.refuse:
            self.recipients.append(line.partition("<")[2].partition(">")[0])
        self._say("550 no such mailbox" if self.mails.refuse else "250 ok")

    def _text(self) -> None:
        self._say("354 go on")
        lines = iter(lambda: self.rfile.readline().decode(), ".\r\n")
        self.mails.got.append((self.recipients, message_from_string("".join(lines))))
        self._say("250 taken")

    def _say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


def text_of(message: Message) -> str:
    """The text of a mail."""
    payload = message.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode()
