#!/usr/bin/env python3
"""tunnel.py FRONT BIN: WebSockets that clients open over HTTP/2 (RFC 8441), passed on by proxy() over HTTP/1.1. The clients are
hyper-h2 and Node."""
import base64
import hashlib
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import threading

try:
    import h2.connection  # noqa: F401
except ImportError:
    if sys.executable != "/usr/bin/python3" and os.path.exists("/usr/bin/python3"):
        os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])
    print("skipped: reverse_proxy_tunnel because hyper-h2 is not installed")
    sys.exit(0)

here = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(here), str(here.parent / "uses"), str(here.parent / "websocket")]
import served
import server as examples
from client import TEXT, frame
from h2_client import Connection, Stream
from measure import bounded, resident, wait_until_still
from served import Served, check
from upstream import Upstream

program, bin_folder = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
MIB = 1 << 20


def accept_of(request):
    key = request.one("sec-websocket-key")
    return base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()


def switch(connection, request, *lines, accept=None):
    head = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
            f"Sec-WebSocket-Accept: {accept or accept_of(request)}", *lines]
    connection.sendall("\r\n".join(head).encode() + b"\r\n\r\n")


def echo(connection, request):
    """Sends back what comes; after the end, "bye"."""
    switch(connection, request, "Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Extensions: x-none")
    data = request.reader.held or connection.recv(65536)
    while data:
        connection.sendall(data)
        data = connection.recv(65536)
    connection.sendall(b"bye")
    return False


reached_end = threading.Event()


def until_left(connection, request):
    switch(connection, request)
    connection.settimeout(10)
    try:
        while connection.recv(65536):
            pass
        reached_end.set()
    except ConnectionResetError:
        reached_end.set()
    return False


def ends(connection, request):
    switch(connection, request)
    connection.sendall(b"all of it")
    return False


def resets(connection, request):
    switch(connection, request)
    connection.sendall(b"some")
    connection.recv(1) # and not the other one: such an end is a reset
    return False


flooded = [0]


