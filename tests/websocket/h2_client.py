"""WebSockets on streams of HTTP/2 (RFC 8441), by hyper-h2: a stream is a Client like one with a connection of its own."""
import socket
import ssl

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions
import h2.settings

from client import Client

CONNECT_PROTOCOL = h2.settings.SettingCodes.ENABLE_CONNECT_PROTOCOL


class Connection:
    """One connection, its streams read in turn. @param window what each stream may be sent ahead"""

    def __init__(self, host, port, seconds=10, window=1 << 20, tls=False, acknowledge=True):
        self.authority, self.acknowledge = f"{host}:{port}", acknowledge
        self.socket = socket.create_connection((host, port), timeout=seconds)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            context.set_alpn_protocols(["h2"])
            self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
            assert self.socket.selected_alpn_protocol() == "h2"
        self.scheme = "https" if tls else "http"
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True, header_encoding="utf-8",
                                                                       validate_outbound_headers=False))
        self.h2.local_settings = h2.settings.Settings(client=True, initial_values={
            h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: window, h2.settings.SettingCodes.ENABLE_PUSH: 0})
        self.h2.initiate_connection()
        self.h2.increment_flow_control_window(1 << 24)
        self.streams, self.settled, self.ended, self.goaway, self.pings = {}, False, False, None, 0
        self.flush()
        while not self.settled and not self.ended:
            self.step()

    def flush(self):
        self.socket.sendall(self.h2.data_to_send())

    def takes_connect(self):
        return self.h2.remote_settings.get(CONNECT_PROTOCOL, 0) == 1

    def begin(self, stream):
        """Reserves an id for a stream, whose events it gets."""
        number = self.h2.get_next_available_stream_id()
        self.streams[number] = stream
        return number

    def step(self):
        """Takes what came, waiting for it."""
        try:
            got = self.socket.recv(1 << 16)
        except ConnectionResetError:
            got = b""
        if not got:
            self.ended = True
            for stream in self.streams.values():
                stream.ended = True
            return
        for event in self.h2.receive_data(got):
            stream = self.streams.get(getattr(event, "stream_id", None))
            if isinstance(event, h2.events.RemoteSettingsChanged):
                self.settled = True
            elif isinstance(event, h2.events.ConnectionTerminated):
                self.goaway = event.error_code
            elif stream is None:
                continue
            elif isinstance(event, h2.events.ResponseReceived):
                stream.fields = dict(event.headers)
            elif isinstance(event, h2.events.DataReceived):
                stream.held += event.data
                if self.acknowledge:
                    self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, h2.events.StreamEnded):
                stream.ended = True
            elif isinstance(event, h2.events.StreamReset):
                stream.ended, stream.reset = True, event.error_code
        try:
            self.flush()
        except OSError:
            self.ended = True

    def get(self, path, **fields):
        """An ordinary request. @return its status and content"""
        stream = Stream.__new__(Stream)
        stream.begin_on(self, [(":method", "GET"), (":path", path), (":scheme", self.scheme), (":authority", self.authority)], True)
        while not stream.ended:
            self.step()
        return (int(stream.fields[":status"]) if stream.fields else None), stream.held

    def close(self):
        self.socket.close()


class Stream(Client):
    """Opens a WebSocket on a connection. @raise ConnectionError if it is refused"""

    def __init__(self, connection, path, extensions=None, fields=(), head=None, end=False, wait=True):
        head = head or [(":method", "CONNECT"), (":protocol", "websocket"), (":scheme", connection.scheme),
                        (":path", path), (":authority", connection.authority), ("sec-websocket-version", "13")]
        more = [("sec-websocket-extensions", extensions)] if extensions else []
        self.begin_on(connection, [*head, *more, *fields], end)
        while wait and not self.ended and self.fields is None:
            connection.step()
        if not wait:
            return
        if self.fields is None or self.fields[":status"] != "200":
            raise ConnectionError(str(self.fields or self.reset))
        self.agreed = self.fields.get("sec-websocket-extensions", "")

    def begin_on(self, connection, head, end):
        self.connection, self.held, self.ended, self.reset, self.fields = connection, b"", False, None, None
        self.inflater, self.message, self.compressed, self.opcode, self.agreed = None, b"", False, 0, ""
        self.number = connection.begin(self)
        connection.h2.send_headers(self.number, head, end_stream=end)
        connection.flush()

    def send(self, bytes_, chop=None, end=False):
        """Sends all, as the windows allow."""
        left = memoryview(bytes_)
        while len(left) and not self.ended:
            room = min(self.connection.h2.local_flow_control_window(self.number),
                       self.connection.h2.max_outbound_frame_size, chop or 1 << 14)
            if room == 0:
                self.connection.step()
                continue
            self.connection.h2.send_data(self.number, bytes(left[:room]))
            self.connection.flush()
            left = left[room:]
        if end and not self.ended:
            self.connection.h2.end_stream(self.number)
            self.connection.flush()

    def take(self, count):
        while len(self.held) < count:
            if self.ended:
                raise EOFError
            self.connection.step()
        taken, self.held = self.held[:count], self.held[count:]
        return taken

    def cancel(self, error=h2.errors.ErrorCodes.CANCEL):
        self.connection.h2.reset_stream(self.number, error)
        self.ended = True
        self.connection.flush()

    def end(self):
        self.send(b"", end=True)
