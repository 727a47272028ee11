#!/usr/bin/env python3
"""HTTP/2 by clients of other hands: hyper-h2, nghttp, h2load and curl. usage: http2.py ECHO_PROGRAM"""
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

try:
    import h2.config
    import h2.connection
    import h2.events
except ImportError:
    if sys.executable != "/usr/bin/python3" and os.path.exists("/usr/bin/python3"):
        os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])
    h2 = None


def run(*argv):
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)


def by_hyper_h2(port):
    """Twenty uploads side by side, each larger than the windows, sent as the server opens them."""
    connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True, header_encoding="utf-8"))
    connection.initiate_connection()
    connection.increment_flow_control_window(1 << 28)
    left, came, statuses = {}, {}, {}
    with socket.create_connection(("127.0.0.1", port), timeout=10) as peer:
        for number in range(20):
            stream = connection.get_next_available_stream_id()
            left[stream] = memoryview(bytes([65 + number]) * 300000)
            came[stream] = b""
            connection.send_headers(stream, [(":method", "POST"), (":path", "/echo"), (":scheme", "http"),
                                             (":authority", "test"), ("cookie", "a=1"), ("cookie", "b=2")])
            connection.increment_flow_control_window(1 << 20, stream)
        ended = 0
        while ended < 20:
            for stream, body in left.items():
                room = min(connection.local_flow_control_window(stream), connection.max_outbound_frame_size)
                while len(body) > 0 and room > 0:
                    part, body = body[:room], body[room:]
                    connection.send_data(stream, bytes(part), end_stream=len(body) == 0)
                    left[stream] = body
                    room = min(connection.local_flow_control_window(stream), connection.max_outbound_frame_size)
            peer.sendall(connection.data_to_send())
            for event in connection.receive_data(peer.recv(1 << 16)):
                if isinstance(event, h2.events.ResponseReceived):
                    statuses[event.stream_id] = dict(event.headers)[":status"]
                elif isinstance(event, h2.events.DataReceived):
                    came[event.stream_id] += event.data
                elif isinstance(event, h2.events.StreamEnded):
                    ended += 1
                elif isinstance(event, (h2.events.StreamReset, h2.events.ConnectionTerminated)):
                    return f"it ended: {event}"
    good = all(statuses[stream] == "200" and came[stream] == bytes([65 + number]) * 300000
               for number, stream in enumerate(came))
    return "" if good else f"statuses {statuses}, lengths {[len(body) for body in came.values()]}"


def by_hyper_h2_urgency(port):
    """Requests that come together are answered in the order of their urgency (RFC 9218), then in their own."""
    urgencies = (7, 3, 0, 5, 0, 3)
    connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True, header_encoding="utf-8"))
    connection.initiate_connection()
    streams = {}
    for urgency in urgencies:
        stream = connection.get_next_available_stream_id()
        streams[stream] = urgency
        connection.send_headers(stream, [(":method", "GET"), (":path", "/headers"), (":scheme", "http"), (":authority", "test"),
                                         ("priority", f"u={urgency}")], end_stream=True)
    heads, ends = [], []
    with socket.create_connection(("127.0.0.1", port), timeout=10) as peer:
        peer.sendall(connection.data_to_send())
        while len(ends) < len(urgencies):
            for event in connection.receive_data(peer.recv(1 << 16)):
                if isinstance(event, h2.events.ResponseReceived):
                    heads.append(event.stream_id)
                elif isinstance(event, h2.events.StreamEnded):
                    ends.append(event.stream_id)
            peer.sendall(connection.data_to_send())
    wanted = sorted(streams, key=lambda stream: (streams[stream], stream))
    return "" if heads == ends == wanted else f"heads {heads}, ends {ends}, not {wanted}"


def by_nghttp(port):
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"x" * 200000)
        file.flush()
        done = run("nghttp", "-v", "-d", file.name, "-p", "32", f"http://127.0.0.1:{port}/echo")
    return "" if ":status: 200" in done.stdout and "GOAWAY" in done.stdout else done.stdout[-500:] + done.stderr


def by_nghttp_upgrade(port):
    done = run("nghttp", "-v", "-u", f"http://127.0.0.1:{port}/headers")
    return "" if "HTTP Upgrade success" in done.stdout and ":status: 200" in done.stdout else done.stdout[-500:]


def by_h2load(port):
    done = run("h2load", "-c8", "-m32", "-n20000", f"http://127.0.0.1:{port}/headers")
    return "" if re.search(r"20000 succeeded, 0 failed, 0 errored, 0 timeout", done.stdout) else done.stdout


def by_curl(port):
    """By Upgrade: curl 7.88 uses a connection that it began by preface only once, whoever serves."""
    urls = [word for _ in range(30) for word in ("-o", os.devnull, f"http://127.0.0.1:{port}/headers")]
    done = run("curl", "-sS", "--http2", "-w", "%{http_code} %{http_version}\n", *urls)
    return "" if done.stdout.split("\n").count("200 2") == 30 else done.stdout + done.stderr


def main():
    server = subprocess.Popen([sys.argv[1], "--listen", "127.0.0.1:0", "--workers", "1", "--log", "off"],
                              stdout=subprocess.PIPE, text=True)
    port = int(server.stdout.readline().rsplit(":", 1)[1])
    cases = [("hyper-h2", h2 is not None, by_hyper_h2),
             ("hyper-h2's urgency", h2 is not None, by_hyper_h2_urgency), ("nghttp", shutil.which("nghttp"), by_nghttp),
             ("nghttp's Upgrade", shutil.which("nghttp"), by_nghttp_upgrade),
             ("h2load", shutil.which("h2load"), by_h2load), ("curl", shutil.which("curl"), by_curl)]
    passed = failed = 0
    try:
        for name, there, case in cases:
            if not there:
                print(f"skipped: {name} because it is not installed")
                continue
            wrong = case(port)
            passed += not wrong
            failed += bool(wrong)
            if wrong:
                print(f"FAILED: {name}: {wrong}")
    finally:
        server.send_signal(signal.SIGTERM)
        failed += server.wait(20) != 0
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
