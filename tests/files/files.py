#!/usr/bin/env python3
"""files.py SITE: a folder as clients meet it, over each wire, and what must not be had of it."""
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "..", "uses"))
import served
from served import Served, check

program = os.path.abspath(sys.argv[1])
large = bytes(i * 7 % 251 for i in range(1_000_003))


def one(fields, name):
    return (fields.get(name) or [""])[0]


def fetch(wire, url, *flags):
    """By curl: the status and the content."""
    made = subprocess.run(["curl", "-sk", "-m", "20", "--path-as-is", *wire, *flags, "-w", "\n%{http_code}", url],
                          capture_output=True).stdout
    content, _, status = made.rpartition(b"\n")
    return int(status), content


def validators(site):
    status, fields, content = site.ask("/assets/css/plain.css")
    check(status == 200 and content == b"body { color: #333 }\n", "a file is served")
    check(one(fields, "content-type") == "text/css; charset=utf-8", "its media type")
    check(one(fields, "cache-control") == "public, max-age=60", "its Cache-Control")
    tag, date = one(fields, "etag"), one(fields, "last-modified")
    check(re.fullmatch(r'"[0-9a-f]{16}"', tag) and date.endswith("GMT"), "strong tag and date")
    for name, value, want in [("If-None-Match", tag, 304), ("If-None-Match", f'"x", W/{tag}', 304),
                              ("If-None-Match", '"x"', 200), ("If-Modified-Since", date, 304),
                              ("If-Match", '"x"', 412), ("If-Match", tag, 200),
                              ("If-Unmodified-Since", "Thu, 01 Jan 1970 00:00:01 GMT", 412)]:
        status, fields, content = site.ask("/assets/css/plain.css", {name: value})
        check(status == want, f"{name}: {value} is {status}, not {want}")
        if status == 304:
            check(one(fields, "etag") == tag and content == b"", "a 304 has the tag and no content")
    status, fields, content = site.ask("/assets/css/plain.css", method="HEAD")
    check(status == 200 and one(fields, "content-length") == "21" and content == b"", "HEAD of a small file")
    status, fields, content = site.ask("/assets/large.bin", method="HEAD")
    check(status == 200 and one(fields, "content-length") == str(len(large)), "HEAD of a large file")
    with open("public/css/plain.css", "a") as file:
        file.write("p {}\n")
    check(one(site.ask("/assets/css/plain.css")[1], "etag") != tag, "another content has another tag")
    check(site.ask("/assets/css/plain.css", method="POST", body=b"")[0] == 405, "POST is a 405")


def parts(fields, content):
    """The parts of a multipart reply, as (first, last, bytes)."""
    boundary = one(fields, "content-type").partition("boundary=")[2].encode()
    pieces = content.split(b"\r\n--" + boundary)
    check(pieces[0] == b"" and pieces[-1] == b"--\r\n", "parts have their boundaries")
    found = []
    for piece in pieces[1:-1]:
        head, _, body = piece.partition(b"\r\n\r\n")
        first, last, size = map(int, re.search(rb"Content-Range: bytes (\d+)-(\d+)/(\d+)", head).groups())
        check(size == len(large) and b"Content-Type: application/octet-stream" in head, "each part has a head")
        found.append((first, last, body))
    return found


def ranges(site):
    for text, first, last in [("0-0", 0, 0), ("5-104", 5, 104), ("900000-", 900000, len(large) - 1),
                              ("-7", len(large) - 7, len(large) - 1), ("10-500000", 10, 500000)]:
        status, fields, content = site.ask("/assets/large.bin", {"Range": f"bytes={text}"})
        check(status == 206 and one(fields, "content-range") == f"bytes {first}-{last}/{len(large)}",
              f"range {text}: {status} {one(fields, 'content-range')}")
        check(content == large[first:last + 1], f"content of range {text}")
    status, fields, content = site.ask("/assets/large.bin", {"Range": "bytes=0-99,-5,1000-400000"})
    check(status == 206, "several ranges")
    for (first, last, body), want in zip(parts(fields, content), [(0, 99), (len(large) - 5, len(large) - 1), (1000, 400000)]):
        check((first, last) == want and body == large[first:last + 1], f"part {want}")
    status, fields, _ = site.ask("/assets/large.bin", {"Range": f"bytes={len(large)}-"})
    check(status == 416 and one(fields, "content-range") == f"bytes */{len(large)}", "beyond the end: 416")
    check("etag" not in fields and "cache-control" not in fields, "a 416 says nothing of the file")
    for text in ["bytes=5-4", "lines=1-2", "bytes=0-9,5-20"]:
        check(site.ask("/assets/large.bin", {"Range": text})[0] == 200, f"{text} is ignored")
    tag = one(site.ask("/assets/large.bin", method="HEAD")[1], "etag")
    check(site.ask("/assets/large.bin", {"Range": "bytes=0-1", "If-Range": tag})[0] == 206, "If-Range that fits")
    check(site.ask("/assets/large.bin", {"Range": "bytes=0-1", "If-Range": '"x"'})[0] == 200, "If-Range that does not")


