#!/usr/bin/env python3
"""uses.py STACK: what is built in, as clients and tools find it."""
import gzip
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zlib

import served
from served import Served, check

program = sys.argv[1]


def metric(text, name, **labels):
    """The sum of a metric's samples that have these labels."""
    found = 0
    for line in text.splitlines():
        match = re.fullmatch(rf"{name}(?:\{{(.*)\}})? (\S+)", line)
        if match and all(f'{key}="{value}"' in (match[1] or "") for key, value in labels.items()):
            found += float(match[2])
    return found


def many(server, count, connections):
    """Pipelined requests, in batches of 100."""
    for number in range(connections):
        connection = server.dial()
        file = connection.makefile("rb")
        for _ in range(count // connections // 100):
            connection.sendall(b"GET /items/1 HTTP/1.1\r\nHost: test\r\n\r\n" * 100)
            for _ in range(100):
                length = 0
                for line in iter(file.readline, b"\r\n"):
                    if line.lower().startswith(b"content-length:"):
                        length = int(line.split(b":")[1])
                file.read(length)
        connection.close()


def metrics():
    with Served(program, "--workers", "4") as server:
        many(server, 20000, 20)
        check(server.ask("/items/500")[0] == 500, "a 500")
        check(server.ask("/items/2000")[0] == 404, "a 404")
        check(server.ask("/items/x")[0] == 400, "a 400")
        check(server.ask("/nowhere")[0] == 404, "a 404 without a route")
        check(server.ask("/items/1", method="HEAD")[0] == 200, "HEAD")
        waiting = server.dial()
        waiting.sendall(b"POST /slow HTTP/1.1\r\nHost: test\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nab")
        time.sleep(0.2)
        status, fields, content = server.ask("/metrics")
        text = content.decode()
        check(status == 200 and fields["content-type"] == ["text/plain; version=0.0.4; charset=utf-8"], f"{fields}")
        route = "/items/:id"
        check(metric(text, "http_requests_total", route=route, code=200) == 20001, "20001 requests are counted")
        check(metric(text, "http_requests_total", route=route) == 20004, "all of the route")
        check(metric(text, "http_request_duration_seconds_count", route=route) == 20004, "all have a duration")
        check(metric(text, "http_request_duration_seconds_bucket", route=route, le=r"+Inf") == 20004, "all in a bucket")
        check(metric(text, "http_request_errors_total", route=route) == 1, "one error")
        check(metric(text, "http_requests_total", route="none", code=404) == 1, "one without a route")
        check(metric(text, "http_requests_in_flight") == 2, f"two in flight: {metric(text, 'http_requests_in_flight')}")
        check('service_info{service="stack",version="1.2.0"} 1' in text, "what runs")
        waiting.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset
        waiting.close()
        time.sleep(0.2)
        text = server.ask("/metrics")[2].decode()
        check(metric(text, "http_requests_in_flight") == 1, "one that left is no longer in flight")
        check(metric(text, "http_requests_total", route="/slow", code=0) == 1, "and counted as such")
        promtool = os.environ.get("PROMTOOL") or shutil.which("promtool")
        if promtool:
            run = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True)
            check(run.returncode == 0 and not run.stderr, f"promtool: {run.stdout}{run.stderr}")
        else:
            print("skipped: promtool is missing")


def readiness():
    with Served(program, "--workers", "2", "--drain-delay", "2") as server:
        check(server.ask("/health")[::2] == (200, b"ok\n"), "healthy")
        status, fields, content = server.ask("/ready")
        check((status, content, fields["cache-control"]) == (200, b"ready\n", ["no-store"]), "ready")
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        check(server.ask("/ready")[::2] == (503, b"stopping\n"), "not ready once it was told to stop")
        check(server.ask("/health")[0] == 200, "healthy all the same")
        check(server.ask("/items/1")[0] == 200, "and it serves")
        began = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(20)
        check(time.monotonic() - began < 1.2, "a second signal ends the delay")
    check(server.status == 0, "a clean end")
    with Served(program, "--workers", "1", "--drain-delay", "1") as server:
        check(server.ask("/ready")[0] == 200, "ready")
        began = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(20)
        check(0.9 < time.monotonic() - began < 4, "the delay ends by itself")


