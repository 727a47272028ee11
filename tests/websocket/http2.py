#!/usr/bin/env python3
"""WebSockets over HTTP/2 by an outside client, hyper-h2, in clear text and over TLS, beside those of HTTP/1. (The drain is
tested in C: hyper-h2 takes nothing more after a GOAWAY.)

usage: http2.py BIN_DIR
"""
import json
import os
import pathlib
import ssl
import subprocess
import sys
import tempfile

try:
    import h2.connection  # noqa: F401
except ImportError:
    if sys.executable != "/usr/bin/python3" and os.path.exists("/usr/bin/python3"):
        os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])
    print("skipped: websocket_h2 because hyper-h2 is not installed")
    sys.exit(0)

import server as plain
from client import Client, TEXT, frame
from h2_client import Connection, Stream

check, failed, heard = plain.check, plain.failed, plain.heard


def refused(connection, **more):
    try:
        Stream(connection, "/text", **more)
    except ConnectionError as error:
        return str(error)
    return "accepted"


def certificate(folder):
    made = subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                           "2", "-subj", "/CN=localhost", "-keyout", f"{folder}/key.pem", "-out", f"{folder}/cert.pem"],
                          capture_output=True, check=False)
    os.chmod(f"{folder}/key.pem", 0o600)
    return made.returncode == 0


def test_settings_and_handshakes():
    with plain.Server("websocket_echo") as server:
        connection = Connection("127.0.0.1", server.port)
        check("the server says that it takes CONNECT", connection.takes_connect())
        usual = [(":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"), (":path", "/text"),
                 (":authority", "test"), ("sec-websocket-version", "13")]

        def without(name):
            return [field for field in usual if field[0] != name]
        check("no :scheme", refused(connection, head=without(":scheme")) == "1")
        check("no :path", refused(connection, head=without(":path")) == "1")
        check("no :authority", refused(connection, head=without(":authority")) == "1")
        check("a scheme of another kind", "'400'" in refused(connection, head=[(":scheme", "ws") if f[0] == ":scheme" else f for f in usual]))
        check("another protocol", "'501'" in refused(connection, head=[(":protocol", "connect-ip") if f[0] == ":protocol" else f for f in usual]))
        good = Stream(connection, "/text")
        check("200, and no Sec-WebSocket-Accept", good.fields[":status"] == "200" and "sec-websocket-accept" not in good.fields)
        good.send(frame(TEXT, "gr\u00fc\u00dfe".encode()))
        check("an echo", good.receive() == ("text", "gr\u00fc\u00dfe".encode()))
        good.send(frame(TEXT, b"\xff"))
        check("no UTF-8", good.receive() == ("close", 1007))
        check("and the stream ends", good.receive() == ("end",))
        check("the connection goes on", connection.get("/nothing")[0] == 404)
        connection.close()
    with plain.Server("hello") as server:
        connection = Connection("127.0.0.1", server.port)
        check("a service without sockets does not say so", not connection.takes_connect())
        connection.close()


def test_large_messages():
    """Windows of both sides are smaller than the message, whose echo comes while others are served."""
    with plain.Server("websocket_echo") as server:
        connection = Connection("127.0.0.1", server.port, window=65535)
        socket = Stream(connection, "/bytes")
        message = os.urandom(3 << 20)
        socket.send(frame(2, message))
        check("3 MiB and back", socket.receive() == ("binary", message))
        many = [Stream(connection, "/text") for _ in range(20)]
        for number, other in enumerate(many):
            other.send(frame(TEXT, str(number).encode()))
        check("twenty on one connection", all(other.receive() == ("text", str(number).encode()) for number, other in enumerate(many)))
        for _ in range(2000):
            socket.send(frame(2, b"x"))
            if socket.receive() != ("binary", b"x"):
                break
        check("two thousand small ones, each acknowledged", not connection.ended and connection.goaway is None)
        connection.close()


def test_backpressure():
    """A peer that opens no window is not read from: its own window stays shut, and the server's memory small."""
    with plain.Server("websocket_echo") as server:
        connection = Connection("127.0.0.1", server.port, window=1000, acknowledge=False)
        socket = Stream(connection, "/bytes")
        before, sent, block = server.rss_kib(), 0, frame(2, b"x" * 16000)
        while sent < 8 << 20 and connection.h2.local_flow_control_window(socket.number) >= len(block):
            connection.h2.send_data(socket.number, block)
            connection.flush()
            sent += len(block)
            connection.socket.settimeout(0.05)
            try:
                connection.step()
            except TimeoutError:
                pass
        check("it is not read from for ever", sent < 1 << 20)
        check("and holds little", server.rss_kib() - before < 4 << 10)
        connection.close()


