#!/usr/bin/env python3
"""The HTTP client before servers of other hands: each is started from a temporary folder on loopback, asked by
examples/advanced/fetch, and judged by what arrives. A server that is not there is skipped, and said.

usage: interop.py [BIN_DIR] [SERVER...]
"""
import base64
import hashlib
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
LARGE = b"".join(hashlib.sha512(number.to_bytes(4, "big")).digest() for number in range(1 << 15))  # 2 MiB
PAGE = b"<p>" + b"a page that is worth a coding. " * 500
SMALL = b"hello\n"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def find(program):
    for folder in os.get_exec_path() + ["/usr/sbin", "/usr/local/sbin"]:
        if os.access(f"{folder}/{program}", os.X_OK):
            return f"{folder}/{program}"
    return None


class Missing(Exception):
    pass


class Peer:
    """A server, in a folder of its own below that of all."""

    def __init__(self, name, top):
        self.name, self.top = name, top
        self.folder = top / name
        self.folder.mkdir()
        (self.folder / "www").symlink_to(top / "www")
        self.port, self.secure = free_port(), free_port()
        self.process = None

    def need(self, program, package):
        path = find(program)
        if path is None:
            raise Missing(f"{program} is missing (Debian: {package})")
        return path

    def configure(self, template, **words):
        text = (HERE / "peers" / template).read_text()
        words = {"PORT": self.port, "SECURE": self.secure, "FOLDER": self.folder, "CERT": self.top / "cert", **words}
        for word, value in words.items():
            text = text.replace(f"@{word}@", str(value))
        path = self.folder / template
        path.write_text(text)
        return path

    def start(self, *argv, **more):
        with open(self.folder / "output", "wb") as output:
            self.process = subprocess.Popen([str(word) for word in argv], cwd=self.folder, stdout=output,
                                            stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, **more)

    def wait(self, *ports):
        """Until it listens at all of them."""
        for port in ports:
            until = time.monotonic() + 15
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    if self.process.poll() is not None or time.monotonic() > until:
                        raise RuntimeError(f"{self.name} does not listen:\n" + (self.folder / "output").read_text(errors="replace"))
                    time.sleep(0.02)

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def url(self, path=""):
        return f"http://127.0.0.1:{self.port}{path}"

    def secure_url(self, path=""):
        return f"https://localhost:{self.secure}{path}"


# ---- The servers ----

def start_nginx(peer):
    user = "user root;" if os.geteuid() == 0 else ""
    peer.start(peer.need("nginx", "nginx"), "-p", f"{peer.folder}/", "-c", peer.configure("nginx.conf", USER=user),
               "-e", "stderr")
    peer.wait(peer.port, peer.secure)


def start_apache(peer):
    program = peer.need("apache2", "apache2-bin")
    modules = pathlib.Path("/usr/lib/apache2/modules")
    user = "User nobody\nGroup nogroup" if os.geteuid() == 0 else ""
    peer.start(program, "-D", "FOREGROUND", "-f", peer.configure("apache.conf", USER=user, MODULES=modules))
    peer.wait(peer.port, peer.secure)


def start_h2o(peer):
    user = "user: root" if os.geteuid() == 0 else ""
    peer.start(peer.need("h2o", "h2o"), "-m", "worker", "-c", peer.configure("h2o.conf", USER=user))
    peer.wait(peer.port, peer.secure)


def start_node(peer):
    peer.start(peer.need("node", "nodejs"), HERE / "peers" / "node.cjs", peer.top / "www", peer.port, peer.secure,
               peer.top / "cert")
    peer.wait(peer.port, peer.secure)


def start_go(peer):
    program = peer.folder / "server"
    subprocess.run([peer.need("go", "golang-go"), "build", "-o", program, HERE / "peers" / "server.go"], check=True,
                   cwd=peer.folder, env={**os.environ, "GO111MODULE": "off", "CGO_ENABLED": "0"})
    peer.start(program, peer.top / "www", peer.port, peer.secure, peer.top / "cert")
    peer.wait(peer.port, peer.secure)


def start_python(peer):
    peer.start(sys.executable, "-m", "http.server", "--bind", "127.0.0.1", "--directory", peer.top / "www",
               "--protocol", "HTTP/1.1", peer.port) if sys.version_info >= (3, 11) else peer.start(
        sys.executable, "-m", "http.server", "--bind", "127.0.0.1", "--directory", peer.top / "www", peer.port)
    peer.wait(peer.port)