def flood(connection, request):
    switch(connection, request)
    part = bytes(1 << 16)
    for _ in range(64 * MIB // len(part)):
        connection.sendall(part)
        flooded[0] += len(part)


sink_goes_on = threading.Event()


def sink(connection, request):
    switch(connection, request)
    sink_goes_on.wait(20)
    length = len(request.reader.held)
    while got := connection.recv(1 << 18):
        length += len(got)
    connection.sendall(str(length).encode())
    return False


def stall(connection, request):
    connection.settimeout(10)
    connection.recv(1)
    return False


def stall_in_tunnel(connection, request):
    switch(connection, request)
    return stall(connection, request)


def lies(*lines, status="101 Switching Protocols"):
    def script(connection, request):
        text = "\r\n".join([f"HTTP/1.1 {status}", *lines]).replace("ACCEPT", accept_of(request))
        connection.sendall(text.encode() + b"\r\n\r\n")
        return False
    return script


UPGRADES = ("Upgrade: websocket", "Connection: Upgrade")
scripts = {
    "ws": echo, "until_left": until_left, "ends": ends, "resets": resets, "flood": flood, "sink": sink, "stall": stall,
    "stall_in_tunnel": stall_in_tunnel,
    "missing": lies("Content-Length: 8", "X-Open: 1", "", "not here", status="404 Not Found"),
    "forbidden": lies("Content-Length: 0", status="403 Forbidden"), "moved": lies("Content-Length: 0", "Location: /b", status="302 Found"),
    "other": lies(*UPGRADES, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "none": lies(*UPGRADES),
    "twice": lies(*UPGRADES, "Sec-WebSocket-Accept: ACCEPT", "Sec-WebSocket-Accept: ACCEPT"),
    "no_upgrade": lies("Connection: Upgrade", "Sec-WebSocket-Accept: ACCEPT"),
    "no_connection": lies("Upgrade: websocket", "Sec-WebSocket-Accept: ACCEPT"),
    "page": lies("Content-Length: 0", status="200 OK"), "empty": lies(status="204 No Content"),
    "early": lambda connection, request: False,
}


def connect(front, window=1 << 20, acknowledge=True):
    return Connection(*front.address, window=window, acknowledge=acknowledge)


def take_all(stream):
    while not stream.ended:
        stream.connection.step()
    return stream.held


def refused(connection, path, **more):
    """The status, and what it says."""
    head = [(":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"), (":path", path), (":authority", "test"),
            ("sec-websocket-version", "13")]
    stream = Stream.__new__(Stream)
    stream.begin_on(connection, [*head, *more.get("fields", ())], False)
    while not stream.ended:
        connection.step()
    return (int(stream.fields[":status"]) if stream.fields else 0), stream


def both_ways(front, up):
    connection = connect(front)
    check(connection.takes_connect(), "a service that passes WebSockets on says that it takes CONNECT")
    stream = Stream(connection, "/up/ws?room=1", extensions="x-none",
                    fields=[("sec-websocket-protocol", "chat, talk"), ("x-open", "1"), ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")])
    asked = up.last()
    check(asked.line == "GET /ws?room=1 HTTP/1.1", f"it becomes a GET: {asked.line}")
    check(asked.one("upgrade") == "websocket" and asked.one("connection") == "Upgrade", "an upgrade")
    key = asked.one("sec-websocket-key")
    check(key and len(base64.b64decode(key)) == 16 and key != "dGhlIHNhbXBsZSBub25jZQ==", f"with a key of the proxy's own: {key}")
    check(asked.one("sec-websocket-version") == "13" and asked.one("sec-websocket-protocol") == "chat, talk" and
          asked.one("sec-websocket-extensions") == "x-none" and asked.one("x-open") == "1", "what is end to end passes")
    check(asked.one("via") == "2.0 flare" and not asked.all("content-length") and not asked.all("transfer-encoding"), "Via, and no framing")
    check(stream.fields["sec-websocket-protocol"] == "chat" and stream.fields["sec-websocket-extensions"] == "x-none" and
          stream.fields["via"] == "1.1 flare", f"what was agreed on passes: {stream.fields}")
    for name in ("sec-websocket-accept", "upgrade", "connection", "content-length"):
        check(name not in stream.fields, f"{name} does not")
    data = os.urandom(3 * MIB)
    stream.send(data)
    check(stream.take(len(data)) == data, "3 MiB and back")
    for _ in range(2000):
        stream.send(b"x")
        if stream.take(1) != b"x":
            break
    check(not connection.ended and connection.goaway is None, "two thousand small ones, each acknowledged")
    other = Stream(connection, "/up/ws")
    other.send(b"beside")
    check(other.take(6) == b"beside" and connection.get("/health")[0] == 200, "others are served beside it")
    stream.send(b"last", end=True)
    check(take_all(stream) == b"lastbye" and stream.reset is None, f"an end of one side is passed on, and the other goes on: {stream.held}")
    other.send(b"", end=True)
    check(take_all(other) == b"bye", "the other's too")
    early = Stream(connection, "/up/ws", wait=False)
    early.send(b"early")
    check(early.take(5) == b"early", "what comes before the reply waits for it")
    connection.close()


def refusals(front):
    connection = connect(front)
    status, stream = refused(connection, "/up/missing")
    check(status == 404 and stream.held == b"not here" and stream.fields["x-open"] == "1", f"a refusal is the upstream's: {status} {stream.held}")
    check(refused(connection, "/up/forbidden")[0] == 403, "another")
    status, stream = refused(connection, "/up/moved")
    check(status == 302 and stream.fields["location"] == "/b", "a redirect")
    for name in ("other", "none", "twice", "no_upgrade", "no_connection", "page", "empty", "early"):
        check(refused(connection, f"/up/{name}")[0] == 502, f"{name} is a 502")
    check(refused(connection, "/gone/x")[0] == 502, "nobody is a 502")
    check(refused(connection, "/hasty/stall")[0] == 504, "silence is a 504")
    check(refused(connection, "/timed/stall")[0] == 504, "the route's time too")
    check(refused(connection, "/health")[0] == 405, "other routes take no CONNECT")
    check(refused(connection, "/nothing")[0] == 404, "no route does")
    check(refused(connection, "/up/ws", fields=[("content-length", "5")])[0] == 400, "it has no body")
    check(connection.get("/health")[0] == 200, "the connection goes on")
    connection.close()


def ends_of_either_side(front):
    connection = connect(front)
    stream = Stream(connection, "/up/ends")
    check(take_all(stream) == b"all of it" and stream.reset is None, "the upstream's end is the stream's")
    stream = Stream(connection, "/up/resets")
    check(stream.take(4) == b"some", "what comes before a reset")
    stream.send(b"!!")
    take_all(stream)
    check(stream.reset == 8, f"a reset of the upstream is CANCEL: {stream.reset}")
    stream = Stream(connection, "/quiet/stall_in_tunnel")
    take_all(stream)
    check(stream.reset == 8, f"so is silence: {stream.reset}")
    for leave in (lambda one: one.cancel(), lambda one: one.connection.close()):
        reached_end.clear()
        leave(Stream(connection, "/up/until_left"))
        check(reached_end.wait(10), "who leaves takes the upstream's connection along")


def backpressure(front):
    connection = connect(front, window=100_000, acknowledge=False)
    before = resident(front.process)
    stream = Stream(connection, "/up/flood")
    wait_until_still(lambda: flooded[0])
    check(flooded[0] < 16 * MIB, f"the upstream waits for a client that opens no window: {flooded[0]}")
    bounded(program, front, before, "a client that opens no window")
    connection.close()
    connection, other = connect(front), connect(front)
    before = resident(front.process)
    stream = Stream(connection, "/up/sink")
    sent, part, waits = 0, bytes(16000), False
    connection.socket.settimeout(0.3)
    while not waits and sent < 16 * MIB:
        if connection.h2.local_flow_control_window(stream.number) >= len(part):
            connection.h2.send_data(stream.number, part)
            connection.flush()
            sent += len(part)
            continue
        try:
            connection.step()
        except TimeoutError:
            waits = True
    connection.socket.settimeout(10)
    check(0 < sent < 16 * MIB, f"a client waits for an upstream that does not read: {sent}")
    bounded(program, front, before, "an upstream that does not read")
    check(other.get("/health")[0] == 200, "others are served meanwhile")
    sink_goes_on.set()
    stream.send(b"", end=True)
    check(take_all(stream) == str(sent).encode(), f"all of it arrives: {stream.held} of {sent}")
    connection.close()
    other.close()


NODE = """
const client = require('http2').connect(process.argv[1]);
client.on('remoteSettings', () => {
    const stream = client.request({':method': 'CONNECT', ':protocol': 'websocket', ':path': '/up/ws', 'sec-websocket-version': '13'});
    let got = '';
    stream.on('response', (head) => { got += head[':status'] + ' '; stream.write('hello '); setImmediate(() => stream.end('node ')); });
    stream.on('data', (data) => got += data);
    stream.on('end', () => { console.log(got); client.close(); });
});
"""


def node(front):
    if shutil.which("node") is None:
        print("skipped: WebSockets of Node through proxy() because it is missing")
        return
    made = subprocess.run(["node", "-e", NODE, f"http://{front.address[0]}:{front.address[1]}"], capture_output=True, text=True, timeout=20)
    check(made.stdout == "200 hello node bye\n", f"Node: {made.stdout} {made.stderr}")


def echo_server(front):
    """Frames of a real server: flare's own."""
    examples.BIN = pathlib.Path(bin_folder)
    if not (examples.BIN / "websocket_echo").exists():
        print("skipped: websocket_echo behind proxy() because examples are not built")
        return
    process = subprocess.Popen([str(examples.BIN / "websocket_echo"), "--listen", "unix:echo.sock"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        process.stdout.readline()
        connection = connect(front)
        stream = Stream(connection, "/echo/text")
        stream.send(frame(TEXT, "grüße ".encode() * 100))
        check(stream.receive() == ("text", "grüße ".encode() * 100), "an echo")
        stream.send(frame(8, struct.pack("!H", 1000)))
        check(stream.receive() == ("close", 1000) and stream.receive() == ("end",), "a close, and the end")
        connection.close()
    finally:
        process.terminate()
        process.wait(20)
        process.stdout.close()


def main():
    folder = tempfile.mkdtemp()
    os.chdir(folder)
    try:
        up = Upstream("up.sock", scripts)
        with Served(program, "--workers", "1") as front:
            both_ways(front, up)
            refusals(front)
            ends_of_either_side(front)
            backpressure(front)
            node(front)
            echo_server(front)
        check(front.status == 0, f"it ends in order: {front.status}\n{front.logged}")
    finally:
        os.chdir("/")
        shutil.rmtree(folder)
    if served.failed:
        sys.exit(f"{served.failed} checks failed")
    print("WebSockets over HTTP/2 pass through proxy()")


main()
