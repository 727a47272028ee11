#!/usr/bin/env python3
"""http2.py FRONT: proxy() before upstreams of HTTP/2, by hyper-h2 (the bad ones too), Node, nginx and h2o."""
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

try:
    import h2.connection
except ImportError:
    if sys.executable != "/usr/bin/python3" and os.path.exists("/usr/bin/python3"):
        os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])
    print("skipped: reverse_proxy_http2 because hyper-h2 is not installed")
    sys.exit(0)

here = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(here), str(here.parent / "uses")]
import served
from measure import slow_reader, slow_upstream
from served import Served, check, read_reply
from upstream_h2 import Ended, H2Upstream

program = os.path.abspath(sys.argv[1])
MIB = 1 << 20


def echo(stream):
    content = stream.body()
    stream.reply(content, *[("x-trailer", f"{name}: {value}") for name, value in stream.trailers_came])


def chunks(stream):
    stream.head(200, ("trailer", "x-sum"))
    stream.send(b"hello, ")
    stream.send(b"world")
    stream.trailers(("x-sum", "12"))


def hints(stream):
    stream.head(103, ("link", "</a.css>"))
    stream.reply(b"page")


def storm(stream):
    for _ in range(40):
        stream.head(103, ("link", "</a.css>"))
    stream.reply(b"late")


def expect(stream):
    if stream.one("expect") == "100-continue":
        stream.head(100)
    echo(stream)


def refuse(stream):
    """Without a look at the body: a reply, and the reset that RFC 9113, section 8.1 has for it."""
    stream.head(403, end=True)
    stream.abort(0)


def short(stream):
    stream.head(200, ("content-length", "100"))
    stream.send(b"x" * 50, end=True)


def reset(stream):
    stream.head(200, ("content-length", "100"))
    stream.send(b"x" * 50)
    stream.abort(2)


def refused_late(stream):
    """Says that it did not look at what it has begun to answer."""
    stream.head(200, ("content-length", "100"))
    stream.send(b"x" * 50)
    stream.abort(7)


def lost(stream):
    stream.head(200, ("content-length", "100"))
    stream.send(b"x" * 50)
    stream.connection.close()


def stall_in_content(stream):
    stream.head(200)
    stream.send(b"x" * 50)
    stream.wait(lambda: False)


left = threading.Event()


def until_left(stream):
    stream.head(200)
    stream.send(b"a")
    try:
        stream.wait(lambda: False)
    except Ended:
        left.set()


flooded = [0]


