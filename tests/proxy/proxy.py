#!/usr/bin/env python3
"""proxy.py FRONT: proxy() between clients and upstreams of every kind, the bad ones too."""
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "..", "uses"))
sys.path.insert(0, here)
import served
from measure import slow_reader, slow_upstream
from served import Served, check, read_reply
from upstream import Upstream

program = os.path.abspath(sys.argv[1])
MIB = 1 << 20


def reply(content, *lines, status="200 OK"):
    return "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(content)}", *lines]).encode() + b"\r\n\r\n" + content


def send(data, goes_on=True):
    """A script that reads the whole request, then says this."""
    def script(connection, request):
        request.body()
        connection.sendall(data)
        return goes_on
    return script


def echo(connection, request):
    content, trailers = request.body()
    connection.sendall(reply(content, *[f"X-Trailer: {line}" for line in trailers]))


def storm(connection, request):
    connection.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n" * 40 + reply(b"late"))


def expect(connection, request):
    """Says 100 only when it is told to be asked for it, and takes the body then."""
    if request.one("expect") == "100-continue":
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    echo(connection, request)


def refuse(connection, request):
    """Without a look at the body."""
    connection.sendall(reply(b"no", status="403 Forbidden"))
    return False


def reset(connection, request):
    connection.sendall(reply(b"x" * 100)[:-50])
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


def reset_at_once(connection, request):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


def stall(connection, request):
    time.sleep(20)
    return False


def stall_in_content(connection, request):
    connection.sendall(reply(b"x" * 100)[:-50])
    time.sleep(20)
    return False


left = threading.Event()