def coding_of(server, accept, target="/text", method="GET"):
    fields = {} if accept is None else {"Accept-Encoding": accept}
    return server.ask(target, fields, method)


def curl(server, *arguments, body=None):
    url = f"http://{server.address[0]}:{server.address[1]}"
    command = ["curl", "-sS", "--max-time", "10", *arguments[:-1], url + arguments[-1]]
    return subprocess.run(command, input=body, capture_output=True, check=True).stdout


def compression():
    with Served(program, "--workers", "1") as server:
        status, fields, plain = coding_of(server, None)
        check(status == 200 and "content-encoding" not in fields, "not asked for")
        check(fields["vary"] == ["Accept-Encoding"], "but it could be")
        for accept, coding in (("gzip", "gzip"), ("GZIP", "gzip"), ("x-gzip", "gzip"), ("br", "br"), ("gzip, br", "br"),
                               ("br;q=0.5, gzip;q=0.8", "gzip"), ("br;q=0, gzip", "gzip"), ("*", "br"), ("*;q=0.1", "br"),
                               ("br;q=0, *", "gzip"), ("identity", None), ("", None), ("identity;q=1, gzip;q=0.5", None),
                               ("gzip;q=0", None), ("*;q=0", None), ("deflate, zstd", None), ("gzip;q=2", None),
                               ("gzip;q=0.1234", None), ("gzip;level=9", None), ("gzip ; q=0.001", "gzip"),
                               ("identity;q=0", None), ("gzip, identity", "gzip"), (",, gzip,,", "gzip")):
            status, fields, content = coding_of(server, accept)
            got = fields.get("content-encoding", [None])[0]
            check(status == 200 and got == coding, f"{accept!r}: {got}, not {coding}")
            check(fields["vary"] == ["Accept-Encoding"], f"{accept!r}: Vary")
            if coding == "gzip":
                check(gzip.decompress(content) == plain and len(content) < len(plain), f"{accept!r}: other content")
        for accept in ("gzip", "br"):
            check(curl(server, "-H", f"Accept-Encoding: {accept}", "--compressed", "/notes/5000") ==
                  curl(server, "/notes/5000"), f"curl --compressed: {accept}")
        check(gzip.decompress(coding_of(server, "gzip", "/notes/50000")[2]) == coding_of(server, None, "/notes/50000")[2],
              "a large one")
        for target, why in (("/notes/1", "small"), ("/token", "secret"), ("/picture", "of a kind that is small already"),
                            ("/text?keep", "no-transform")):
            status, fields, content = coding_of(server, "gzip", target)
            check(status == 200 and "content-encoding" not in fields, f"coded though it is {why}")
        check("content-encoding" in coding_of(server, "gzip", "/fixed")[1], "a fixed one is coded")
        check(coding_of(server, "gzip", "/text?fail")[0] == 500, "a failure is one")
        check("content-encoding" not in coding_of(server, "gzip", method="HEAD")[1], "HEAD")
        status, fields, content = coding_of(server, "gzip", "/text?tag")
        check(fields["etag"] == ['W/"v1"'] and "content-encoding" in fields, "its tag is weak")
        check(coding_of(server, None, "/text?tag")[1]["etag"] == ['"v1"'], "a plain one's is not")
        for wire in ("--http1.1", "--http2-prior-knowledge"):
            got = curl(server, wire, "--compressed", "-i", "-H", "Accept-Encoding: gzip", "/notes/100").decode()
            check("content-encoding: gzip" in got.lower() and got.count("a note") == 100, f"over {wire}")


def post(server, body, coding, target="/coded/echo", kind="text/plain"):
    return server.ask(target, {"Content-Type": kind, "Content-Encoding": coding}, "POST", body)