def codings(site):
    for asked, want in [("gzip", "gzip"), ("br", "br"), ("gzip, br", "br"), ("br;q=0.1, gzip", "gzip"),
                        ("deflate", ""), ("br;q=0, gzip;q=0", "")]:
        status, fields, content = site.ask("/assets/index.html", {"Accept-Encoding": asked})
        check(status == 200 and one(fields, "content-encoding") == want, f"{asked} gets {one(fields, 'content-encoding')!r}")
        check(one(fields, "vary") == "Accept-Encoding" and one(fields, "content-type").startswith("text/html"), "and says so")
    status, fields, _ = site.ask("/coded/css/plain.css", {"Accept-Encoding": "gzip"})
    check(status == 200, "under compress()")
    check(site.ask("/coded/large.bin", {"Accept-Encoding": "gzip"})[2] == large, "a large one passes compress()")


def folders(site):
    check(site.ask("/assets/")[2].startswith(b"<!doctype"), "an index stands for its folder")
    check(site.ask("/")[2].startswith(b"<!doctype"), "one file")
    status, fields, _ = site.ask("/assets/css?x=1")
    check(status == 301 and one(fields, "location") == "/assets/css/?x=1", "a folder without a slash")
    check(site.ask("/assets/css/")[0] == 404, "no listing unless it is asked for")
    status, fields, content = site.ask("/listed/odd/")
    check(status == 200 and one(fields, "content-security-policy") == "default-src 'none'", "a listing")
    check(b'href="./%3Cb%3E%26%22.txt">&lt;b&gt;&amp;".txt</a>' in content, "its names are escaped")
    check(b'href="./in/">in/</a>' in content and b".secret" not in content, "folders, and nothing hidden")
    check(site.ask("/listed/odd/%3Cb%3E%26%22.txt")[2] == b"odd", "the link leads there")


CORPUS = ["../outside.txt", "..%2foutside.txt", "%2e%2e/outside.txt", "css/../../outside.txt", "leak", "leaks/outside.txt",
          "absolute", ".hidden", "odd/.secret", "css%2fplain.css", "css//plain.css", "/etc/passwd", "%2fetc/passwd",
          "..%5coutside.txt", "%00", "css/plain.css%00.txt", "..;/outside.txt", "css/plain.css/", "fifo", "none",
          "%c0%ae%c0%ae/outside.txt", "....//outside.txt", "x" * 5000, "a/" * 2000, "\\..\\outside.txt".replace("\\", "%5C")]


def traversal(site):
    for prefix in ["/assets/", "/listed/", "/held/"]:
        for path in CORPUS:
            status, _, content = site.ask(prefix + path)
            check(status in (400, 404, 414) and b"outside" not in content, f"{prefix}{path[:40]} is {status}")
    check(site.ask("/assets/link.css")[0] == 200, "a link that stays in the folder")


def held(site):
    check(site.ask("/held/sub/deep/note.txt")[2] == b"deep\n", "a file of the program")
    status, fields, _ = site.ask("/held/css/plain.css")
    check(status == 200 and "last-modified" not in fields, "the program's own, not the folder's")
    check(site.ask("/held/css/plain.css", {"If-None-Match": one(fields, "etag")})[0] == 304, "and its tag")
    check(site.ask("/held/css/plain.css", {"If-Modified-Since": "Sun, 06 Nov 2094 08:49:37 GMT"})[0] == 200, "it has no date")
    check(site.ask("/held/css/plain.css", {"Range": "bytes=-3"})[2] == b"3 }\n"[-3:], "and its ranges")
    check(site.ask("/held/sub")[0] == 301 and site.ask("/held/")[2].startswith(b"<!doctype"), "and its folders")


