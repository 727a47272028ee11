#!/usr/bin/env python3
"""neighbours.py FRONT: proxy() behind nginx and h2o, and before them."""
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "..", "uses"))
sys.path.insert(0, here)
import served
from served import Served, check
from upstream import Upstream

program = os.path.abspath(sys.argv[1])
large = os.urandom(3 << 20)

NGINX = """daemon off; pid nginx.pid; error_log stderr crit; worker_processes 1; USER
events {}
http {
    access_log off; client_max_body_size 64m; keepalive_timeout 5s;
    client_body_temp_path .; proxy_temp_path .; fastcgi_temp_path .; uwsgi_temp_path .; scgi_temp_path .;
    map $http_upgrade $connection_upgrade { default ""; websocket upgrade; }
    server { listen unix:up.sock; listen unix:up2.sock http2; root site; }
    server {
        listen unix:front.sock;
        location / {
            proxy_pass http://FRONT; proxy_http_version 1.1; proxy_request_buffering off; proxy_buffering off;
            proxy_set_header Host $host; proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        }
    }
}
"""
H2O = """USER
num-threads: 1
access-log: /dev/null
error-log: h2o.log
hosts:
  "behind":
    listen: { type: unix, port: up.sock }
    paths: { "/": { file.dir: site } }
  "behind, of HTTP/2":
    listen: { type: unix, port: up2.sock }
    paths: { "/": { file.dir: site } }
  "front":
    listen: { type: unix, port: front.sock }
    paths: { "/": { proxy.reverse.url: "http://FRONT/" } }
"""


def answers(path):
    with socket.socket(socket.AF_UNIX) as connection:
        return connection.connect_ex(path) == 0


def start(name, address):
    """Starts it in this folder, and waits for its sockets."""
    where = f"{address[0]}:{address[1]}"
    root = os.geteuid() == 0
    text = NGINX if name == "nginx" else H2O
    text = text.replace("USER", ("user root;" if name == "nginx" else "user: root") if root else "").replace("FRONT", where)
    with open(f"{name}.conf", "w") as file:
        file.write(text)
    command = [shutil.which(name) or f"/usr/sbin/{name}"]
    command += ["-p", os.getcwd() + "/", "-e", "stderr", "-c", "nginx.conf"] if name == "nginx" else ["-c", "h2o.conf"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 20
    while not (answers("front.sock") and answers("up.sock")):
        if process.poll() is not None or time.monotonic() > until:
            process.kill()
            raise SystemExit(f"{name} does not start: {process.stderr.read()}")
        time.sleep(0.02)
    return process


def curl(*arguments, data=None):
    made = subprocess.run(["curl", "-sS", "-m", "20", *arguments], input=data, capture_output=True)
    return made.stdout + made.stderr


def behind(name, front):
    """flare asks the other."""
    url = f"http://{front.address[0]}:{front.address[1]}/up"
    check(curl(f"{url}/large") == large, f"{name} behind: a file")
    head = curl("-I", f"{url}/large").decode().lower()
    check(f"content-length: {len(large)}" in head and f"server: {name}" in head and "via: 1.1 flare" in head, f"{name} behind: HEAD")
    tag = next(line.split(" ")[1] for line in head.split("\r\n") if line.startswith("etag:"))
    check(b" 304 " in curl("-i", "-H", f"If-None-Match: {tag}", f"{url}/large").split(b"\r\n")[0], f"{name} behind: 304")
    check(curl("-r", "5-9", f"{url}/large") == large[5:10], f"{name} behind: a range")
    check(b" 404 " in curl("-i", f"{url}/nothing").split(b"\r\n")[0], f"{name} behind: its own 404")
    check(curl("--http2-prior-knowledge", f"{url}/large") == large, f"{name} behind: over HTTP/2")
    url += "2"
    check(curl(f"{url}/large") == large, f"{name} behind, of HTTP/2: a file")
    check(curl("-r", "5-9", f"{url}/large") == large[5:10], f"{name} behind, of HTTP/2: a range")
    head = curl("-I", f"{url}/large").decode().lower()
    check(f"content-length: {len(large)}" in head and "via: 2.0 flare" in head, f"{name} behind, of HTTP/2: HEAD: {head}")
    check(b" 404 " in curl("-i", f"{url}/nothing").split(b"\r\n")[0], f"{name} behind, of HTTP/2: its own 404")
    check(curl("--http2-prior-knowledge", f"{url}/large") == large, f"{name} behind, of HTTP/2: on both sides")


def before(name, up):
    """The other asks flare, which asks a test."""
    url = "http://test/up"
    through = ["--unix-socket", "front.sock"]
    check(curl(*through, "--data-binary", "@-", f"{url}/echo", data=large) == large, f"{name} before: both ways")
    asked = up.last()
    check(asked.all("via")[-1].endswith("flare") and len(asked.all("forwarded")) == 1, f"{name} before: what flare adds")
    check(curl(*through, "-H", "Content-Length:", "-T", "-", f"{url}/echo", data=large) == large, f"{name} before: in chunks")
    check(curl(*through, f"{url}/chunks", f"{url}/chunks") == b"hello, world" * 2, f"{name} before: chunks of the upstream")
    check(b" 502 " in curl(*through, "-i", f"{url}/early").split(b"\r\n")[0], f"{name} before: a 502")
    check(b"curl: (18)" in (got := curl(*through, f"{url}/short")) or b"curl: (56)" in got, f"{name} before: cut stays cut: {got[:200]}")


def echo(connection, request):
    content, _ = request.body()
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(content) + content)


def chunks(connection, request):
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\nhello, \r\n5\r\nworld\r\n0\r\n\r\n")


def early(connection, request):
    return False


def short(connection, request):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345")
    return False


def one(name):
    folder = tempfile.mkdtemp()
    os.chdir(folder)
    os.mkdir("site")
    with open("site/large", "wb") as file:
        file.write(large)
    process = None
    try:
        with Served(program, "--workers", "1") as first:
            os.mkdir("last")
            os.chdir("last")
            up = Upstream("up.sock", {"echo": echo, "chunks": chunks, "early": early, "short": short})
            with Served(program, "--workers", "1") as last:
                os.chdir("..")
                process = start(name, last.address)
                behind(name, first)
                before(name, up)
    finally:
        if process is not None:
            process.terminate()
            process.wait(20)
        os.chdir("/")
        shutil.rmtree(folder)


for server in "nginx", "h2o":
    if shutil.which(server) or os.path.exists(f"/usr/sbin/{server}"):
        one(server)
    else:
        print(f"skipped: {server} beside proxy() because it is missing")
if served.failed:
    sys.exit(f"{served.failed} checks failed")
print("proxy() gets on with its neighbours")