def chunked(server, body, coding, target=b"/coded/echo", step=7):
    connection = server.dial()
    connection.sendall(b"POST " + target + b" HTTP/1.1\r\nHost: test\r\nContent-Type: text/plain\r\n"
                       b"Transfer-Encoding: chunked\r\nContent-Encoding: " + coding.encode() + b"\r\n\r\n")
    for at in range(0, len(body), step):
        connection.sendall(b"%x\r\n%s\r\n" % (len(body[at:at + step]), body[at:at + step]))
        time.sleep(0.001)
    connection.sendall(b"0\r\n\r\n")
    reply = served.read_reply(connection)
    connection.close()
    return reply


def inflating():
    text = b"some words that come again, some words that come again; " * 50
    raw = zlib.compressobj(9, zlib.DEFLATED, -15)
    raw = raw.compress(text) + raw.flush()
    with Served(program, "--workers", "1") as server:
        brotli = coding_of(server, "br", "/notes/100")[2]
        notes = coding_of(server, None, "/notes/100")[2]
        for body, coding in ((gzip.compress(text), "gzip"), (gzip.compress(text), "x-gzip"), (zlib.compress(text), "deflate"),
                             (raw, "deflate"), (text, "identity"), (gzip.compress(zlib.compress(text)), "deflate, gzip"),
                             (gzip.compress(text[:100]) + gzip.compress(text[100:]), "gzip")):
            status, fields, content = post(server, body, coding)
            check((status, content) == (200, text), f"{coding}: {status}")
            status, fields, content = chunked(server, body, coding)
            check((status, content) == (200, text), f"{coding} in chunks: {status} {content[:100]}")
        check(post(server, brotli, "br")[::2] == (200, notes), "br")
        check(post(server, brotli, "br", "/coded/notes", "application/json")[::2] == (200, b"100"), "br of JSON")
        check(post(server, gzip.compress(b"x" * 65536), "gzip")[0] == 200, "just the limit")
        check(post(server, gzip.compress(b"x" * 65537), "gzip")[0] == 413, "one byte more")
        check(post(server, gzip.compress(bytes(100_000_000)), "gzip")[0] == 413, "a bomb")
        check(post(server, gzip.compress(gzip.compress(bytes(10_000_000))), "gzip, gzip")[0] == 413, "in a bomb")
        check(post(server, brotli[:-1], "br")[0] == 400, "br cut short")
        check(post(server, gzip.compress(text)[:-1], "gzip")[0] == 400, "gzip cut short")
        check(post(server, text, "gzip")[0] == 400, "not gzip at all")
        check(post(server, gzip.compress(text), "zstd")[0] == 415, "a coding that is not known")
        check(post(server, gzip.compress(text), "gzip,gzip,gzip,gzip,gzip")[0] == 415, "too many codings")
        check(post(server, gzip.compress(b"\xff"), "gzip")[0] == 400, "what comes out is checked")
        status, fields, content = server.ask("/slow", {"Content-Type": "text/plain", "Content-Encoding": "gzip"}, "POST",
                                             gzip.compress(text))
        check(status == 415, "where inflate() is not used")


def packed(text):
    return gzip.compress(text)


