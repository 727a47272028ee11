"""An upstream that does what a path asks for, right or wrong, and remembers what it was asked."""
import queue
import socket
import threading


class Ended(Exception):
    pass


class Request:
    def __init__(self, line, lines, reader):
        self.line = line
        self.lines = lines  # (name, value) as they came
        self.reader = reader

    def all(self, name):
        return [value for key, value in self.lines if key.lower() == name.lower()]

    def one(self, name):
        values = self.all(name)
        return values[0] if len(values) == 1 else None

    def body(self):
        """The whole of it, and its trailers."""
        if self.one("transfer-encoding") == "chunked":
            content, trailers = b"", []
            while True:
                size = int(self.reader.line(), 16)
                if size == 0:
                    break
                content += self.reader.take(size)
                self.reader.line()
            while line := self.reader.line():
                trailers.append(line)
            return content, trailers
        return self.reader.take(int(self.one("content-length") or 0)), []


class Reader:
    def __init__(self, connection):
        self.connection = connection
        self.held = b""

    def more(self):
        got = self.connection.recv(65536)
        if not got:
            raise Ended
        self.held += got

    def line(self):
        while b"\r\n" not in self.held:
            self.more()
        line, _, self.held = self.held.partition(b"\r\n")
        return line.decode("latin-1")

    def take(self, size):
        while len(self.held) < size:
            self.more()
        part, self.held = self.held[:size], self.held[size:]
        return part

    def request(self):
        line = self.line()
        lines = []
        while field := self.line():
            name, _, value = field.partition(":")
            lines.append((name, value.strip()))
        return Request(line, lines, self)


class Upstream:
    """`scripts` maps the first word of a path to what is done: script(connection, request), which returns False where the
    connection must not go on."""

    def __init__(self, path, scripts):
        self.scripts = scripts
        self.asked = queue.Queue()
        self.connections = 0
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(64)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            connection, _ = self.listener.accept()
            self.connections += 1
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        reader = Reader(connection)
        try:
            with connection:
                while True:
                    request = reader.request()
                    self.asked.put(request)
                    word = request.line.split(" ")[1].strip("/").partition("?")[0].partition("/")[0]
                    if self.scripts[word](connection, request) is False:
                        return
        except (Ended, OSError):
            pass

    def last(self):
        """The request that came last, once it is there."""
        request = self.asked.get(timeout=10)
        while not self.asked.empty():
            request = self.asked.get()
        return request
