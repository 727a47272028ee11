"""bench/run streaming: memory of long bodies both ways and of slow readers, what an async handler costs, and processor
time of sendfile beside nginx.

Memory is the most that was resident since the server had started (VmHWM). Sent and received content is compared.
Processor time of a file is the server's own, of the same downloads in turns; the median of same-round ratios counts.
"""
import os
import re
import selectors
import socket
import subprocess
import time

from harness import server as servers
from harness.build import build, need, program, run
from harness.console import Failure, Verdict, machine, median, median_ratio, ratio_spread, say, skipped, table, write_json
from waiting import waiting

GIB = 1 << 30
MIB = 1 << 20
BODY_BAR_BYTES = 32 * MIB
READER_BAR_BYTES, READERS_BAR_BYTES = 64 << 10, 16 * MIB
SENDFILE_BAR = 1.03
BLOCK = bytes(range(251)) * 4178  # a bit more than 1 MiB, of a prime period, so a shift is seen
PIECE_BYTES = 16384  # as the handler makes them: a byte that is one less in each piece
PIECES = b"".join(bytes([-piece & 0xff]) * PIECE_BYTES for piece in range(257))


def add_arguments(parser):
    parser.add_argument("--only", choices=("bodies", "readers", "async", "sendfile"), help="measure this alone")
    parser.add_argument("--readers", type=int, default=5000, metavar="N", help="that read slowly at once (default 5000)")
    parser.add_argument("--seconds", type=float, default=10, metavar="S", help="that they read for (default 10)")
    parser.add_argument("--files", type=int, default=9, metavar="N", help="rounds of sendfile (default 9)")
    parser.add_argument("--json", metavar="FILE", help="write the figures to FILE")
    waiting.add_arguments(parser)


def flare():
    return servers.Server("flare", "/files/file", lambda port, folder: [
        program("bench_streaming"), "--listen", f"127.0.0.1:{port}", "--workers", "1", "--log", "off"])


def peak_bytes(server):
    with open(f"/proc/{server.process.pid}/status", encoding="ascii") as file:
        return int(re.search(r"VmHWM:\s+(\d+) kB", file.read())[1]) * 1024


def dial(server, request, receive_bytes=0):
    peer = socket.socket()
    if receive_bytes:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    peer.settimeout(120)
    peer.connect(("127.0.0.1", server.port))
    peer.sendall(request.replace("\n", "\r\n").encode() + b"Host: localhost\r\n\r\n")
    return peer


def head_of(file):
    lines = []
    while (line := file.readline()) not in (b"\r\n", b""):
        lines.append(line.decode().strip().lower())
    return lines


# ---- Long bodies ----

def compare_with_blocks(path):
    with open(path, "rb") as file:
        left = GIB
        while left:
            part = file.read(len(BLOCK))
            if part != BLOCK[:left]:
                raise Failure("what was uploaded is not what was sent")
            left -= len(part)
        if file.read(1):
            raise Failure("more was kept than was sent")


def upload_h1(server):
    with dial(server, f"PUT /upload HTTP/1.1\nContent-Type: application/octet-stream\nContent-Length: {GIB}\n") as peer:
        left = GIB
        while left:
            peer.sendall(BLOCK[:left])
            left -= min(left, len(BLOCK))
        with peer.makefile("rb") as file:
            if not head_of(file)[0].startswith("http/1.1 201"):
                raise Failure("the upload was refused")


def download_h1(server):
    with dial(server, f"GET /download?bytes={GIB} HTTP/1.1\n") as peer, peer.makefile("rb", 1 << 18) as file:
        if not head_of(file)[0].startswith("http/1.1 200"):
            raise Failure("the download was refused")
        left = GIB
        while (length := int(file.readline(), 16)) != 0:
            chunk = file.read(length + 2)[:-2]
            at = (GIB - left) % (256 * PIECE_BYTES)
            if len(chunk) != length or chunk != PIECES[at:at + length]:
                raise Failure("what was downloaded is not what was made")
            left -= length
        if left:
            raise Failure("not all was downloaded")


def curl(server, *arguments):
    answer = run([need("curl", "curl"), "-sS", "--fail", "--http2-prior-knowledge", "-H", "Expect:",
                  "-w", "\n%{http_version} %{size_download}", *arguments[:-1],
                  f"http://127.0.0.1:{server.port}{arguments[-1]}"], timeout=300)
    if not answer.splitlines()[-1].startswith("2 "):
        raise Failure(f"that was not HTTP/2: {answer}")
    return answer.splitlines()[-1].split()[1]


def upload_h2(server):
    source = os.path.join(server.folder, "source")
    with open(source, "wb") as file:
        for at in range(0, GIB, len(BLOCK)):
            file.write(BLOCK[:GIB - at])
    curl(server, "-X", "PUT", "-H", "Content-Type: application/octet-stream", "-T", source, "/upload")
    os.remove(source)


def download_h2(server):
    if int(curl(server, "-o", "/dev/null", f"/download?bytes={GIB}")) != GIB:
        raise Failure("not all was downloaded")