def start_nghttpd(peer):
    program = peer.need("nghttpd", "nghttp2-server")
    peer.start("/bin/sh", "-c", f"{program} -a 127.0.0.1 -d {peer.top}/www {peer.secure} {peer.top}/cert/localhost.key "
               f"{peer.top}/cert/localhost.crt & exec {program} -a 127.0.0.1 --no-tls --echo-upload -d {peer.top}/www "
               f"{peer.port}", start_new_session=True)
    peer.stop = lambda: (os.killpg(peer.process.pid, 15), peer.process.wait())
    peer.wait(peer.port, peer.secure)


def start_tinyproxy(peer):
    program = peer.need("tinyproxy", "tinyproxy-bin")
    origin = Peer("origin", peer.top)
    start_node(origin)
    peer.origin = origin
    (peer.folder / "tinyproxy.conf").write_text(
        f"Port {peer.port}\nListen 127.0.0.1\nTimeout 30\nMaxClients 50\nLogLevel Error\nBasicAuth ada secret\n"
        f"ConnectPort {origin.secure}\n")
    peer.start(program, "-d", "-c", peer.folder / "tinyproxy.conf")
    peer.stop = lambda: (Peer.stop(peer), origin.stop())
    peer.wait(peer.port)


# ---- Cases: each is a name and what must come back ----

class Judge:
    def __init__(self, fetch, peer):
        self.fetch, self.peer = fetch, peer
        self.passed, self.failures = 0, []

    def run(self, *words, env=None):
        environment = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
        run = subprocess.run([self.fetch, "-s", *map(str, words)], capture_output=True, timeout=30, cwd=self.peer.folder,
                             env={**environment, **(env or {})})
        lines = [line.split(" ") for line in run.stderr.decode().splitlines() if line[:1].isdigit()]
        return run, lines

    def check(self, name, good, detail=""):
        if good:
            self.passed += 1
        else:
            self.failures.append(f"{name}: {detail}")

    def get(self, name, *words, content=None, status=200, version=None, redirects=None, has=None, **more):
        """Asks for one URL."""
        run, lines = self.run(*words, **more)
        got = lines[0] if lines else ["-", "-", "-", "-", "-"]
        good = got[0] == str(status) and (run.returncode == 0) == (status < 400)
        good = good and (content is None or run.stdout == content) and (has is None or has in run.stdout)
        good = good and (version is None or got[1] == version) and (redirects is None or got[3] == str(redirects))
        self.check(name, good, f"{' '.join(map(str, words))}: {got}, {len(run.stdout)} bytes {run.stdout[:60]!r}, "
                               f"{run.stderr.decode()[-300:]}")

    def fails(self, name, word, *words, **more):
        """Asks for what must fail, and say why."""
        run, _ = self.run(*words, **more)
        self.check(name, run.returncode == 1 and word in run.stderr.decode(), run.stderr.decode() + run.stdout[:80].decode(errors="replace"))


def files(judge, base, version, *flags):
    """What every server of files can do."""
    folder = judge.peer.folder
    judge.get("a file", *flags, base + "/small.txt", content=SMALL, version=version)
    judge.get("an empty file", *flags, base + "/empty.txt", content=b"", version=version)
    judge.get("a large file", *flags, base + "/large.bin", content=LARGE, version=version)
    judge.get("a name with a blank", *flags, base + "/a%20b.txt", content=SMALL, version=version)
    judge.get("a query and a fragment", *flags, base + "/small.txt?a=b#c", content=SMALL, version=version)
    judge.get("a head", *flags, "-I", base + "/small.txt", has=b"\n\n", version=version)
    judge.get("what is missing", *flags, base + "/missing", status=404, version=version)
    (folder / "large.bin").write_bytes(LARGE[:1234567])
    judge.get("the rest of a file", *flags, "-c", "-o", "large.bin", base + "/large.bin",
              status=206 if judge.peer.name not in ("python", "nghttpd") else 200, version=version)
    judge.check("it is whole", (folder / "large.bin").read_bytes() == LARGE)
    names = [f"part{number}.txt" for number in range(20)]
    run, lines = judge.run(*flags, "-O", "-P", 6, *(f"{base}/{name}" for name in names))
    good = run.returncode == 0 and len(lines) == 20 and all((folder / name).read_bytes() == name.encode() for name in names)
    judge.check("many at a time", good, run.stderr.decode())
    run, lines = judge.run(*flags, "-P", 1, *[base + "/small.txt"] * 10)
    judge.check("one after the other", run.stdout == SMALL * 10 and [line[0] for line in lines] == ["200"] * 10, run.stderr.decode())


