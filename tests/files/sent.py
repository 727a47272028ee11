#!/usr/bin/env python3
"""sent.py SENT: a handler's replies that are files, as clients meet them."""
import os
import re
import resource
import shutil
import socket
import subprocess
import sys
import tempfile

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "..", "uses"))
import served
from served import Served, check, read_reply

program = os.path.abspath(sys.argv[1])
large = bytes(i * 7 % 251 for i in range(1_000_003))
NAMES = [("report.pdf", 'attachment; filename="report.pdf"'),
         ("a%20b.txt", 'attachment; filename="a b.txt"'),
         ("%E2%82%AC%20rates", "attachment; filename=\"_ rates\"; filename*=UTF-8''%E2%82%AC%20rates"),
         ("50%25.txt", "attachment; filename=\"50_.txt\"; filename*=UTF-8''50%25.txt"),
         ("%22x%22", "attachment; filename=\"_x_\"; filename*=UTF-8''%22x%22"),
         ("..%2F..%5Cetc%2Fpasswd", 'attachment; filename=".._.._etc_passwd"')]


def one(fields, name):
    return (fields.get(name) or [""])[0]


def small(site):
    status, fields, content = site.ask("/path/small.txt")
    check((status, content) == (200, b"some words\n"), f"a small file: {status}")
    check(one(fields, "content-type").startswith("text/plain"), "its media type is by its name")
    check(one(fields, "x-content-type-options") == "nosniff" and "content-disposition" not in fields, "its fields")
    tag, date = one(fields, "etag"), one(fields, "last-modified")
    check(re.fullmatch(r'"[0-9a-f]{16}"', tag) and date.endswith("GMT"), "tag and date")
    for name, value, want in [("If-None-Match", tag, 304), ("If-Modified-Since", date, 304), ("If-Match", '"x"', 412),
                              ("If-Match", tag, 200), ("Range", "bytes=5-9", 206), ("Range", "bytes=11-", 416)]:
        status, fields, content = site.ask("/path/small.txt", {name: value})
        check(status == want, f"{name}: {value} is {status}, not {want}")
        if status == 206:
            check(content == b"words" and one(fields, "content-range") == "bytes 5-9/11", "a range of it")
    status, fields, content = site.ask("/path/small.txt", method="HEAD")
    check(status == 200 and one(fields, "content-length") == "11" and content == b"", "HEAD of it")
    check(site.ask("/path/empty.txt")[::2] == (200, b""), "an empty one")
    check(one(site.ask("/path/large.bin")[1], "content-type") == "application/octet-stream", "of no name that is known")


def names(site):
    for name, want in NAMES:
        fields = site.ask("/path/small.txt?save_as=" + name)[1]
        check(one(fields, "content-disposition") == want, f"{name}: {one(fields, 'content-disposition')}")
    fields = site.ask("/path/small.txt?shown=true&save_as=a.txt")[1]
    check(one(fields, "content-disposition") == 'inline; filename="a.txt"', "one that is to be shown")
    check(site.ask("/path/small.txt?save_as=" + "n" * 255)[0] == 200, "the longest name")
    check(site.ask("/path/small.txt?save_as=" + "n" * 256)[0] == 500, "a byte more")
    for name in ["a%0d%0ab", "a%7f", "%c2%85"]:
        check(site.ask("/path/small.txt?save_as=" + name)[0] == 500, f"{name} can't be sent")


def ranges(site):
    for target in ["/held", "/pool"]:
        status, fields, content = site.ask(target, {"Accept-Encoding": "gzip"})
        check((status, content) == (200, large) and "content-encoding" not in fields, f"{target}: {status}")
        status, fields, content = site.ask(target, {"Range": "bytes=10-900000"})
        check(status == 206 and content == large[10:900001], f"a range of {target}")
        status, fields, content = site.ask(target, {"Range": "bytes=0-9,-5,1000-400000"})
        check(status == 206 and one(fields, "content-type").startswith("multipart/byteranges") and
              int(one(fields, "content-length")) == len(content) and large[1000:400001] in content, f"ranges of {target}")
        status, fields, content = site.ask(target, method="HEAD")
        check(status == 200 and one(fields, "content-length") == str(len(large)) and content == b"", f"HEAD of {target}")
        check(site.ask(target, {"If-None-Match": one(fields, "etag")})[0] == 304, f"{target} as it is known")
    fields = site.ask("/held")[1]
    check((one(fields, "content-type"), one(fields, "cache-control"), one(fields, "x-made")) ==
          ("application/pdf", "no-cache", "7"), "what the reply declares")
    connection = site.dial()
    for _ in range(3):
        check(site.ask("/held", connection=connection)[2] == large, "one after the other")
    connection.close()


