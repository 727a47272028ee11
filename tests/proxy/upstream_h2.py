"""An upstream of HTTP/2 that does what a path asks for, right or wrong, by hyper-h2: each request is a script's, on a thread."""
import queue
import socket
import threading

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions
import h2.settings

CODES = h2.settings.SettingCodes


class Ended(Exception):
    pass


class Stream:
    """A request, and its reply."""

    def __init__(self, connection, number, head):
        self.connection, self.number, self.fields = connection, number, [(name.decode(), value.decode()) for name, value in head]
        self.held, self.trailers_came, self.ended, self.reset = bytearray(), [], False, None
        self.method, self.path = self.one(":method"), self.one(":path")
        self.reads, self.window_debt = True, 0

    def all(self, name):
        return [value for key, value in self.fields if key == name]

    def one(self, name):
        values = self.all(name)
        return values[0] if len(values) == 1 else None

    def wait(self, done):
        """@raise Ended if the stream or its connection does before"""
        with self.connection.changed:
            while not done():
                if self.reset is not None or self.connection.ended:
                    raise Ended
                self.connection.changed.wait(10)

    def body(self):
        self.wait(lambda: self.ended)
        return self.held

    def head(self, status, *fields, end=False):
        with self.connection.changed:
            self.connection.h2.send_headers(self.number, [(":status", str(status)), *fields], end_stream=end)
            self.connection.flush()

    def send(self, content, end=False):
        left = memoryview(content)
        while True:
            self.wait(lambda: not left or self.connection.h2.local_flow_control_window(self.number) > 0)
            with self.connection.changed:
                room = min(self.connection.h2.local_flow_control_window(self.number), self.connection.h2.max_outbound_frame_size)
                self.connection.h2.send_data(self.number, bytes(left[:room]), end_stream=end and len(left) <= room)
                self.connection.flush()
            left = left[room:]
            if not left:
                return

    def reply(self, content, *fields, status=200):
        self.head(status, ("content-length", str(len(content))), *fields, end=not content)
        if content:
            self.send(content, end=True)

    def trailers(self, *fields):
        with self.connection.changed:
            self.connection.h2.send_headers(self.number, fields, end_stream=True)
            self.connection.flush()

    def abort(self, error):
        with self.connection.changed:
            self.connection.h2.reset_stream(self.number, error)
            self.connection.flush()

    def acknowledge(self):
        """Opens the windows for what was held back by `reads`."""
        with self.connection.changed:
            self.reads = True
            if self.window_debt:
                self.connection.h2.acknowledge_received_data(self.window_debt, self.number)
            self.window_debt = 0
            self.connection.flush()


class Connection:
    def __init__(self, upstream, plain):
        self.upstream, self.socket, self.ended, self.streams = upstream, plain, False, {}
        self.changed = threading.Condition()
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, validate_outbound_headers=False,
                                                                       normalize_outbound_headers=False))
        self.h2.local_settings = h2.settings.Settings(client=False, initial_values={
            CODES.MAX_CONCURRENT_STREAMS: upstream.streams_max, CODES.INITIAL_WINDOW_SIZE: 65535})

    def flush(self):
        try:
            self.socket.sendall(self.h2.data_to_send())
        except OSError:
            self.ended = True

    def serve(self):
        with self.changed:
            self.h2.initiate_connection()
            self.h2.increment_flow_control_window(1 << 24) # so that one stream that is not read stops no other
            self.flush()
        while not self.ended:
            try:
                got = self.socket.recv(1 << 16)
            except OSError:
                got = b""
            with self.changed:
                try:
                    for event in self.h2.receive_data(got) if got else []:
                        self.take(event)
                    self.flush()
                except h2.exceptions.ProtocolError:
                    got = b""
                self.ended |= not got
                self.changed.notify_all()
        self.socket.close()

    def take(self, event):
        stream = self.streams.get(getattr(event, "stream_id", None))
        if isinstance(event, h2.events.RequestReceived):
            stream = self.streams[event.stream_id] = Stream(self, event.stream_id, event.headers)
            script = self.upstream.scripts[stream.path.strip("/").partition("?")[0].partition("/")[0]]
            self.upstream.asked.put(stream)
            threading.Thread(target=self.run, args=(script, stream), daemon=True).start()
        elif stream is None:
            return
        elif isinstance(event, h2.events.DataReceived):
            stream.held += event.data
            if stream.reads:
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            else:
                stream.window_debt += event.flow_controlled_length
        elif isinstance(event, h2.events.TrailersReceived):
            stream.trailers_came = [(name.decode(), value.decode()) for name, value in event.headers]
        elif isinstance(event, h2.events.StreamEnded):
            stream.ended = True
        elif isinstance(event, h2.events.StreamReset):
            stream.reset = event.error_code

    @staticmethod
    def run(script, stream):
        try:
            script(stream)
        except (Ended, OSError, KeyError, h2.exceptions.ProtocolError): # hyper-h2 forgets what was reset
            pass

    def close(self):
        with self.changed:
            self.ended = True
            self.socket.shutdown(socket.SHUT_RDWR)

    def say(self, data):
        with self.changed:
            self.socket.sendall(data)

    def goaway(self, last, error=0):
        """Takes no streams above `last`."""
        self.say(b"\0\0\x08\x07\0\0\0\0\0" + last.to_bytes(4, "big") + error.to_bytes(4, "big"))


class H2Upstream:
    def __init__(self, path, scripts, streams_max=100):
        self.scripts, self.streams_max, self.connections, self.asked = scripts, streams_max, 0, queue.Queue()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(64)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            plain, _ = self.listener.accept()
            self.connections += 1
            threading.Thread(target=Connection(self, plain).serve, daemon=True).start()

    def last(self):
        """The request that came last, once it is there."""
        stream = self.asked.get(timeout=10)
        while not self.asked.empty():
            stream = self.asked.get()
        return stream