def measure_bodies(verdict, figures):
    rows = []
    for name, download, upload in (("HTTP/1.1", download_h1, upload_h1), ("HTTP/2", download_h2, upload_h2)):
        for what, transfer in (("download", download), ("upload", upload)):
            server = flare()
            with servers.removing([server]):
                server.start(cwd=server.folder)
                before, began = peak_bytes(server), time.monotonic()
                transfer(server)
                seconds, peak = time.monotonic() - began, peak_bytes(server)
                if transfer in (upload_h1, upload_h2):
                    compare_with_blocks(os.path.join(server.folder, "uploaded"))
            rows.append([f"{what}, {name}", f"{before / MIB:.1f}", f"{peak / MIB:.1f}", f"{seconds:.1f}"])
            figures[f"{what} {name}"] = {"idle_bytes": before, "peak_bytes": peak, "seconds": seconds}
    say("\n1 GiB; resident MiB")
    table(["body", "idle", "at most", "seconds"], rows)
    for row in rows:
        verdict.at_most(f"MiB resident at most, {row[0]}", float(row[2]), BODY_BAR_BYTES / MIB, "{:.1f}")


# ---- Slow readers ----

def measure_readers(options, verdict, figures):
    """Each reads 1 KiB ten times a second of a reply that is far longer than what buffers hold."""
    server = flare()
    peers, received = [], {}
    with servers.removing([server]), selectors.DefaultSelector() as ready:
        waiting.raise_limit()
        server.start(cwd=server.folder)
        try:
            for _ in range(options.readers):
                peers.append(dial(server, f"GET /download?bytes={GIB} HTTP/1.1\n", 4096))
                peers[-1].setblocking(False)
                ready.register(peers[-1], selectors.EVENT_READ)
            stop = time.monotonic() + options.seconds
            while time.monotonic() < stop:
                again = time.monotonic() + 0.1
                for key, _ in ready.select(0):
                    got = key.fileobj.recv(1024)
                    if not got:
                        raise Failure("a slow reader was cut off")
                    received[key.fd] = received.get(key.fd, 0) + len(got)
                time.sleep(max(0, again - time.monotonic()))
            peak = peak_bytes(server)
        finally:
            for peer in peers:
                peer.close()
    if len(received) < options.readers:
        raise Failure(f"of {options.readers} readers only {len(received)} got anything")
    total = sum(received.values())
    say(f"\n{options.readers:,} slow readers: {total / MIB:.1f} MiB read, {min(received.values()):,} bytes by one at least, {peak / MIB:.1f} MiB resident at most, "
        f"{peak / options.readers:,.0f} bytes each")
    figures["readers"] = {"count": options.readers, "received": total, "peak_bytes": peak}
    verdict.at_most(f"MiB resident for {options.readers:,} slow readers", peak / MIB,
                    (READER_BAR_BYTES * options.readers + READERS_BAR_BYTES) / MIB, "{:.1f}")


# ---- sendfile ----

def fetch(server):
    """One GiB, dropped by the kernel as it comes; the server's processor seconds."""
    before = server.processor_seconds()[0]
    with dial(server, "GET /files/file HTTP/1.1\nConnection: close\n") as peer:
        reply = b""
        while b"\r\n\r\n" not in reply:
            reply += peer.recv(1)
        if not reply.startswith(b"HTTP/1.1 200") or f"content-length: {GIB}\r\n".encode() not in reply.lower():
            raise Failure(f"{server.name} answers {reply!r}")
        left, room = GIB, bytearray(MIB)
        while left:
            got = peer.recv_into(room, min(left, MIB), socket.MSG_TRUNC)
            if got == 0:
                raise Failure(f"{server.name} sent less than the file")
            left -= got
    return server.processor_seconds()[0] - before


def measure_sendfile(options, verdict, figures):
    realtime = servers.realtime_prefix()
    if not realtime:
        skipped("real-time priority", "`chrt -r 1 true` is not permitted; neighbours can change the figures")
    tested = [flare()]
    try:
        tested.append(servers.nginx("streaming"))
    except Failure as failure:
        skipped("sendfile beside nginx", str(failure))
        tested[0].remove()
        return
    with servers.removing(tested):
        path = os.path.join(tested[0].folder, "file")
        with open(path, "wb") as file:
            for at in range(0, GIB, len(BLOCK)):
                file.write(BLOCK[:GIB - at])
        os.chmod(path, 0o644)
        os.link(path, os.path.join(tested[1].folder, "file"))
        subprocess.run(["sync", path], check=True)
        for server in tested:
            server.start(servers.pinned(0, realtime), cwd=server.folder)
            fetch(server)
        rounds = {server.name: [] for server in tested}
        os.sched_setaffinity(0, {1} if 1 in os.sched_getaffinity(0) else os.sched_getaffinity(0))
        for number in range(options.files):
            for server in tested[number % 2:] + tested[:number % 2]:
                rounds[server.name].append(fetch(server))
    say(f"\nprocessor time of a GiB by sendfile, ms; medians of {options.files} rounds")
    table(["flare", "nginx", "flare's over nginx's (least..most)"],
          [[*(f"{median(rounds[server.name]) * 1e3:,.0f}" for server in tested),
            ratio_spread(rounds["flare"], rounds["nginx"])]])
    figures["sendfile"] = rounds
    verdict.at_most("processor time of sendfile over nginx's", median_ratio(rounds["flare"], rounds["nginx"]), SENDFILE_BAR)


def main(options):
    build("bench_streaming", "bench_waiting", "closed_loop")
    say(machine())
    verdict, figures = Verdict(), {}
    if options.only in (None, "bodies"):
        measure_bodies(verdict, figures)
    if options.only in (None, "readers"):
        measure_readers(options, verdict, figures)
    if options.only in (None, "async"):
        say("")
        waiting.measure(options, verdict)
    if options.only in (None, "sendfile"):
        measure_sendfile(options, verdict, figures)
    write_json(options.json, figures)
    return verdict.exit_status()