def declared(site):
    """A refusal has none of what the reply declares for its file, a 304 nothing of its content; cookies are in both."""
    of_file = ["cache-control", "content-language", "content-disposition", "x-made", "etag", "last-modified"]
    status, fields, content = site.ask("/declared")
    check(status == 200 and all(name in fields for name in of_file), f"all of it: {fields}")
    tag = one(fields, "etag")
    for name, value, want in [("If-Match", '"x"', 412), ("If-Unmodified-Since", "Sat, 29 Oct 1994 19:43:31 GMT", 412),
                              ("Range", "bytes=11-", 416)]:
        status, fields, content = site.ask("/declared", {name: value, "X-Request-Id": "a-request-of-mine"})
        check(status == want and not [name for name in of_file if name in fields], f"{name}: {status} {fields}")
        check(one(fields, "content-type") == "application/problem+json" and b'"status":%d' % want in content, f"{content}")
        check((one(fields, "x-request-id"), one(fields, "set-cookie").split(";")[0]) == ("a-request-of-mine", "seen=yes"),
              f"what is not of the file: {fields}")
        check(one(fields, "content-range") == ("bytes */11" if want == 416 else ""), "how long it is")
    status, fields, content = site.ask("/declared", {"If-None-Match": tag, "X-Request-Id": "a-request-of-mine"})
    check(status == 304 and content == b"" and "x-request-id" in fields and "set-cookie" in fields, f"{status} {fields}")
    check([one(fields, name) for name in ("etag", "cache-control", "x-made")] == [tag, "public, max-age=3600", "7"] and
          "last-modified" in fields, f"what a cache asks for: {fields}")
    check("content-disposition" not in fields and "content-language" not in fields, f"no fields of content: {fields}")


def refused(site):
    for name in ["none.txt", "folder", "fifo", "loop"]:
        check(site.ask("/path/" + name)[0] == 500, f"{name} is no file to send")
    status, fields, content = site.ask("/made", {"If-None-Match": "*", "Range": "bytes=0-1"}, "POST", b"")
    check((status, content) == (201, b"some words\n") and "etag" not in fields, "what was made knows no conditions")


def without_descriptors(site):
    """None is left for the file: 503, and the next one is served."""
    connection = site.dial()
    check(site.ask("/path/small.txt", connection=connection)[0] == 200, "a connection is open")
    before = resource.prlimit(site.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(site.process.pid, resource.RLIMIT_NOFILE, (3, before[1]))
    for target in ["/path/small.txt", "/held"]:
        status = site.ask(target, connection=connection)[0]
        check(status == 503, f"{target} without a descriptor is {status}")
    resource.prlimit(site.process.pid, resource.RLIMIT_NOFILE, before)
    check(site.ask("/held", connection=connection)[2] == large, "and with one again")
    connection.close()


def slowly(site, target):
    connection = site.dial()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    connection.sendall(b"GET " + target + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    return connection, connection.recv(1000)


def drain(connection, data):
    try:
        while more := connection.recv(1 << 20):
            data += more
    except ConnectionResetError:
        pass
    connection.close()
    return data


def truncated(site):
    with open("shrinks.bin", "wb") as file:
        file.truncate(64 << 20)
    connection, first = slowly(site, b"/path/shrinks.bin")
    os.truncate("shrinks.bin", 100)
    check(len(drain(connection, first)) < 64 << 20, "a file that shrinks ends the connection")
    check(site.ask("/path/small.txt")[0] == 200, "and nothing else")


def closed(site):
    """The handler's own descriptor is another file while what it was is sent."""
    with open("held.bin", "wb") as file:
        file.write(large * 16)
    check(site.ask("/held", method="HEAD")[0] == 200, "it is written in its place")
    connection, first = slowly(site, b"/held")
    check(site.ask("/drop", method="POST", body=b"")[0] == 204, "it is dropped")
    check(drain(connection, first).endswith(b"\r\n\r\n" + large * 16), "what was begun is sent to its end")
    check(site.ask("/held")[2] == b"some words\n", "the next is the other file")


def wires(site, secure):
    plain = f"http://127.0.0.1:{site.address[1]}"
    for wire, base in [("--http1.0", plain), ("--http2-prior-knowledge", plain), ("--http1.1", secure), ("--http2", secure)]:
        for target in ["/path/large.bin", "/pool"]:
            if base is None or shutil.which("curl") is None:
                continue
            made = subprocess.run(["curl", "-sk", "-m", "20", wire, "-r", "7-900001", "-w", "\n%{http_code}", base + target],
                                  capture_output=True).stdout
            check(made == large[7:900002] + b"\n206", f"{target} by {wire} {base}: {made[-3:]}")


def prepare():
    for name, content in [("small.txt", b"some words\n"), ("empty.txt", b""), ("large.bin", large), ("held.bin", large)]:
        with open(name, "wb") as file:
            file.write(content)
    os.mkdir("folder")
    os.mkfifo("fifo")
    os.symlink("loop", "loop")


def main():
    secure, flags = None, []
    made = shutil.which("openssl") and subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "key.pem",
         "-out", "cert.pem", "-days", "2", "-subj", "/CN=localhost"], capture_output=True)
    if made and made.returncode == 0:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        secure = f"https://127.0.0.1:{port}"
        flags = ["--listen", f"tls:127.0.0.1:{port}", "--tls-cert", "cert.pem", "--tls-key", "key.pem"]
    else:
        print("skipped: the wires over TLS, because openssl is missing")
    with Served(program, *flags) as site:
        for test in [small, names, ranges, declared, refused, without_descriptors, truncated]:
            test(site)
        wires(site, secure)
        closed(site)
    check(site.status == 0, f"the end: {site.status}")
    check("fifo: no regular file" in site.logged and "none.txt" in site.logged, "the log says which")
    print(site.logged[-2000:] if served.failed else "", end="")


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    prepare()
    main()
    os.chdir("/")
sys.exit(1 if served.failed else 0)