def limits():
    with Served(program, "--workers", "1") as server:
        for body, coding, want in ((b"x" * 1024, "identity", 200), (b"x" * 1025, "identity", 413),
                                   (packed(b"x" * 4096), "gzip", 200), (packed(b"x" * 4097), "gzip", 413),
                                   (packed(bytes(10_000_000)), "gzip", 413),
                                   (packed(packed(b"x" * 4096)), "gzip, gzip", 200), (packed(packed(b"x" * 4097)), "gzip, gzip", 413)):
            status = post(server, body, coding, "/coded/packed")[0]
            check(status == want, f"{len(body)} bytes of {coding} are {status}, not {want}")
            if len(body) < 2048:  # a longer one is refused, and its connection closed, while it is still sent
                status = chunked(server, body, coding, b"/coded/packed", 256)[0]
                check(status == want, f"the same in chunks is {status}")
        nest = lambda levels: b"[" * levels + b"]" * levels
        for body, fits in ((b'{"kids":[{}]}', True), (b'{"kids":[{"kids":[]}]}', False),
                           (b'{"extra":%s}' % nest(2), True), (b'{"extra":%s}' % nest(3), False),
                           (b'{"more":%s}' % nest(2), True), (b'{"more":%s}' % nest(3), False),
                           (b'{"kids":[{"more":{}}]}', False), (b'{"kids":[[]]}', None), (b'{"kids":[[[]]]}', False)):
            kinds = (("/deep/tree", "application/json", 204), ("/deep/lines", "application/x-ndjson", 200),
                     ("/deep/come", "application/x-ndjson", 200))
            for target, kind, good in kinds:
                status, _, content = server.ask(target, {"Content-Type": kind}, "POST", body)
                check(status == (good if fits else 422 if fits is None else 400), f"{target} {body}: {status} {content}")
        for levels, want in ((63, 200), (64, 400)):
            status = server.ask("/lines", {"Content-Type": "application/x-ndjson"}, "POST", b'{"more":%s}\n' % nest(levels))[0]
            check(status == want, f"a line of {levels + 1} levels is {status}")


def tracing():
    good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    with Served(program, "--workers", "1", "--log", "json") as server:
        seen = set()
        for given, same in ((good, True), (good[:-2] + "00", True), ("cc" + good[2:] + "-more", True), ("cc" + good[2:], True),
                            (good[:-1] + "3", True), (None, False), (good + "-more", False), ("ff" + good[2:], False),
                            (good.replace("4bf9", "4BF9"), False), (good.replace("4bf92f3577b34da6a3ce929d0e0e4736", "0" * 32), False),
                            (good.replace("00f067aa0ba902b7", "0" * 16), False), (good[:-1], False), ("cc" + good[2:] + "x", False),
                            (good.replace("-", "_"), False), ("", False)):
            status, fields, content = server.ask("/trace", {} if given is None else {"traceparent": given})
            match = re.fullmatch(r"00-([0-9a-f]{32})-([0-9a-f]{16})-(0[01])", content.decode())
            check(status == 200 and match, f"{given}: {content}")
            check((match[1] == "4bf92f3577b34da6a3ce929d0e0e4736") == same, f"{given}: {content}")
            check(match[2] != "00f067aa0ba902b7" and match[2] not in seen, f"{given}: a span of its own")
            check(not same or match[3] == f"0{int(given[53:55], 16) & 1}", f"{given}: {match[3]}")
            seen.add(match[2])
        timing = server.ask("/trace")[1]["server-timing"]
        check(len(timing) == 1 and re.fullmatch(r"db;dur=1\.234, total;dur=\d+\.\d{3}", timing[0]), f"{timing}")
        for target, status in (("/trace", 200), ("/nowhere", 404), ("/text?fail", 500), ("/items/x", 400)):
            got, fields, content = server.ask(target)
            for name, value in (("x-content-type-options", "nosniff"), ("x-frame-options", "SAMEORIGIN"),
                                ("content-security-policy", "frame-ancestors 'self'"), ("permissions-policy", "camera=()"),
                                ("cross-origin-opener-policy", "same-origin"),
                                ("cross-origin-resource-policy", "same-origin"),
                                ("referrer-policy", "strict-origin-when-cross-origin")):
                check(got == status and fields.get(name) == [value], f"{target}: {name}: {fields.get(name)}")