def flood(stream):
    stream.head(200, ("content-length", str(64 * MIB)))
    part = bytes(1 << 16)
    for _ in range(64 * MIB // len(part)):
        stream.send(part)
        flooded[0] += len(part)
    stream.send(b"", end=True)


sink_goes_on = threading.Event()


def sink(stream):
    with stream.connection.changed:
        stream.reads = False
    sink_goes_on.wait(20)
    stream.acknowledge()
    stream.reply(str(len(stream.body())).encode())


def stall_unread(stream):
    with stream.connection.changed:
        stream.reads = False
    stream.wait(lambda: False)


refusals = [0]


def refused_once(stream):
    """REFUSED_STREAM says that nobody looked at it."""
    refusals[0] += 1
    if refusals[0] % 2:
        stream.abort(7)
    else:
        echo(stream)


def unseen_once(stream):
    """So does a GOAWAY that names an earlier stream."""
    refusals[0] += 1
    if refusals[0] % 2:
        stream.connection.goaway(stream.number - 2 if stream.number > 1 else 0)
    else:
        echo(stream)


goes = threading.Event()


def last_of_connection(stream):
    """A GOAWAY behind it: it is finished, and no other comes."""
    stream.connection.goaway(stream.number)
    stream.head(200)
    stream.send(b"a")
    goes.wait(10)
    stream.send(b"b", end=True)


said_all = threading.Event()


def last_words(stream):
    """Says all, and goes."""
    stream.head(200, ("content-length", str(16 * MIB)))
    stream.send(bytes(16 * MIB), end=True)
    stream.connection.goaway(stream.number)
    stream.connection.close()
    said_all.set()


gathered = threading.Barrier(5)


def gather(stream):
    """Waits for the others: they come side by side."""
    stream.body()
    gathered.wait(10)
    stream.reply(b"all")


def drop_all(stream):
    stream.connection.close()


def fields(stream):
    stream.reply(b"ok", ("x-open", "1"), ("set-cookie", "a=1"), ("set-cookie", "b=2"), ("proxy-authenticate", "Basic"),
                 ("date", "Thu, 01 Jan 1970 00:00:01 GMT"), ("via", "1.0 inner"))


scripts = {
    "echo": echo, "chunks": chunks, "hints": hints, "storm": storm, "expect": expect, "refuse": refuse, "short": short, "reset": reset,
    "lost": lost, "refused_late": refused_late, "stall": lambda stream: stream.wait(lambda: False), "stall_in_content": stall_in_content, "until_left": until_left, "flood": flood,
    "sink": sink, "refused_once": refused_once, "unseen_once": unseen_once, "last_of_connection": last_of_connection,
    "stall_unread": stall_unread, "gather": gather, "last_words": last_words, "drop_all": drop_all, "fields": fields,
    "none": lambda stream: stream.head(204, ("x-open", "1"), end=True),
    "same": lambda stream: stream.head(304, ("etag", '"a"'), end=True),
    "missing": lambda stream: stream.reply(b"not here", ("content-type", "text/plain"), status=404),
    "headed": lambda stream: stream.head(200, ("content-length", "1234"), end=True),
    "abort": lambda stream: stream.abort(2), "always_refused": lambda stream: stream.abort(7),
    "garbage": lambda stream: stream.connection.say(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
    "switch": lambda stream: stream.head(101), "of_connection": lambda stream: stream.head(200, ("connection", "close"), end=True),
    "no_status": lambda stream: stream.connection.say(b"\0\0\0\1\5" + stream.number.to_bytes(4, "big")),
    "many": lambda stream: stream.head(200, *[("x-a", "1")] * 95, end=True),
    "huge": lambda stream: stream.head(200, *[(f"x-{i}", "h" * 8000) for i in range(12)], end=True),
}


def one(fields_, name):
    return (fields_.get(name) or [""])[0]


def raw(front, head, body=b""):
    with front.dial() as connection:
        connection.sendall(head.replace("\n", "\r\n").encode("latin-1") + body)
        got = b""
        try:
            while more := connection.recv(65536):
                got += more
        except ConnectionResetError:
            got += b"<reset>"
        return got


def first(good, ask):
    """The first of some tries that is good, or the last."""
    for _ in range(5):
        got = ask()
        if good(got):
            break
    return got


def requests(front, up):
    status, _, content = front.ask("/h2/echo/a%2Fb?x=1", {"X-One": "1", "Connection": "X-Named, keep-alive", "X-Named": "1", "Keep-Alive": "5",
                                                          "TE": "trailers", "Upgrade": "foo/1", "Cookie": "a=1; b=2"})
    asked = up.last()
    check(status == 200 and content == b"", f"a GET: {status}")
    check(asked.fields[:4] == [(":method", "GET"), (":scheme", "http"), (":path", "/echo/a%2Fb?x=1"), (":authority", "localhost")],
          f"pseudo fields: {asked.fields[:4]}")
    check(asked.one("x-one") == "1" and asked.one("cookie") == "a=1; b=2" and asked.one("te") == "trailers", "fields pass")
    for name in ("connection", "keep-alive", "x-named", "upgrade", "host", "transfer-encoding"):
        check(not asked.all(name), f"{name} ends here")
    check(asked.one("forwarded") == 'for=127.0.0.1;host="test";proto=http' and asked.one("via") == "1.1 flare", "Forwarded and Via")
    check(front.ask("/h2/echo", {}, "POST", b"content")[2] == b"content" and up.last().one("content-length") == "7", "a body of known length")
    got = raw(front, "POST /h2/echo HTTP/1.1\nHost: t\nTransfer-Encoding: chunked\nConnection: close\n\n",
              b"3\r\nabc\r\n4\r\ndefg\r\n0\r\nX-Sum: 7\r\n\r\n")
    check(b"\r\n\r\nabcdefg" in got and b"x-trailer: x-sum: 7" in got.lower(), f"one in chunks, and its trailers: {got}")
    check(not up.last().all("content-length"), "has no length")
    check(front.ask("/h2/echo", {}, "POST", b"")[0] == 200, "an empty one")
    large = os.urandom(3 * MIB)
    check(front.ask("/h2/echo", {}, "POST", large)[2] == large, "3 MiB both ways")


def replies(front, up):
    got = raw(front, "GET /h2/chunks HTTP/1.1\nHost: t\nConnection: close\n\n")
    check(got.lower().endswith(b"0\r\nx-sum: 12\r\n\r\n") and b"hello, " in got, f"content and trailers: {got}")
    check(b"via: 2.0 flare" in got.lower(), "how it came")
    status, names, content = front.ask("/h2/fields")
    check(status == 200 and content == b"ok" and one(names, "x-open") == "1" and names["set-cookie"] == ["a=1", "b=2"] and
          names["via"] == ["1.0 inner", "2.0 flare"] and "proxy-authenticate" not in names, f"fields: {names}")
    check(names["date"] == ["Thu, 01 Jan 1970 00:00:01 GMT"], "the upstream's Date")
    check(front.ask("/h2/none")[0] == 204 and front.ask("/h2/same")[0] == 304, "without content")
    status, names, content = front.ask("/h2/missing")
    check(status == 404 and content == b"not here" and one(names, "content-type") == "text/plain", "an error of the upstream's")
    status, names, _ = front.ask("/h2/headed", method="HEAD")
    check(status == 200 and one(names, "content-length") == "1234", "HEAD has the length")
    got = raw(front, "GET /h2/hints HTTP/1.1\nHost: t\nConnection: close\n\n")
    check(got.lower().startswith(b"http/1.1 103 early hints\r\nlink: </a.css>\r\n\r\nhttp/1.1 200 ok\r\n") and got.endswith(b"page"), f"hints: {got}")
    with front.dial() as connection:
        connection.sendall(b"POST /h2/expect HTTP/1.1\r\nHost: t\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
        check(connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n", "100 is the upstream's to say")
        connection.sendall(b"body")
        check(read_reply(connection)[2] == b"body", "then the body comes")
    got = raw(front, "POST /h2/refuse HTTP/1.1\nHost: t\nContent-Length: 4\nExpect: 100-continue\n\n")
    check(got.startswith(b"HTTP/1.1 403 "), f"a refusal comes instead: {got[:60]}")
    for _ in range(2):
        got = curl(front, "--http2-prior-knowledge", "-i", "--data-binary", "@-", "/h2/echo", data=b"x" * 100_000)
        check(got.endswith(b"x" * 100_000) and got.startswith(b"HTTP/2 200"), f"HTTP/2 on both sides: {got[:60]}")


def curl(front, *arguments, data=None):
    return subprocess.run(["curl", "-sS", "-m", "20", *arguments[:-1], f"http://{front.address[0]}:{front.address[1]}{arguments[-1]}"],
                          input=data, capture_output=True).stdout


def misbehaving(front, up):
    for name in ("abort", "always_refused", "garbage", "switch", "of_connection", "no_status", "many", "huge", "storm", "drop_all"):
        got = raw(front, f"GET /h2/{name} HTTP/1.1\nHost: t\nConnection: close\n\n")
        check(b"HTTP/1.1 502" in got, f"{name} is a 502: {got[:40]}")
        check(front.ask("/h2/echo", {}, "POST", b"x")[2] == b"x", f"after {name} all is well")
    for name in ("short", "reset", "refused_late", "lost"):
        got = raw(front, f"GET /h2/{name} HTTP/1.1\nHost: t\n\n")
        check(got.startswith(b"HTTP/1.1 200") and got.count(b"x") >= 50 and got.count(b"HTTP/1.1") == 1, f"{name} is cut: {got[-60:]}")
    check(front.ask("/h2gone/x")[0] == 502, "nobody is a 502")
    check(front.ask("/h2old/echo")[0] == 502, "a server of HTTP/1.1 alone is a 502")
    check(front.ask("/h2hasty/stall")[0] == 504, "silence is a 504")
    # A machine with much to do may be silent itself.
    got = first(lambda got: b"x" * 50 in got, lambda: raw(front, "GET /h2hasty/stall_in_content HTTP/1.1\nHost: t\nConnection: close\n\n"))
    check(got.startswith(b"HTTP/1.1 200") and got.count(b"HTTP/1.1") == 1, f"silence in the content cuts it: {got}")
    got = first(lambda got: b" 504 " in got, lambda: raw(front, "PUT /h2hasty/stall_unread HTTP/1.1\nHost: t\nContent-Length: 200000\nConnection: close\n\n", bytes(200_000)))
    check(b" 504 " in got, f"so does an upstream that takes nothing of a body: {got[:60]}")
    got = first(lambda got: got == b"x", lambda: front.ask("/h2hasty/echo", {}, "POST", b"x")[2])
    check(got == b"x", "who was silent is not asked again over that connection")
    for name in ("abort", "drop_all"):
        got = raw(front, f"PUT /h2/{name} HTTP/1.1\nHost: t\nContent-Length: 200000\nConnection: close\n\n", bytes(1000))
        check(b" 502 " in got.split(b"\r\n")[0], f"{name} within a body: {got[:60]}")


def unprocessed(front):
    """What the upstream did not look at is asked again, a small body too."""
    for name in ("refused_once", "unseen_once"):
        for method, body in (("GET", None), ("POST", b"content"), ("POST", b"y" * 16384)):
            status, _, content = front.ask(f"/h2/{name}", {}, method, body)
            check(status == 200 and content == (body or b""), f"{name}, {method}: {status}")
    goes.clear()
    with front.dial() as connection:
        connection.sendall(b"GET /h2/last_of_connection HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")
        got = connection.recv(65536)
        check(front.ask("/h2/echo", {}, "POST", b"next")[2] == b"next", "after GOAWAY another connection is asked")
        goes.set()
        while more := connection.recv(65536):
            got += more
        check(got.startswith(b"HTTP/1.1 200") and got.endswith(b"0\r\n\r\n"), f"and what was under way is finished: {got}")


def side_by_side(front, up):
    before = up.connections
    for _ in range(20):
        check(front.ask("/h2/echo", {}, "POST", b"x")[2] == b"x", "one after the other")
    check(up.connections - before <= 1, f"one connection is enough: {up.connections - before}")
    threads = [threading.Thread(target=lambda: check(front.ask("/h2/gather", {}, "POST", b"y")[2] == b"all", "side by side"))
               for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check(up.connections - before <= 1, f"for five as well: {up.connections - before}")


def few_streams(front, up):
    """An upstream that takes two at a time: further connections are dialled, up to the route's cap."""
    gathered.reset()
    threads = [threading.Thread(target=lambda: check(front.ask("/h2few/gather", {}, "POST", b"y")[2] == b"all", "over several connections"))
               for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check(up.connections == 3, f"two and two and one: {up.connections}")
    threads = [threading.Thread(target=lambda: check(front.ask("/h2one/echo", {}, "POST", b"z")[2] == b"z", "one after the other"))
               for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check(up.connections == 4, f"a cap of one holds: {up.connections}")


def leaving(front):
    left.clear()
    with front.dial() as connection:
        connection.sendall(b"GET /h2/until_left HTTP/1.1\r\nHost: t\r\n\r\n")
        check(b"200 OK" in connection.recv(1000), "a reply that has no end")
    check(left.wait(10), "who leaves takes the upstream's request along")


def upstream_that_goes(front):
    """What it said before is a slow reader's all the same."""
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        connection.connect(front.address)
        connection.sendall(b"GET /h2/last_words HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")
        got = bytearray()
        while not said_all.is_set():
            got += connection.recv(4096)
        time.sleep(0.2) # the proxy sees the end while it has content that it can't pass on yet; if not, nothing is tested
        while more := connection.recv(1 << 18):
            got += more
    check(len(got) - got.index(b"\r\n\r\n") - 4 == 16 * MIB, f"all that was said comes: {len(got)}")


def beside(front):
    check(front.ask("/h2/echo", {}, "POST", b"beside")[2] == b"beside", "others are served over the same connection")


NODE = """
require('http2').createServer((request, reply) => {
    reply.setHeader('x-via', request.headers.via);
    request.pipe(reply);
}).listen('node.sock', () => console.log('ready'));
"""


def node(front):
    if shutil.which("node") is None:
        print("skipped: Node behind proxy() because it is missing")
        return
    process = subprocess.Popen(["node", "-e", NODE], stdout=subprocess.PIPE, text=True)
    try:
        process.stdout.readline()
        data = os.urandom(MIB)
        got = curl(front, "--data-binary", "@-", "/node/", data=data)
        check(got == data, f"Node: both ways: {len(got)}")
    finally:
        process.terminate()
        process.wait(20)
        process.stdout.close()


def relay(path, port):
    """nghttpd hears TCP alone, and the spec has no port of its own: bytes of a Unix socket's connections go to it."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(8)

    def pump(source, to):
        while got := source.recv(1 << 16):
            to.sendall(got)
        to.shutdown(socket.SHUT_WR)

    def run():
        while True:
            here_, _ = listener.accept()
            there = socket.create_connection(("127.0.0.1", port))
            for pair in ((here_, there), (there, here_)):
                threading.Thread(target=pump, args=pair, daemon=True).start()
    threading.Thread(target=run, daemon=True).start()


def nghttpd(front):
    nghttpd_ = shutil.which("nghttpd") or "/usr/sbin/nghttpd"
    if not os.path.exists(nghttpd_):
        print("skipped: nghttpd behind proxy() because it is missing")
        return
    large = os.urandom(3 * MIB)
    with open("large", "wb") as file:
        file.write(large)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([nghttpd_, "-a127.0.0.1", "--no-tls", "--echo-upload", "-d", os.getcwd(), str(port)],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(500):
            with socket.socket() as connection:
                if connection.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.01)
        relay("nghttpd.sock", port)
        check(curl(front, "/nghttpd/large") == large, "nghttpd: 3 MiB")
        check(curl(front, "--data-binary", "@-", "/nghttpd/echo", data=large) == large, "nghttpd: both ways")
        check(front.ask("/nghttpd/none")[0] == 404, "nghttpd: its own 404")
    finally:
        process.terminate()
        process.wait(20)


def main():
    folder = tempfile.mkdtemp()
    os.chdir(folder)
    try:
        up, few = H2Upstream("h2.sock", scripts), H2Upstream("few.sock", scripts, streams_max=2)
        old = socket.socket(socket.AF_UNIX)
        old.bind("old.sock")
        old.listen(8)

        def old_server():
            while True:
                connection, _ = old.accept()
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                connection.close()
        threading.Thread(target=old_server, daemon=True).start()
        with Served(program, "--workers", "1") as front:
            requests(front, up)
            replies(front, up)
            misbehaving(front, up)
            unprocessed(front)
            side_by_side(front, up)
            few_streams(front, few)
            leaving(front)
            slow_reader(program, front, b"/h2/flood", lambda: flooded[0], 32 * MIB, lambda: beside(front))
            upstream_that_goes(front)
            slow_upstream(program, front, b"/h2/sink", 16, 12 * MIB, sink_goes_on, lambda: beside(front))
            node(front)
            nghttpd(front)
        check(front.status == 0, f"it ends in order: {front.status}\n{front.logged}")
    finally:
        os.chdir("/")
        shutil.rmtree(folder)
    if served.failed:
        sys.exit(f"{served.failed} checks failed")
    print("proxy() gets on with upstreams of HTTP/2")


main()