def secured(judge, version="2"):
    ca = ("-a", judge.peer.top / "cert" / "localhost.crt")
    url = judge.peer.secure_url
    judge.get("over TLS", *ca, url("/small.txt"), content=SMALL, version=version)
    judge.get("a large file over TLS", *ca, url("/large.bin"), content=LARGE, version=version)
    run, lines = judge.run(*ca, "-P", 16, *[url("/large.bin")] * 4, *[url("/small.txt")] * 20)
    judge.check("side by side over TLS", run.returncode == 0 and len(lines) == 24 and {line[1] for line in lines} == {version},
                run.stderr.decode())
    judge.fails("a certificate of nobody's", "certificate", url("/small.txt"))


def authorized(judge, flags=()):
    url = judge.peer.url("/private" if judge.peer.name in ("node", "go") else "/private/welcome.txt")
    judge.get("without a password", *flags, url, status=401)
    judge.get("with one", *flags, "-u", "ada:secret", url, content=b"welcome\n")
    judge.get("with a wrong one", *flags, "-u", "ada:wrong", url, status=401)


def judge_nginx(judge):
    url = judge.peer.url
    files(judge, url(), "1.1")
    judge.get("gzip", url("/page.html"), content=PAGE)
    judge.get("a redirect", url("/moved"), content=SMALL, redirects=1)
    judge.get("a redirect that is kept", "-n", url("/moved"), status=301, redirects=0)
    judge.get("to a folder", url("/folder"), content=SMALL, redirects=1)
    judge.get("an upload", "-d", "@" + str(judge.peer.top / "www" / "part1.txt"), url("/upload"), content=b"taken\n")
    judge.get("an upload that is too large", "-d", "@" + str(judge.peer.top / "www" / "large.bin"), url("/upload"), status=413)
    judge.get("an upload that was asked for", "-e", 20, "-d", "@" + str(judge.peer.top / "www" / "part1.txt"), url("/upload"), content=b"taken\n")
    judge.get("a refusal before the content", "-e", 20, "-d", "@" + str(judge.peer.top / "www" / "large.bin"), url("/upload"), status=413)
    authorized(judge)
    secured(judge)
    judge.get("HTTP/1.1 over TLS", "-1", "-a", judge.peer.top / "cert" / "localhost.crt", judge.peer.secure_url("/small.txt"), content=SMALL,
              version="1.1")


def judge_apache(judge):
    url = judge.peer.url
    files(judge, url(), "1.1")
    files(judge, url(), "2", "-2")
    judge.get("HTTP/2 by Upgrade", "-U", url("/small.txt"), content=SMALL)
    judge.get("gzip", url("/page.html"), content=PAGE)
    judge.get("a redirect", url("/moved"), content=SMALL, redirects=1)
    judge.get("to a folder", url("/folder"), content=SMALL, redirects=1)
    authorized(judge)
    secured(judge)


def judge_h2o(judge):
    url = judge.peer.url
    files(judge, url(), "1.1")
    files(judge, url(), "2", "-2")
    judge.get("HTTP/2 by Upgrade", "-U", url("/large.bin"), content=LARGE, version="2")
    judge.get("gzip", url("/page.html"), content=PAGE)
    judge.get("a redirect", url("/moved"), content=SMALL, redirects=1)
    secured(judge)


def judge_program(judge, flags, base, version):
    """What Node's and Go's servers do alike."""
    large = "@" + str(judge.peer.top / "www" / "large.bin")
    judge.get("an echo", *flags, "-d", "some text", base + "/echo", content=b"some text", version=version)
    judge.get("a large echo", *flags, "-d", large, base + "/echo", content=LARGE, version=version)
    judge.get("an echo that was asked for", *flags, "-e", 20, "-d", "some text", base + "/echo", content=b"some text", version=version)
    judge.get("a large one", *flags, "-e", 20, "-d", large, base + "/echo", content=LARGE, version=version)
    judge.get("a refusal before the content", *flags, "-e", 20, "-d", large, base + "/refuse", status=413, version=version)
    judge.get("trailers", *flags, base + "/trailers", content=b"with trailers\n", version=version)
    judge.get("an upload that is refused", *flags, "-d", large, base + "/refuse", status=413, version=version)
    judge.get("a redirect", *flags, base + "/moved", content=SMALL, redirects=1, version=version)
    judge.fails("redirects without an end", "too many redirects", *flags, base + "/loop")
    run, _ = judge.run(*flags, base + "/cut")
    judge.check("a reply that is cut short", run.returncode == 1 and run.stdout == b"not all", run.stderr.decode())


