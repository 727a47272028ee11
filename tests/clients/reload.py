#!/usr/bin/env python3
"""Certificates are read again while two workers serve HTTP/1.1, HTTP/2 and WebSockets over TLS: nobody's request fails, and
connections of before go on. It is there for ThreadSanitizer most of all. usage: reload.py BIN_DIR"""
import os
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "websocket"))
import client as websocket  # noqa: E402

try:
    import h2.config
    import h2.connection
    import h2.events
except ImportError:
    if sys.executable != "/usr/bin/python3" and os.path.exists("/usr/bin/python3"):
        os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])
    h2 = None

RELOADS = 6


def over_tls(raw, *protocols):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if protocols:
        context.set_alpn_protocols(protocols)
    return context.wrap_socket(raw, server_hostname="localhost")


def dial(port, *protocols):
    return over_tls(socket.create_connection(("127.0.0.1", port), timeout=20), *protocols)


def read(peer):
    got = peer.recv(65536)
    if not got:
        raise ConnectionError("the connection ended")
    return got


def http1(port):
    """Five requests on one connection."""
    with dial(port) as peer:
        for _ in range(5):
            peer.sendall(b"GET /headers HTTP/1.1\r\nHost: localhost\r\n\r\n")
            text = b""
            while b"\r\n\r\n" not in text:
                text += read(peer)
            head, _, content = text.partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 "), head
            length = int(re.search(rb"(?i)content-length: (\d+)", head)[1])
            while len(content) < length:
                content += read(peer)


def http2(port):
    """Ten requests beside each other."""
    connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True, header_encoding="utf-8"))
    connection.initiate_connection()
    for _ in range(10):
        connection.send_headers(connection.get_next_available_stream_id(), [
            (":method", "GET"), (":path", "/headers"), (":scheme", "https"), (":authority", "localhost")], end_stream=True)
    ended = 0
    with dial(port, "h2") as peer:
        assert peer.selected_alpn_protocol() == "h2"
        while ended < 10:
            peer.sendall(connection.data_to_send())
            for event in connection.receive_data(read(peer)):
                if isinstance(event, h2.events.ResponseReceived):
                    assert dict(event.headers)[":status"] == "200", event
                assert not isinstance(event, (h2.events.StreamReset, h2.events.ConnectionTerminated)), event
                ended += isinstance(event, h2.events.StreamEnded)


def wss(port):
    """Ten echoes, and a Close."""
    peer = websocket.Client("127.0.0.1", port, "/text", seconds=20, wrap=over_tls)
    for number in range(10):
        text = b"echo %d " % number * (1 + number * 100)
        peer.socket.sendall(websocket.frame(websocket.TEXT, text))
        assert peer.receive() == ("text", text)
    peer.socket.sendall(websocket.close(1000))
    assert peer.receive() == ("close", 1000)
    peer.end()


def certify(folder):
    subprocess.run([ROOT / "dev", "cert", "--out", folder / "next", "localhost"], check=True, stdout=subprocess.DEVNULL)
    for name in ("localhost.crt", "localhost.key"):
        os.replace(folder / "next" / name, folder / name)


def serial(port):
    with dial(port) as peer:
        return peer.getpeercert(True)


def under_load(program, uses, folder):
    """@return what went wrong"""
    server = subprocess.Popen([program, "--listen", "tls:127.0.0.1:0", "--workers", "2", "--log", "off", "--tls-cert",
                               folder / "localhost.crt", "--tls-key", folder / "localhost.key"], stdout=subprocess.PIPE, text=True)
    port = int(re.search(r":(\d+)\s*$", server.stdout.readline())[1])
    stop, wrong, counts, shown = threading.Event(), [], dict.fromkeys(uses, 0), set()

    def load(use):
        while not stop.is_set() and len(wrong) < 5:
            try:
                use(port)
                counts[use] += 1
            except (OSError, AssertionError, EOFError) as error:
                wrong.append(f"{use.__name__}: {type(error).__name__} {error}")

    threads = [threading.Thread(target=load, args=(use,)) for use in uses for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(RELOADS):
        time.sleep(0.5)
        shown.add(serial(port))
        certify(folder)
        server.send_signal(signal.SIGHUP)
    time.sleep(0.5)
    shown.add(serial(port))
    stop.set()
    for thread in threads:
        thread.join()
    server.send_signal(signal.SIGTERM)
    if server.wait(30) != 0:
        wrong.append(f"the server ended with {server.returncode}")
    if len(shown) <= RELOADS // 2:
        wrong.append(f"{len(shown)} certificates were shown in {RELOADS} reloads")
    wrong += [f"{use.__name__}: only {count} rounds" for use, count in counts.items() if count < 5]
    print(f"{program.name}: {', '.join(f'{count} rounds of {use.__name__}' for use, count in counts.items())}, "
          f"{len(shown)} certificates")
    return wrong


def main():
    programs = pathlib.Path(sys.argv[1])
    uses = [http1] + ([http2] if h2 else [])
    if h2 is None:
        print("skipped: HTTP/2 under reloads because hyper-h2 is not installed")
    wrong = []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        certify(folder)
        wrong += under_load(programs / "echo", uses, folder)
        wrong += under_load(programs / "websocket_echo", [wss], folder)
    for line in wrong:
        print(f"FAILED: {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