def limiting():
    with Served(program, "--workers", "2") as server:
        replies = [server.ask("/limited") for _ in range(12)]
        good = [reply for reply in replies if reply[0] == 200]
        bad = [reply for reply in replies if reply[0] == 429]
        check(len(good) + len(bad) == 12 and 5 <= len(good) <= 7, f"{len(good)} pass at once")
        check(good[0][1]["ratelimit-policy"] == ['"default";q=5;w=1'], f"{good[0][1]}")
        check(good[0][1]["ratelimit"] == ['"default";r=4;t=1'], f"{good[0][1]}")
        check(bad and bad[0][1]["retry-after"] == ["1"] and bad[0][1]["ratelimit"][0].startswith('"default";r=0;'),
              f"{bad[:1]}")
        time.sleep(0.45)
        check([server.ask("/limited")[0] for _ in range(2)] == [200, 200], "and again, as time goes by")
        time.sleep(1.2)
        got = [server.ask("/limited")[0] for _ in range(7)]
        check(5 <= got.count(200) <= 6, f"no more than the burst after a pause: {got}")
        check([server.ask("/keyed", {"X-Api-Key": "a"})[0] for _ in range(4)] == [200, 200, 200, 429], "one key")
        check([server.ask("/keyed", {"X-Api-Key": "b"})[0] for _ in range(4)] == [200, 200, 200, 429], "another one")
        check([server.ask("/keyed")[0] for _ in range(4)] == [200, 200, 200, 429], "none: by address")
        for number in range(500):
            server.ask("/keyed", {"X-Api-Key": f"k{number}"})
        check(server.ask("/keyed", {"X-Api-Key": "last"})[0] == 200, "a full table lets new ones in")
    with Served(program, "--workers", "4") as server:
        codes = []

        def hammer():
            codes.extend(server.ask("/keyed", {"X-Api-Key": "same"})[0] for _ in range(50))

        threads = [threading.Thread(target=hammer) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        check(codes.count(200) == 3, f"exactly the burst for four workers: {codes.count(200)}")


def cross_site():
    with Served(program, "--workers", "1") as server:
        host = "http://test"
        for fields, status in (({}, 204), ({"Sec-Fetch-Site": "same-origin"}, 204), ({"Sec-Fetch-Site": "none"}, 204),
                               ({"Sec-Fetch-Site": "cross-site"}, 403), ({"Sec-Fetch-Site": "same-site"}, 403),
                               ({"Sec-Fetch-Site": "cross-site", "Origin": "https://a.friend.example"}, 204),
                               ({"Sec-Fetch-Site": "cross-site", "Origin": "https://friend.example"}, 403),
                               ({"Origin": host}, 204), ({"Origin": "https://test"}, 204), ({"Origin": "http://evil.example"}, 403),
                               ({"Origin": "null"}, 403), ({"Origin": "http://test.evil.example"}, 403),
                               ({"Origin": "http://test:81"}, 403), ({"Origin": "https://x.friend.example"}, 204)):
            got = server.ask("/form", fields, "POST")[0]
            check(got == status, f"{fields}: {got}, not {status}")
        check(server.ask("/form", {"Sec-Fetch-Site": "cross-site"})[0] == 200, "a link from elsewhere")
        check(server.ask("/form", {"Sec-Fetch-Site": "cross-site", "Upgrade": "websocket"})[0] == 403, "a handshake is none")


def fitness():
    with Served(program, "--workers", "1") as server:
        check(server.ask("/fit")[::2] == (200, b"ready\n"), "fit")
        check(server.ask("/fit", {"X-Unfit": "1"})[::2] == (503, b"not ready\n"), "unfit")


def number_of(reply):
    return int(reply[2].split(b":")[0])


def caching():
    with Served(program, "--workers", "4") as server:
        for _ in range(3):
            server.ask("/kept/1", method="PUT")
            before = number_of(server.ask("/kept/2"))  # made after the change
            made = {number_of(server.ask("/kept/1")) for _ in range(24)}
            check(len(made) <= 4, f"each worker keeps one: {made}")
            check(min(made) > before, f"what changed is forgotten by all workers: {made} after {before}")
            server.ask("/kept/2", method="PUT")
    with Served(program, "--workers", "1") as server:
        for path in ("/kept/1", "/kept/async", "/kept/blocking"):
            first, second = server.ask(path), server.ask(path)
            check("age" not in first[1] and second[1].get("age") == ["0"], f"{path} is kept: {second}")
            check(first[2] == second[2], f"{path}: {first[2]} is the same as {second[2]}")
            check(first[1]["etag"] == second[1]["etag"], f"{path} has the same tag")
            check(second[1]["cache-status"] == ["flare; hit; ttl=60"], f"{path}: {second[1]}")
            check(second[1]["x-request-id"] != first[1]["x-request-id"], "what others add is not kept")
            check(len(second[1]["server-timing"]) == 1, f"once: {second[1]}")
        coded = server.ask("/kept/1", {"Accept-Encoding": "gzip"})
        check(coded[1].get("content-encoding") == ["gzip"] and "age" in coded[1], "a kept reply is coded")
        check(number_of((0, 0, gzip.decompress(coded[2]))) == number_of(server.ask("/kept/1")), "and the same")
        tag = coded[1]["etag"][0]
        check(server.ask("/kept/1", {"If-None-Match": tag})[0] == 304, "a condition is judged")


def stale():
    """One asks for a fresh reply while the others get the old one; an error is not seen while there is one."""
    paths = ("/stale/async", "/stale/blocking")
    with Served(program, "--workers", "1") as server:
        old = {path: server.ask(path)[2] for path in paths}
        time.sleep(1.05)
        for path in paths:
            with server.dial() as asking:
                asking.sendall(f"GET {path} HTTP/1.1\r\nHost: test\r\nX-Hold: 1\r\n\r\n".encode())
                while server.ask("/held")[2] != b"1":
                    time.sleep(0.005)
                for _ in range(3):
                    status, fields, content = server.ask(path)
                    check((status, content) == (200, old[path]) and re.match(r"flare; hit; ttl=-?\d", fields["cache-status"][0]),
                          f"{path} as it was: {status} {fields}")
                server.ask("/held", method="PUT")
                status, fields, content = served.read_reply(asking)
            check((status, fields["cache-status"]) == (200, ["flare; fwd=miss; stored; ttl=1"]) and content != old[path],
                  f"{path} who asked gets the fresh one: {fields}")
            old[path] = content
        time.sleep(1.05)
        for path in paths:
            status, fields, content = server.ask(path, {"X-Fail": "1"})
            check((status, content) == (200, old[path]) and
                  fields["cache-status"] == ["flare; fwd=stale; fwd-status=500"], f"{path} in place of an error: {fields}")


def tag_of(server, target, fields=None, method="GET"):
    status, got, content = server.ask(target, fields, method)
    return status, (got.get("etag") or [None])[0], content


def tagging():
    with Served(program, "--workers", "1") as server:
        status, tag, content = tag_of(server, "/tagged/300")
        check(status == 200 and re.fullmatch(r'"[0-9a-f]{16}"', tag or "") and len(content) == 300, f"a tag: {tag}")
        check(tag_of(server, "/tagged/300")[1] == tag != tag_of(server, "/tagged/301")[1], "of the content")
        check(tag_of(server, "/tagged/300", method="HEAD")[1] == tag, "the same of HEAD")
        for fields, expected in (({"If-None-Match": tag}, 304), ({"If-None-Match": f'"x", W/{tag}'}, 304),
                                 ({"If-None-Match": '"x"'}, 200), ({"If-None-Match": "*"}, 304), ({"If-Match": tag}, 200),
                                 ({"If-Match": '"x"'}, 412), ({"If-Match": f"W/{tag}"}, 412),
                                 ({"If-Match": tag, "If-None-Match": tag}, 304),
                                 ({"If-Modified-Since": "Sun, 06 Nov 1994 08:49:37 GMT"}, 200)):
            for method in "GET", "HEAD":
                status, fields_of, content = server.ask("/tagged/300", fields, method)
                check(status == expected, f"{method} {fields}: {status}, not {expected}")
                if status == 304:
                    check(fields_of.get("etag") == [tag] and content == b"" and fields_of.get("vary") == ["Accept-Encoding"],
                          f"a 304 says what the 200 said: {fields_of}")
        coded = tag_of(server, "/tagged/300", {"Accept-Encoding": "gzip"})
        check(coded[1] == "W/" + tag, f"coded, it is weak: {coded[1]}")
        check(tag_of(server, "/tagged/300", {"Accept-Encoding": "gzip", "If-None-Match": coded[1]})[0] == 304, "and found")
        check(tag_of(server, "/tagged/0", {"If-Match": '"x"'})[0] == 404, "conditions are of what is there")
        check(tag_of(server, "/tagged/300", {"If-None-Match": "*"}, "PUT")[0] == 204, "PUT is its handler's")
        check(tag_of(server, "/tagged/weak")[1] == 'W/"own"', "a handler's own tag")
        check(tag_of(server, "/tagged/weak", {"If-None-Match": '"own"'})[0] == 304, "is judged by")
        check(tag_of(server, "/tagged/weak", {"If-Match": 'W/"own"'})[0] == 412, "strongly, too")
        for name, second, expected in (("If-Modified-Since", 37, 304), ("If-Modified-Since", 36, 200),
                                       ("If-Unmodified-Since", 37, 200), ("If-Unmodified-Since", 36, 412)):
            status = server.ask("/tagged/dated", {name: f"Sun, 06 Nov 1994 08:49:{second} GMT"})[0]
            check(status == expected, f"{name} …:{second}: {status}, not {expected}")


def sampling():
    with Served(program, "--workers", "1", "--log", "json") as server:
        many_tagged = 4000
        connection = server.dial()
        file = connection.makefile("rb")
        for _ in range(many_tagged // 100):
            connection.sendall(b"GET /tagged/1 HTTP/1.1\r\nHost: test\r\n\r\n" * 100)
            for _ in range(100):
                length = 0
                for line in iter(file.readline, b"\r\n"):
                    if line.lower().startswith(b"content-length:"):
                        length = int(line.split(b":")[1])
                file.read(length)
        connection.close()
        for _ in range(50):
            server.ask("/tagged/0?a=1&token=hush&oth%65r=hush2&b", {"X-Tenant": "blue", "X-Api-Key": "hush3"})
    lines = [json.loads(line) for line in server.logged.splitlines()]
    good = sum(1 for line in lines if line.get("status") == 200)
    bad = [line for line in lines if line.get("status") == 404]
    check(800 < good < 1200, f"a quarter of 4000: {good}")
    check(len(bad) == 50, f"each error: {len(bad)}")
    check(all(line.get("query") == "a=1&token=-&oth%65r=-&b" and line.get("X-Tenant") == "blue" and
              line.get("X-Api-Key") == "-" for line in bad), f"redacted: {bad[:1]}")
    check("hush" not in server.logged, "nothing that is redacted")


def transport():
    """Strict-Transport-Security is for replies over TLS."""
    if not shutil.which("openssl") or not shutil.which("curl"):
        print("skipped: Strict-Transport-Security because openssl or curl is missing")
        return
    with tempfile.TemporaryDirectory() as folder:
        key, certificate = os.path.join(folder, "key"), os.path.join(folder, "certificate")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
                        "-out", certificate, "-days", "2", "-subj", "/CN=localhost"], check=True, capture_output=True)
        with Served(program, "--workers", "1", "--listen", "tls:127.0.0.1:0", "--tls-cert", certificate, "--tls-key", key) as server:
            address = re.search(r"https://\S+", server.process.stdout.readline())[0]
            check("strict-transport-security" not in server.ask("/text")[1], "not in the clear")
            for version in "--http1.1", "--http2":
                for path in "/text", "/nowhere":
                    got = subprocess.run(["curl", "-ksi", version, address + path], capture_output=True, text=True, timeout=20).stdout
                    check("strict-transport-security: max-age=2592000\n" in got.lower().replace("\r", ""), f"over TLS, {version} {path}: {got}")


metrics()
transport()
tagging()
sampling()
readiness()
limiting()
cross_site()
tracing()
compression()
inflating()
limits()
caching()
stale()
fitness()
sys.exit(1 if served.failed else 0)