def test_mixed_wires():
    """One frame to all, whatever carries them."""
    with tempfile.TemporaryDirectory() as folder:
        if not certificate(folder):
            print("skipped: mixed wires because openssl is not installed")
            return
        flags = ("--listen", "tls:127.0.0.1:0", "--tls-cert", f"{folder}/cert.pem", "--tls-key", f"{folder}/key.pem")
        with plain.Server("ws_chat", *flags) as server:
            line = server.process.stdout.readline()
            secure = int(line.rsplit(":", 1)[1])
            h2c, h2s = Connection("127.0.0.1", server.port), Connection("127.0.0.1", secure, tls=True)
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            members = {
                "h1": server.open("/rooms/lobby?name=h1"),
                "wss": Client("127.0.0.1", secure, "/rooms/lobby?name=wss", wrap=lambda plain: context.wrap_socket(plain, server_hostname="localhost")),
                "h2c": Stream(h2c, "/rooms/lobby?name=h2c"),
                "h2c, compressed": Stream(h2c, "/rooms/lobby?name=h2c", extensions="permessage-deflate"),
                "h2 over TLS": Stream(h2s, "/rooms/lobby?name=h2"),
                "h2 over TLS, compressed": Stream(h2s, "/rooms/lobby?name=h2", extensions="permessage-deflate"),
            }
            count = len(members)
            for number, member in enumerate(members.values()):
                check("who comes in hears who comes after", [heard(member)["present"] for _ in range(count - number)] ==
                      list(range(number + 1, count + 1)))
            for name, member in members.items():
                member.send(frame(TEXT, json.dumps({"text": f"{name} " * 20}).encode()))
                all_heard = [heard(other)["text"] == f"{name} " * 20 for other in members.values()]
                check(f"all hear what one says over {name}", all(all_heard))
            check("compressed where that was agreed on", [member.compressed for member in members.values()] ==
                  [False, False, False, True, False, True])
            members["h2c"].cancel()
            check("a stream that is reset leaves", heard(members["wss"])["text"] == "left")
            members["wss"].end()
            check("so does a connection that is lost", [heard(members["h2 over TLS"])["text"] for _ in range(2)] == ["left", "left"])
            h2c.close()
            h2s.close()


def test_threads():
    """Messages are handled on threads, which send to members on either worker, whatever carries them."""
    if (plain.BIN / "shop.skipped").exists():
        print("skipped: threads because shop is not built")
        return
    with tempfile.TemporaryDirectory() as folder:
        if not certificate(folder):
            print("skipped: threads because openssl is not installed")
            return
        flags = ("--workers", "2", "--listen", "tls:127.0.0.1:0", "--tls-cert", f"{folder}/cert.pem", "--tls-key", f"{folder}/key.pem")
        with plain.Server("shop", *flags) as server:
            secure = int(server.process.stdout.readline().rsplit(":", 1)[1])
            h2c, h2s = Connection("127.0.0.1", server.port), Connection("127.0.0.1", secure, tls=True)
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            members = {
                "h1": server.open("/chat/lobby?name=h1"),
                "wss": Client("127.0.0.1", secure, "/chat/lobby?name=wss", wrap=lambda plain: context.wrap_socket(plain, server_hostname="localhost")),
                "h2c": Stream(h2c, "/chat/lobby?name=h2c"),
                "h2": Stream(h2s, "/chat/lobby?name=h2", extensions="permessage-deflate"),
            }
            other = server.open("/chat/kitchen")
            for _ in range(3):
                for name, member in members.items():
                    member.send(frame(TEXT, json.dumps({"text": f"{name} " * 20}).encode()))
                    said = {"from": name, "text": f"{name} " * 20}
                    check(f"all hear what {name} says", [heard(member) for member in members.values()] == [said] * len(members))
            other.send(frame(TEXT, b'{"text":"nobody else"}'))
            check("in another room nobody else does", heard(other) == {"from": "guest", "text": "nobody else"})
            other.send(frame(TEXT, b'{"text":""}'))
            check("what breaks its type ends the socket", heard(other) == ("close", 1007))
            h2c.close()
            h2s.close()


def main():
    plain.BIN = pathlib.Path(sys.argv[1])
    for test in (test_settings_and_handshakes, test_large_messages, test_backpressure, test_mixed_wires, test_threads):
        test()
    print(f"{len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