def judge_node(judge):
    ca = ("-a", judge.peer.top / "cert" / "localhost.crt")
    files(judge, judge.peer.url(), "1.1")
    files(judge, judge.peer.secure_url(), "2", *ca)
    judge_program(judge, (), judge.peer.url(), "1.1")
    judge_program(judge, ca, judge.peer.secure_url(), "2")
    judge_program(judge, ("-1", *ca), judge.peer.secure_url(), "1.1")
    for coding in ("gzip", "deflate"):
        judge.get(coding, judge.peer.url("/coded/" + coding), content=(b"coded " * 16667)[:100000])
        judge.get(coding + " over HTTP/2", *ca, judge.peer.secure_url("/coded/" + coding), content=(b"coded " * 16667)[:100000])
    judge.get("hints before the reply", judge.peer.url("/hints"), content=b"hinted\n")
    judge.get("hints before the reply of HTTP/2", *ca, judge.peer.secure_url("/hints"), content=b"hinted\n")
    judge.get("a length", "-d", "abc", judge.peer.url("/how"), content=b"3\n")
    authorized(judge)
    secured(judge)


def judge_go(judge):
    ca = ("-a", judge.peer.top / "cert" / "localhost.crt")
    form = ("-F", "name=Ada", "-F", "file=@" + str(judge.peer.top / "www" / "large.bin"))
    files(judge, judge.peer.url(), "1.1")
    files(judge, judge.peer.secure_url(), "2", *ca)
    judge_program(judge, (), judge.peer.url(), "1.1")
    judge_program(judge, ca, judge.peer.secure_url(), "2")
    wanted = f"Ada large.bin {len(LARGE)}\n".encode()
    judge.get("a form", *form, judge.peer.url("/form"), content=wanted)
    judge.get("a form over HTTP/2", *ca, *form, judge.peer.secure_url("/form"), content=wanted, version="2")
    judge.get("a length", "-X", "PUT", "-d", "abc", judge.peer.url("/how"), content=b"PUT 3 3 <nil>\n")
    authorized(judge)
    secured(judge)


def judge_python(judge):
    files(judge, judge.peer.url(), None)
    judge.get("to a folder", judge.peer.url("/folder"), redirects=1, content=SMALL)
    judge.get("a list", judge.peer.url("/"), has=b"small.txt")
    judge.get("a refusal before the content", "-e", 20, "-d", "some text", judge.peer.url("/small.txt"), status=501)
    judge.get("an upload that is not taken", "-d", "some text", judge.peer.url("/small.txt"), status=501)


def judge_nghttpd(judge):
    large = "@" + str(judge.peer.top / "www" / "large.bin")
    files(judge, judge.peer.url(), "2", "-2")
    judge.get("an echo", "-2", "-d", "some text", judge.peer.url("/echo"), content=b"some text")
    judge.get("a large echo", "-2", "-d", large, judge.peer.url("/echo"), content=LARGE)
    judge.get("one that was asked for, of a server that says no word", "-2", "-e", 1, "-d", large, judge.peer.url("/echo"), content=LARGE)
    run, _ = judge.run("-1", judge.peer.url("/small.txt"))
    judge.check("HTTP/1.1 alone", run.returncode == 1 and run.stdout == b"", run.stderr.decode())
    run, _ = judge.run("-1", "-a", judge.peer.top / "cert" / "localhost.crt", judge.peer.secure_url("/small.txt"))
    judge.check("HTTP/1.1 alone over TLS", run.returncode == 1 and run.stdout == b"", run.stderr.decode())
    secured(judge)


