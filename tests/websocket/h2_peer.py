"""The server's end of a WebSocket on a stream of HTTP/2 (RFC 8441), by hyper-h2: it sends any bytes, and notes what comes, as
peer.Peer does over HTTP/1.1."""
import socket
import ssl

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions
import h2.settings

from peer import Peer, turned

CODES = h2.settings.SettingCodes


class H2Peer(Peer):
    """Takes the next connection of a listening socket, and its CONNECT.

    @param offer as Peer's @param tls a context that may choose HTTP/1.1 too: then it is a Peer that says so
    @param takes_connect does it announce that? @param reset an error that the request is answered by @param status of the reply"""

    def __init__(self, listening, offer=None, seconds=10, tls=None, takes_connect=True, reset=None, status="200", window=65535):
        listening.settimeout(seconds)
        self.socket, _ = listening.accept()
        self.socket.settimeout(seconds)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True)
        self.alpn = self.socket.selected_alpn_protocol() if tls else None
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="utf-8",
                                                                       validate_inbound_headers=False))
        self.h2.local_settings = h2.settings.Settings(client=False, initial_values={
            CODES.INITIAL_WINDOW_SIZE: window, CODES.ENABLE_CONNECT_PROTOCOL: int(takes_connect)})
        self.fields, self.number, self.held, self.ended, self.reset = None, None, b"", False, None
        self.inflater, self.message, self.compressed, self.opcode, self.agreed = None, b"", False, 0, ""
        if self.alpn == "http/1.1":
            return
        self.h2.initiate_connection()
        self.flush()
        while self.fields is None and not self.ended:
            self.step()
        if self.fields is None:
            return
        if reset is not None:
            self.h2.reset_stream(self.number, reset)
        else:
            head = [(":status", status)]
            if offer and "permessage-deflate" in self.fields.get("sec-websocket-extensions", ""):
                self.agreed = offer.split(",")[0].replace("; client_max_window_bits", "")
                head.append(("sec-websocket-extensions", turned(self.agreed)))
            self.h2.send_headers(self.number, head, end_stream=status != "200")
        self.flush()

    def flush(self):
        self.socket.sendall(self.h2.data_to_send())

    def step(self):
        """Takes what came, waiting for it."""
        try:
            got = self.socket.recv(1 << 16)
            for event in self.h2.receive_data(got) if got else []:
                self.take_event(event)
            self.flush()
            self.ended |= not got
        except (ConnectionError, BrokenPipeError, ssl.SSLError, h2.exceptions.ProtocolError):
            self.ended = True

    def take_event(self, event):
        if isinstance(event, h2.events.RequestReceived):
            self.fields, self.number = dict(event.headers), event.stream_id
        elif isinstance(event, h2.events.DataReceived):
            self.held += event.data
            self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, (h2.events.StreamEnded, h2.events.ConnectionTerminated)):
            self.ended = True
        elif isinstance(event, h2.events.StreamReset):
            self.ended, self.reset = True, event.error_code

    def send(self, bytes_, chop=None):
        """Sends all, as the windows allow; what comes meanwhile is kept."""
        left = memoryview(bytes_)
        try:
            while len(left) and not self.ended:
                room = min(self.h2.local_flow_control_window(self.number), self.h2.max_outbound_frame_size, chop or 1 << 14)
                if room == 0:
                    self.step()
                    continue
                self.h2.send_data(self.number, bytes(left[:room]))
                self.flush()
                left = left[room:]
        except (OSError, h2.exceptions.ProtocolError):
            self.ended = True

    def take(self, count):
        while len(self.held) < count:
            if self.ended:
                raise EOFError
            self.step()
        taken, self.held = self.held[:count], self.held[count:]
        return taken

    def receive(self):
        event = super(Peer, self).receive()
        if event[0] == "close":
            try:
                self.h2.end_stream(self.number)
                self.flush()
            except (OSError, h2.exceptions.ProtocolError):
                pass
        return event

    def field(self, name):
        return self.fields.get(name, "")

    def end(self):
        self.socket.close()