def wires(site, secure):
    plain = f"http://127.0.0.1:{site.address[1]}"
    for wire, base in [(["--http1.1"], plain), (["--http1.0"], plain), (["--http2-prior-knowledge"], plain),
                       (["--http1.1"], secure), (["--http2"], secure)]:
        if base is None:
            continue
        check(fetch(wire, base + "/assets/large.bin") == (200, large), f"a large file by {wire} {base}")
        check(fetch(wire, base + "/assets/large.bin", "-r", "7-900001") == (206, large[7:900002]), f"a range by {wire} {base}")
        status, content = fetch(wire, base + "/assets/large.bin", "-r", "0-9,700000-")
        check(status == 206 and large[700000:] in content, f"ranges by {wire} {base}")
        check(fetch(wire, base + "/held/css/plain.css")[0] == 200, f"a held file by {wire} {base}")


def truncated(site):
    """The content ends early: the connection does, too, and the next request is served."""
    with open("public/shrinks.bin", "wb") as file:
        file.truncate(64 << 20)
    connection = site.dial()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    connection.sendall(b"GET /assets/shrinks.bin HTTP/1.1\r\nHost: x\r\n\r\n")
    connection.recv(1000)
    os.truncate("public/shrinks.bin", 100)
    got = 0
    try:
        while more := connection.recv(1 << 20):
            got += len(more)
    except ConnectionResetError:
        pass
    check(got < 64 << 20, "a file that shrinks ends the connection")
    check(site.ask("/assets/css/plain.css")[0] == 200, "and nothing else")


def stalled(site):
    """A peer that takes nothing is let go after write_time, and its file with it."""
    time.sleep(0.3)  # for what came before to be closed
    before = len(os.listdir(f"/proc/{site.process.pid}/fd"))
    with open("public/shrinks.bin", "wb") as file:
        file.truncate(64 << 20)
    connection = site.dial()
    connection.sendall(b"GET /assets/shrinks.bin HTTP/1.1\r\nHost: x\r\n\r\n")
    time.sleep(0.3)
    check(len(os.listdir(f"/proc/{site.process.pid}/fd")) == before + 2, "a connection and a file while it is sent")
    for _ in range(60):
        if len(os.listdir(f"/proc/{site.process.pid}/fd")) == before:
            break
        time.sleep(0.1)
    check(len(os.listdir(f"/proc/{site.process.pid}/fd")) == before, "a peer that takes nothing is let go")
    connection.close()


def prepare(folder):
    shutil.copytree(os.path.join(here, "public"), os.path.join(folder, "public"))
    os.chdir(folder)
    with open("outside.txt", "w") as file:
        file.write("outside")
    with open("public/large.bin", "wb") as file:
        file.write(large)
    for name, content in [("index.html.gz", b"gz"), ("index.html.br", b"br")]:
        with open("public/" + name, "wb") as file:
            file.write(content)
    os.makedirs("public/odd/in")
    for name in ['<b>&".txt', ".secret"]:
        with open("public/odd/" + name, "w") as file:
            file.write("odd")
    os.symlink("../outside.txt", "public/leak")
    os.symlink("..", "public/leaks")
    os.symlink("/etc/passwd", "public/absolute")
    os.symlink("css/plain.css", "public/link.css")
    os.mkfifo("public/fifo")


def certificate():
    made = subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                           "-keyout", "key.pem", "-out", "cert.pem", "-days", "2", "-subj", "/CN=localhost"],
                          capture_output=True)
    return made.returncode == 0


def main():
    if not shutil.which("openssl") or not certificate():
        print("skipped: the wires over TLS, because openssl is missing")
        secure, flags = None, []
    else:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        secure = f"https://127.0.0.1:{port}"
        flags = ["--listen", f"tls:127.0.0.1:{port}", "--tls-cert", "cert.pem", "--tls-key", "key.pem"]
    with Served(program, *flags) as site:
        for test in [validators, ranges, codings, folders, traversal, held, truncated, stalled]:
            test(site)
        wires(site, secure)
    check(site.status == 0, f"the end: {site.status}")
    print(site.logged[-2000:] if served.failed else "", end="")


with tempfile.TemporaryDirectory() as folder:
    prepare(folder)
    main()
    os.chdir("/")
sys.exit(1 if served.failed else 0)
