#!/usr/bin/env python3
"""What a server does beside the protocol: typed messages, many that hear one, a peer that does not read, the drain, handshakes.

usage: server.py BIN_DIR
"""
import json
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time

from client import Client, TEXT, close, frame

BIN = None
failed = []


class Server:
    def __init__(self, name, *flags):
        workers = [] if "--workers" in flags else ["--workers", "1"]
        self.process = subprocess.Popen([BIN / name, "--listen", "127.0.0.1:0", *workers, *flags],
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.port = int(re.search(r":(\d+)\s*$", self.process.stdout.readline()).group(1))

    def open(self, path, **more):
        return Client("127.0.0.1", self.port, path, **more)

    def rss_kib(self):
        return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{self.process.pid}/status").read_text()).group(1))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        check("the server ends cleanly", self.process.wait(20) == 0)


def check(what, good):
    print(("ok " if good else "FAILED ") + what)
    if not good:
        failed.append(what)


def heard(client):
    event = client.receive()
    return json.loads(event[1]) if event[0] == "text" else event


def test_chat():
    with Server("ws_chat") as server:
        ada = server.open("/rooms/lobby?name=Ada")
        check("who comes in hears so", heard(ada) == {"from": "Ada", "text": "came in", "present": 1})
        bob = server.open("/rooms/lobby?name=Bob", extensions="permessage-deflate")
        check("deflate is agreed on where it is offered",
              bob.agreed == "permessage-deflate; server_no_context_takeover; client_no_context_takeover")
        check("the others hear it", heard(ada)["from"] == "Bob" and heard(bob)["from"] == "Bob")
        ada.send(frame(TEXT, json.dumps({"text": "hello " * 20}).encode()))
        first, second = heard(ada), heard(bob)
        check("one message to many, compressed or not", first == second and first["text"] == "hello " * 20)
        check("it came compressed to one only", bob.compressed and not ada.compressed)
        other = server.open("/rooms/kitchen?name=Eve")
        check("rooms are apart", heard(other)["present"] == 1)
        for text, reason in ((b'{"text":""}', b'"/text" breaks its type'), (b'{"text":"x","more":1}', b"the message is not JSON of its type"),
                             (b"{", b"the message is not JSON of its type"), (b"", b"the message is not JSON of its type")):
            wrong = server.open("/rooms/kitchen?name=Mal")
            heard(wrong)
            heard(other)
            wrong.send(frame(TEXT, text))
            first, payload = wrong.receive_frame()
            check(f"{text} is refused", payload[:2] == b"\x03\xef" and payload[2:] == reason)
            wrong.send(close(1007))
            check("and its member leaves", heard(other)["text"] == "left")
            wrong.end()
        bob.end()
        check("a connection that is lost leaves too", heard(ada)["text"] == "left")


def test_handshake():
    with Server("websocket_echo") as server:
        def head(*lines):
            with socket.create_connection(("127.0.0.1", server.port), timeout=10) as plain:
                plain.sendall("\r\n".join(("GET /text HTTP/1.1", "Host: h", "Connection: keep-alive, UPGRADE",
                                           "Upgrade: WebSocket", *lines, "", "")).encode())
                return plain.recv(65536)
        key, version = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13"
        good = head(key, version)
        check("RFC 6455, section 1.3", good.startswith(b"HTTP/1.1 101 ") and
              b"\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in good)
        check("no key", head(version).startswith(b"HTTP/1.1 400 "))
        check("two keys", head(key, key, version).startswith(b"HTTP/1.1 400 "))
        check("no version", head(key).startswith(b"HTTP/1.1 426 "))
        check("a body", head(key, version, "Content-Length: 1", "", "x").startswith(b"HTTP/1.1 400 "))
        check("no extension is agreed on where the route has none", b"Extensions" not in head(
            key, version, "Sec-WebSocket-Extensions: permessage-deflate"))


def test_pipelined():
    """Frames right behind the handshake, in the same segment, are the socket's."""
    with Server("websocket_echo") as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as plain:
            plain.sendall(b"GET /text HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                          b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
                          + frame(TEXT, b"early"))
            got = b""
            while b"early" not in got:
                more = plain.recv(65536)
                if not more:
                    break
                got += more
            check("a frame behind the handshake", got.endswith(b"\r\n\r\n\x81\x05early"))


def test_backpressure():
    with Server("websocket_echo") as server:
        client = server.open("/bytes", seconds=3)
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        before = server.rss_kib()
        block = frame(2, b"x" * 65536)
        sent = 0
        try:
            while sent < 256 << 20:
                client.socket.sendall(block)
                sent += len(block)
        except OSError:
            pass
        check("who does not read is not read from for ever", sent < 64 << 20)
        check("and takes no more memory than the limit", server.rss_kib() - before < 16 << 10)
        client.end()


def test_limits():
    with Server("ws_chat") as server:
        client = server.open("/rooms/lobby")
        heard(client)
        client.send(frame(TEXT, b'{"text":"' + b"x" * 480 + b'"}' + b" " * (4096 - 491)))
        check("a message at the limit", heard(client)["text"] == "x" * 480)
        client.send(frame(TEXT, b" " * 4097))
        check("a message above the limit", client.receive() == ("close", 1009))


def test_drain():
    server = Server("websocket_echo", "--drain", "10")
    idle, talking = server.open("/text"), server.open("/text")
    talking.send(frame(TEXT, b"a"))
    check("an echo", talking.receive() == ("text", b"a"))
    started = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    for client in (idle, talking):
        check("the drain says 1001", client.receive() == ("close", 1001))
        client.send(close(1001))
        check("and ends", client.receive() == ("end",))
    check("the server ends", server.process.wait(20) == 0 and time.monotonic() - started < 5)


def main():
    global BIN
    BIN = pathlib.Path(sys.argv[1])
    for test in (test_chat, test_handshake, test_pipelined, test_backpressure, test_limits, test_drain):
        test()
    print(f"{len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
