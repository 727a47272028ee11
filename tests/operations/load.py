#!/usr/bin/env python3
"""Signals under load. SIGTERM: no connection whose handshake finished before it is reset, both ways to share an address,
HTTP/2 too. SIGHUP: nothing is lost at all. usage: load.py PROGRAM"""
import os
import signal
import sys
import threading
import time

from service import Checks, Service, ask, dial

try:
    import h2.config
    import h2.connection
    import h2.events
except ImportError:
    if sys.executable != "/usr/bin/python3" and os.path.exists("/usr/bin/python3"):
        os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])
    h2 = None

PROGRAM = sys.argv[1]
check = Checks()


class Load:
    """Clients that connect and ask until nobody listens, or they are told to end."""

    def __init__(self, port, clients):
        self.port, self.answered, self.wrong = port, 0, []
        self.signalled = threading.Event()  # from here on a new connection may be refused or reset
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(client,)) for client in clients]
        for thread in self.threads:
            thread.start()

    def run(self, client):
        while not self.over.is_set():
            try:
                connection = dial(self.port, 10)
            except OSError:
                if not self.signalled.is_set():
                    self.wrong.append("refused before the signal")
                return
            before = not self.signalled.is_set()
            try:
                with connection:
                    self.answered += client(connection)
            except (OSError, AssertionError) as error:
                if before:
                    self.wrong.append(f"{client.__name__}: {error!r}")
                return

    def join(self):
        for thread in self.threads:
            thread.join(30)


def http1(connection):
    """Up to ten requests; a FIN between two replies is the server's right, but not before the first."""
    for number in range(10):
        try:
            status, _ = ask(connection, "/big/3000")
        except (ConnectionResetError, BrokenPipeError):
            # It went idle between the replies, was ended by FIN and lingered on: the request crossed that FIN.
            if number == 0:
                raise
            return number
        if status == 0:
            assert number > 0, "no reply to the first request"
            return number
        assert status == 200, status
    return 10


def http2(connection):
    """Ten streams at once; those above a GOAWAY's last stream were not begun."""
    peer = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True, header_encoding="utf-8"))
    peer.initiate_connection()
    open_streams = set()
    for _ in range(10):
        stream = peer.get_next_available_stream_id()
        open_streams.add(stream)
        peer.send_headers(stream, [(":method", "GET"), (":path", "/big/3000"), (":scheme", "http"), (":authority", "h")],
                          end_stream=True)
    ended, got = 0, {}
    connection.sendall(peer.data_to_send())
    while open_streams:
        data = connection.recv(65536)
        assert data, f"the end with {len(open_streams)} streams open"
        for event in peer.receive_data(data):
            if isinstance(event, h2.events.ResponseReceived):
                assert dict(event.headers)[":status"] == "200", event
            elif isinstance(event, h2.events.DataReceived):
                got[event.stream_id] = got.get(event.stream_id, 0) + len(event.data)
                peer.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, h2.events.StreamEnded):
                assert got[event.stream_id] == 3000, got
                open_streams.discard(event.stream_id)
                ended += 1
            elif isinstance(event, h2.events.ConnectionTerminated):
                assert event.error_code == 0, event
                open_streams = {stream for stream in open_streams if stream <= event.last_stream_id}
            elif isinstance(event, h2.events.StreamReset):
                assert False, event
        try:
            connection.sendall(peer.data_to_send())
        except OSError:
            assert not open_streams
    return ended


def clients(count):
    return [http2 if h2 is not None and i % 2 == 0 else http1 for i in range(count)]


def test_sigterm(*arguments):
    for round in range(3):
        service = Service(PROGRAM, "--drain", "20", *arguments)
        load = Load(service.port, clients(6))
        time.sleep(0.3)
        # From here on nothing is known of who connects: the flag comes first.
        load.signalled.set()
        time.sleep(0.005)
        service.signal()
        load.join()
        status = service.end()
        check(f"SIGTERM, {' '.join(arguments)}, round {round}: {load.answered} replies, none lost",
              not load.wrong and load.answered > 50, load.wrong[:5])
        check("the drain is clean", status == 0, (status, service.log))


def test_sighup(*arguments):
    service = Service(PROGRAM, *arguments)
    load = Load(service.port, clients(6))
    for _ in range(20):
        time.sleep(0.05)
        service.signal(signal.SIGHUP)
    load.over.set()
    load.join()
    check(f"20 of SIGHUP, {' '.join(arguments)}: {load.answered} replies, none lost",
          not load.wrong and load.answered > 100, load.wrong[:5])
    check("it ends", service.stop() == 0)


def main():
    for arguments in (["--workers", "2"], ["--workers", "2", "--listener", "shared"], ["--workers", "1"],
                      ["--workers", "2", "--supervise"], ["--workers", "2", "--supervise", "--listener", "shared"]):
        test_sigterm(*arguments)
        test_sighup(*arguments)
    if h2 is None:
        print("skipped: HTTP/2, because python3-h2 is missing")
    return check.end()


sys.exit(main())