def judge_tinyproxy(judge):
    origin = judge.peer.origin
    proxy = ("-x", f"http://ada:secret@127.0.0.1:{judge.peer.port}")
    ca = ("-a", judge.peer.top / "cert" / "localhost.crt")
    large = "@" + str(judge.peer.top / "www" / "large.bin")
    judge.get("a file", *proxy, origin.url("/small.txt"), content=SMALL)
    judge.get("a large file", *proxy, origin.url("/large.bin"), content=LARGE)
    judge.get("an upload", *proxy, "-d", large, origin.url("/echo"), content=LARGE)
    judge.get("an upload that was asked for, by way of a proxy that passes no word on", *proxy, "-e", 1, "-d", large, origin.url("/echo"), content=LARGE)
    judge.get("what is missing", *proxy, origin.url("/missing"), status=404)
    judge.get("a redirect", *proxy, origin.url("/moved"), content=SMALL, redirects=1)
    judge.get("a tunnel", *proxy, *ca, origin.secure_url("/small.txt"), content=SMALL, version="2")
    judge.get("HTTP/1.1 in a tunnel", *proxy, *ca, "-1", origin.secure_url("/small.txt"), content=SMALL, version="1.1")
    judge.get("a large file in a tunnel", *proxy, *ca, origin.secure_url("/large.bin"), content=LARGE)
    judge.get("an upload in a tunnel", *proxy, *ca, "-d", large, origin.secure_url("/echo"), content=LARGE)
    judge.fails("a tunnel to a port that is not allowed", "refused", *proxy, *ca, f"https://localhost:{origin.port}/small.txt")
    wrong = ("-x", f"http://ada:wrong@127.0.0.1:{judge.peer.port}")
    judge.get("a wrong password", *wrong, origin.url("/small.txt"), status=401)
    judge.fails("a wrong password for a tunnel", "refused", *wrong, *ca, origin.secure_url("/small.txt"))
    said = {"http_proxy": proxy[1], "HTTPS_PROXY": proxy[1]}
    judge.get("as the environment says", origin.url("/small.txt"), content=SMALL, env=said)
    judge.get("a tunnel as the environment says", *ca, origin.secure_url("/small.txt"), content=SMALL, env=said)
    judge.get("not for this host", *ca, origin.secure_url("/small.txt"), content=SMALL,
              env={"https_proxy": "http://127.0.0.1:1", "no_proxy": "localhost"})
    judge.fails("a proxy that is not there", "refused", "-x", "http://127.0.0.1:1", origin.url("/small.txt"))
    run, lines = judge.run(*proxy, *ca, "-P", 8, *[origin.secure_url("/small.txt")] * 8, *[origin.url("/small.txt")] * 8)
    judge.check("both at a time", run.stdout == SMALL * 16 and len(lines) == 16, run.stderr.decode())


SERVERS = {"nginx": (start_nginx, judge_nginx), "apache": (start_apache, judge_apache), "h2o": (start_h2o, judge_h2o),
           "node": (start_node, judge_node), "go": (start_go, judge_go), "python": (start_python, judge_python),
           "nghttpd": (start_nghttpd, judge_nghttpd), "tinyproxy": (start_tinyproxy, judge_tinyproxy)}


def make_files(top):
    www = top / "www"
    for folder in (www, www / "folder", www / "private"):
        folder.mkdir()
    (www / "small.txt").write_bytes(SMALL)
    (www / "a b.txt").write_bytes(SMALL)
    (www / "empty.txt").write_bytes(b"")
    (www / "large.bin").write_bytes(LARGE)
    (www / "page.html").write_bytes(PAGE)
    (www / "folder" / "index.html").write_bytes(SMALL)
    (www / "private" / "welcome.txt").write_bytes(b"welcome\n")
    for number in range(20):
        (www / f"part{number}.txt").write_text(f"part{number}.txt")
    digest = base64.b64encode(hashlib.sha1(b"secret").digest()).decode()
    for name in ("nginx", "apache"):
        (top / name).mkdir(exist_ok=True)
    return f"ada:{{SHA}}{digest}\n"


def main():
    words = sys.argv[1:]
    bin_dir = pathlib.Path(words.pop(0) if words and words[0] not in SERVERS else ROOT / "build/release/bin").resolve()
    fetch = str(bin_dir / "fetch")
    passed = failed = 0
    if not os.access(fetch, os.X_OK):
        sys.exit(f"interop.py: {fetch} is not built")
    top = pathlib.Path(tempfile.mkdtemp(prefix="flare-interop-"))
    try:
        top.chmod(0o755)
        subprocess.run([str(ROOT / "dev"), "cert", "--out", str(top / "cert")], check=True, stdout=subprocess.DEVNULL)
        for path in (top / "cert").iterdir():
            path.chmod(0o644)
        (top / "cert").chmod(0o755)
        passwords = make_files(top)
        for name, (start, judge_it) in SERVERS.items():
            if words and name not in words:
                continue
            shutil.rmtree(top / name, ignore_errors=True)
            peer = Peer(name, top)
            (peer.folder / "passwords").write_text(passwords)
            judge, began = Judge(fetch, peer), time.monotonic()
            try:
                start(peer)
                judge_it(judge)
            except Missing as missing:
                print(f"skipped: {name} because {missing}")
                continue
            except (RuntimeError, subprocess.SubprocessError) as error:
                judge.failures.append(str(error))
            finally:
                peer.stop()
            print(f"{name}: {judge.passed} of {judge.passed + len(judge.failures)} cases, {time.monotonic() - began:.1f} s", flush=True)
            for failure in judge.failures:
                print(f"FAILED {name}: {failure}")
            passed += judge.passed
            failed += len(judge.failures)
    finally:
        shutil.rmtree(top, ignore_errors=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