def until_left(connection, request):
    """Says when the one who asked went away."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
    connection.settimeout(10)
    try:
        if connection.recv(1) == b"":
            left.set()
    except OSError:
        left.set()
    return False


flooded = [0]


def flood(connection, request):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (64 * MIB))
    part = bytes(1 << 16)
    for _ in range(64 * MIB // len(part)):
        connection.sendall(part)
        flooded[0] += len(part)


sink_goes_on = threading.Event()


def sink(connection, request):
    sink_goes_on.wait(20)
    left = int(request.one("content-length")) - len(request.reader.held)
    request.reader.held = b""
    while left:
        left -= len(connection.recv(1 << 18))
    connection.sendall(reply(request.one("content-length").encode()))


def accept_websocket(connection, request):
    check(request.one("upgrade") == "websocket" and request.one("connection") == "Upgrade", "the upgrade is passed on")
    check(request.one("sec-websocket-key") == "dGhlIHNhbXBsZSBub25jZQ==", "and what is end to end with it")
    connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                       b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\nhello")
    connection.settimeout(10)
    while data := request.reader.held or connection.recv(65536):
        request.reader.held = b""
        connection.sendall(data)
    return False


def chunked(content, *trailers):
    return (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n" +
            b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in content) +
            b"0\r\n" + b"".join(line + b"\r\n" for line in trailers) + b"\r\n")


huge = b"HTTP/1.1 200 OK\r\nX-Huge: " + b"h" * 100_000 + b"\r\n\r\n"
scripts = {
    "echo": echo, "kept": echo, "storm": storm, "expect": expect, "refuse": refuse, "reset": reset, "reset_at_once": reset_at_once, "stall": stall,
    "stall_in_content": stall_in_content, "until_left": until_left, "flood": flood, "sink": sink, "ws": accept_websocket,
    "fields": send(reply(b"ok", "Connection: X-Secret, close", "X-Secret: 1", "Keep-Alive: timeout=5", "X-Open: 1",
                         "Set-Cookie: a=1", "Set-Cookie: b=2", "Proxy-Authenticate: Basic", "Upgrade: h2c",
                         "Date: Thu, 01 Jan 1970 00:00:01 GMT", "X-Frame-Options: SAMEORIGIN", "Via: 1.0 inner"), False),
    "chunks": send(chunked([b"hello, ", b"world"], b"X-Sum: 12", b"Keep-Alive: no")),
    "old": send(b"HTTP/1.0 200 OK\r\n\r\nuntil the end", False),
    "none": send(b"HTTP/1.1 204 No Content\r\nX-Open: 1\r\n\r\n"),
    "same": send(b"HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\nContent-Length: 5\r\n\r\n"),
    "missing": send(reply(b"not here", "Content-Type: text/plain", status="404 Not Found")),
    "hints": send(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nConnection: X-Hop\r\nX-Hop: 1\r\n\r\n" + reply(b"page")),
    "headed": send(b"HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n"),
    "early": send(b"", False), "short": send(reply(b"x" * 100)[:-50], False),
    "no_http": send(b"SSH-2.0-x\r\n\r\n", False), "bad_status": send(b"HTTP/1.1 2x0 OK\r\n\r\n", False),
    "huge": send(huge, False), "bad_chunk": send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nx", False),
    "two_lengths": send(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", False),
    "two_framings": send(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", False),
    "switch": send(b"HTTP/1.1 101 Switching Protocols\r\n\r\n", False),
    "folded": send(b"HTTP/1.1 200 OK\r\nX-A: 1\r\n 2\r\nContent-Length: 0\r\n\r\n", False),
    "split": send(reply(b"ok") + b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"),
    "many": send(b"HTTP/1.1 200 OK\r\n" + b"X-A: 1\r\n" * 95 + b"Content-Length: 0\r\n\r\n", False),
}


def raw(front, head, body=b"", shut=False):
    """All that comes back for these bytes."""
    with front.dial() as connection:
        connection.sendall(head.replace("\n", "\r\n").encode("latin-1") + body)
        if shut:
            connection.shutdown(socket.SHUT_WR)
        got = b""
        try:
            while more := connection.recv(65536):
                got += more
        except ConnectionResetError:
            got += b"<reset>"
        return got


def one(fields, name):
    return (fields.get(name) or [""])[0]


def requests(front, up):
    status, fields, content = front.ask("/up/echo/a%2Fb?x=1&y=%20", {"X-One": "1", "Accept": "*/*"})
    asked = up.last()
    check(status == 200 and content == b"", f"a GET: {status}")
    check(asked.line == "GET /echo/a%2Fb?x=1&y=%20 HTTP/1.1", f"the target is what is left of the path: {asked.line}")
    check(asked.one("host") == "localhost" and asked.one("x-one") == "1" and asked.one("accept") == "*/*", "fields pass")
    check(asked.one("forwarded") == 'for=127.0.0.1;host="test";proto=http', f"Forwarded: {asked.all('forwarded')}")
    check(asked.one("x-forwarded-for") == "127.0.0.1" and asked.one("x-forwarded-proto") == "http" and
          asked.one("x-forwarded-host") == "test" and asked.one("via") == "1.1 flare", "and its elders, and Via")
    check(not asked.all("content-length") and not asked.all("transfer-encoding"), "no body has no framing")
    check(one(fields, "via") == "1.1 flare", "the reply has Via")
    front.ask("/kept/echo", {})
    check(up.last().line == "GET /kept/echo HTTP/1.1", "a path without strip")
    check(front.ask("/up/echo", {}, "POST", b"content")[2] == b"content", "a body of known length")
    check(up.last().one("content-length") == "7", "is framed by its length")
    got = raw(front, "POST /up/echo HTTP/1.1\nHost: t\nTransfer-Encoding: chunked\nConnection: close\n\n",
              b"3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nX-Sum: 7\r\n\r\n")
    asked = up.last()
    check(asked.one("transfer-encoding") == "chunked" and not asked.all("content-length"), "chunks are framed anew")
    check(b"\r\n\r\nabcdefg" in got and b"X-Trailer: X-Sum: 7" in got, f"a body in chunks, and its trailers: {got}")
    check(front.ask("/small/echo", {}, "POST", b"x" * 4096)[0] == 200, "a body at the route's limit")
    check(front.ask("/small/echo", {}, "POST", b"x" * 4097)[0] == 413, "and just above it")
    got = raw(front, "POST /small/echo HTTP/1.1\nHost: t\nTransfer-Encoding: chunked\nConnection: close\n\n", b"1001\r\n" + b"x" * 4097 + b"\r\n0\r\n\r\n")
    check(b" 413 " in got.split(b"\r\n")[0], f"the same in chunks: {got[:40]}")
    check(front.ask("/kept/echo", {"Content-Encoding": "gzip"}, "POST", b"\x1f\x8b")[2] == b"\x1f\x8b", "codings pass")


def hops(front, up):
    table = ["Connection", "Keep-Alive", "Proxy-Connection", "TE", "Upgrade", "HTTP2-Settings", "Proxy-Authorization",
             "X-Named", "X-Also"]
    fields = {name: "x" for name in table}
    fields["Connection"] = "keep-alive, X-Named ,x-also"
    fields["TE"] = "trailers, deflate;q=0.5"
    fields["X-Stays"] = "1"
    front.ask("/up/echo", fields)
    asked = up.last()
    for name in table:
        if name not in ("TE", "Connection"):
            check(not asked.all(name), f"{name} ends here")
    check(asked.one("te") == "trailers" and asked.one("connection") == "TE", f"of TE trailers alone: {asked.all('te')}")
    check(asked.one("x-stays") == "1", "the others pass")
    front.ask("/up/echo", {"Connection": "Host, Forwarded, X-Forwarded-For, Via, Content-Length", "Forwarded": "for=evil",
                           "X-Forwarded-For": "9.9.9.9", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil"}, "POST", b"ab")
    asked = up.last()
    check(asked.one("host") == "localhost" and asked.one("content-length") == "2" and asked.one("via") == "1.1 flare",
          "Connection takes nothing of ours")
    check(asked.one("forwarded").startswith("for=127.0.0.1;") and asked.one("x-forwarded-for") == "127.0.0.1" and
          asked.one("x-forwarded-proto") == "http" and asked.one("x-forwarded-host") == "test", "strangers are not believed")
    front.ask("/up/echo", {"Via": "1.0 fred", "Max-Forwards": "3"}, "OPTIONS")
    asked = up.last()
    check(asked.all("via") == ["1.0 fred", "1.1 flare"] and asked.one("max-forwards") == "2", "Via grows, Max-Forwards falls")
    check(front.ask("/up/echo", {"Max-Forwards": "0"}, "OPTIONS")[0] == 204, "and 0 ends here")
    status, fields, content = front.ask("/up/fields")
    check(status == 200 and content == b"ok" and one(fields, "x-open") == "1", "fields of the reply")
    for name in ["x-secret", "keep-alive", "proxy-authenticate", "upgrade", "connection"]:
        check(name not in fields, f"{name} of the reply ends here")
    check(fields["set-cookie"] == ["a=1", "b=2"] and fields["via"] == ["1.0 inner", "1.1 flare"], "lists stay lists")
    check(fields["date"] == ["Thu, 01 Jan 1970 00:00:01 GMT"], "the upstream's Date")
    check(len(fields["x-frame-options"]) == 1 and fields["x-frame-options"] != ["SAMEORIGIN"], "what the service says itself holds")


def replies(front, up):
    got = raw(front, "GET /up/chunks HTTP/1.1\nHost: t\nConnection: close\n\n")
    check(got.endswith(b"0\r\nX-Sum: 12\r\n\r\n") and b"hello, " in got and b"Keep-Alive" not in got, f"chunks and trailers: {got}")
    got = raw(front, "GET /up/chunks HTTP/1.0\nHost: t\n\n")
    check(got.endswith(b"\r\n\r\nhello, world"), "no chunks for HTTP/1.0")
    check(b"until the end" in raw(front, "GET /up/old HTTP/1.1\nHost: t\nConnection: close\n\n"), "content up to the end")
    status, fields, _ = front.ask("/up/none")
    check(status == 204 and one(fields, "x-open") == "1" and "content-length" not in fields, "a 204")
    status, fields, _ = front.ask("/up/same", {"If-None-Match": '"a"'})
    check(status == 304 and one(fields, "etag") == '"a"', "a 304")
    status, fields, content = front.ask("/up/missing")
    check(status == 404 and content == b"not here" and one(fields, "content-type") == "text/plain", "an upstream's error is its own")
    status, fields, _ = front.ask("/up/headed", method="HEAD")
    check(status == 200 and one(fields, "content-length") == "1234", "HEAD has the length")
    got = raw(front, "GET /up/hints HTTP/1.1\nHost: t\nConnection: close\n\n")
    check(got.startswith(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 200 OK\r\n") and got.endswith(b"page"),
          f"an interim reply: {got}")
    check(raw(front, "GET /up/hints HTTP/1.0\nHost: t\n\n").startswith(b"HTTP/1.1 200"), "none for HTTP/1.0")
    with front.dial() as connection:
        connection.sendall(b"POST /up/expect HTTP/1.1\r\nHost: t\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
        check(connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n", "100 is the upstream's to say")
        connection.sendall(b"body")
        check(read_reply(connection)[2] == b"body", "then the body comes")
    check(up.last().one("expect") == "100-continue", "it was asked for")
    got = raw(front, "POST /up/refuse HTTP/1.1\nHost: t\nContent-Length: 4\nExpect: 100-continue\n\n")
    check(got.startswith(b"HTTP/1.1 403 "), f"a refusal comes instead of 100: {got[:60]}")
    with front.dial() as connection:
        connection.sendall(b"POST /up/missing HTTP/1.1\r\nHost: t\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
        connection.settimeout(5)
        check(connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n", "an upstream that says nothing is not waited for")


def misbehaving(front, up):
    for name in ["early", "no_http", "bad_status", "huge", "two_lengths", "two_framings", "switch", "folded", "many", "reset_at_once"]:
        check(front.ask(f"/up/{name}")[0] == 502, f"{name} is a 502")
    got = raw(front, "GET /up/storm HTTP/1.1\nHost: t\nConnection: close\n\n")
    check(got.count(b" 103 ") == 32 and b"HTTP/1.1 502" in got, f"a storm of interim replies ends: {got.count(b' 103 ')}")
    for name in ["short", "bad_chunk", "reset"]:
        got = raw(front, f"GET /up/{name} HTTP/1.1\nHost: t\n\n")
        check(got.startswith(b"HTTP/1.1 200") and not got.endswith(b"0\r\n\r\n"), f"{name} is cut: {got[-20:]}")
        with front.dial() as connection:
            connection.sendall(f"GET /up/{name} HTTP/1.1\r\nHost: t\r\n\r\n".encode() * 2)
            got = b""
            try:
                while more := connection.recv(65536):
                    got += more
            except ConnectionResetError:
                pass
            check(got.count(b"HTTP/1.1") == 1, f"nothing follows what {name} cut")
    for target in ["/gone/x", "/below/x"]:
        check(front.ask(target)[0] == 502, f"nobody at {target} is a 502")
    check(front.ask("/hasty/stall")[0] == 504, "silence is a 504")
    check(front.ask("/timed/stall")[0] == 504, "the route's time too")
    got = raw(front, "GET /hasty/stall_in_content HTTP/1.1\nHost: t\n\n")
    check(got.startswith(b"HTTP/1.1 200") and got.count(b"x" * 50), "silence in the content cuts it")
    check(front.ask("/one/split")[2] == b"ok", "one reply")
    check(front.ask("/one/echo", {}, "POST", b"mine")[2] == b"mine", "what follows a reply is nobody's")


def reuse(front, up):
    before = up.connections
    with front.dial() as connection:
        for _ in range(20):
            check(front.ask("/one/echo", {}, "POST", b"x", connection)[2] == b"x", "one after the other")
    check(up.connections - before <= 1, f"one connection is enough: {up.connections - before}")
    threads = [threading.Thread(target=lambda: check(front.ask("/one/echo", {}, "POST", b"y")[2] == b"y", "side by side"))
               for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check(up.connections - before <= 1, "the others wait for it")


def leaving(front, up):
    left.clear()
    with front.dial() as connection:
        connection.sendall(b"GET /up/until_left HTTP/1.1\r\nHost: t\r\n\r\n")
        check(b"200 OK" in connection.recv(1000), "a reply that has no end")
    check(left.wait(10), "who leaves takes the upstream's request along")


def websocket(front, up):
    with front.dial() as connection:
        connection.sendall(b"GET /up/ws HTTP/1.1\r\nHost: t\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n"
                           b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\nearly")
        got = b""
        while not got.endswith(b"early"):
            got += connection.recv(65536)
        head, _, rest = got.partition(b"\r\n\r\n")
        check(head.startswith(b"HTTP/1.1 101") and b"Sec-WebSocket-Accept: s3pP" in head and b"Connection: Upgrade" in head and
              b"Upgrade: websocket" in head and b"close" not in head and rest == b"helloearly", f"a tunnel: {got}")
        data = os.urandom(MIB)
        thread = threading.Thread(target=lambda: connection.sendall(data))
        thread.start()
        got = b""
        while len(got) < len(data):
            got += connection.recv(65536)
        thread.join()
        check(got == data, "both ways at once")
        connection.shutdown(socket.SHUT_WR)
        check(connection.recv(1) == b"", "one end is the other's")
    up.last()
    front.ask("/up/echo", {"Upgrade": "foo/1", "Connection": "Upgrade"})
    check(not up.last().all("upgrade"), "other protocols are not asked for")


def curl(front, *arguments, data=None):
    return subprocess.run(["curl", "-sS", "-m", "20", *arguments[:-1], f"http://{front.address[0]}:{front.address[1]}{arguments[-1]}"],
                          input=data, capture_output=True).stdout


def over_h2(front, up):
    h2 = "--http2-prior-knowledge"
    data = os.urandom(3 * MIB)
    check(curl(front, h2, "--data-binary", "@-", "/up/echo", data=data) == data, "h2: both ways")
    asked = up.last()
    check(asked.one("via") == "2.0 flare" and asked.one("content-length") == str(len(data)), "h2: as it came")
    check(curl(front, h2, "-H", "Content-Length:", "-T", "-", "/up/echo", data=data) == data, "h2: without a length")
    check(up.last().one("transfer-encoding") == "chunked", "h2: goes on in chunks")
    got = curl(front, h2, "-i", "/up/hints")
    check(got.startswith(b"HTTP/2 103 \r\nlink: </a.css>\r\n\r\nHTTP/2 200") and got.endswith(b"page"), f"h2: interim replies: {got}")
    got = curl(front, h2, "-i", "/up/fields")
    check(b"date: Thu, 01 Jan 1970 00:00:01 GMT\r\n" in got and got.count(b"set-cookie: ") == 2, f"h2: fields: {got}")
    check(b"x-sum: 12" in curl(front, h2, "-i", "/up/chunks"), "h2: trailers")
    for path, status in [("none", b"204"), ("same", b"304"), ("early", b"502")]:
        check(curl(front, h2, "-o", "/dev/null", "-w", "%{http_code}", f"/up/{path}") == status, f"h2: {path}")
    check(b"PROTOCOL_ERROR" not in curl(front, h2, "-v", "/up/short"), "h2: a cut reply")
    check(b"content-length: 1234" in curl(front, h2, "-I", "/up/headed"), "h2: HEAD")


def trusted(front, up, field):
    """The front believes its peers, by one field."""
    told = {"Forwarded": "for=192.0.2.1", "X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "shop"}
    front.ask("/up/echo", told)
    asked = up.last()
    ours = 'for=127.0.0.1;host="test";proto=http'
    if field == "forwarded":
        check(asked.all("forwarded") == ["for=192.0.2.1", ours], f"Forwarded grows: {asked.all('forwarded')}")
        check(asked.all("x-forwarded-for") == ["127.0.0.1"] and asked.all("x-forwarded-proto") == ["http"] and
              asked.all("x-forwarded-host") == ["test"], "the other is nobody's word")
    else:
        check(asked.all("x-forwarded-for") == ["192.0.2.1", "127.0.0.1"], f"X-Forwarded-For grows: {asked.all('x-forwarded-for')}")
        check(asked.all("x-forwarded-proto") == ["https"] and asked.all("x-forwarded-host") == ["shop"], "how it began stays")
        check(asked.all("forwarded") == [ours], "the other is nobody's word")


def main():
    folder = tempfile.mkdtemp()
    os.chdir(folder)
    try:
        up = Upstream("up.sock", scripts)
        with Served(program, "--workers", "1") as front:
            requests(front, up)
            hops(front, up)
            replies(front, up)
            misbehaving(front, up)
            reuse(front, up)
            leaving(front, up)
            websocket(front, up)
            slow_reader(program, front, b"/up/flood", lambda: flooded[0], 32 * MIB)
            slow_upstream(program, front, b"/up/sink", 64, 32 * MIB, sink_goes_on)
            over_h2(front, up)
        for field in "forwarded", "x-forwarded-for":
            with Served(program, "--workers", "1", "--trusted-proxy", "127.0.0.1", "--forwarded-field", field) as believing:
                trusted(believing, up, field)
        check(front.status == 0, f"it ends in order: {front.status}\n{front.logged}")
    finally:
        shutil.rmtree(folder)
    if served.failed:
        sys.exit(f"{served.failed} checks failed")
    print("proxy() does what clients and upstreams may ask of it")


main()
