#!/usr/bin/env python3
"""TLS as outside clients meet it: Python's ssl, `openssl s_client`, curl. Certificates are made anew, in a folder that goes.

usage: clients.py SERVER_SAMPLE_MAIN [TEST...]
"""
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

DEV = pathlib.Path(__file__).resolve().parents[2] / "dev"
FOLDER = None
PROGRAM = None


class Failure(Exception):
    pass


def check(truth, what):
    if not truth:
        raise Failure(what)


def run(*command, given=b"", timeout=20):
    return subprocess.run([str(word) for word in command], input=given, capture_output=True, timeout=timeout)


def pair(name):
    return ["--tls-cert", FOLDER / f"{name}.crt", "--tls-key", FOLDER / f"{name}.key"]


class Server:
    def __init__(self, *flags, listen="tls:127.0.0.1:0"):
        command = [PROGRAM, "--listen", listen, "--drain", "5", *flags]
        self.process = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True)
        line = self.process.stdout.readline()
        found = re.search(r"https://127\.0\.0\.1:(\d+)", line)
        check(found, f"no address: {line!r} {self.process.poll()}")
        self.port = int(found[1])

        self.stopped = False

    def __enter__(self):
        return self

    def stop(self):
        """Once: a second signal may meet a process that has drained and handles none any more."""
        if not self.stopped:
            self.stopped = True
            self.process.send_signal(signal.SIGTERM)

    def __exit__(self, *unused):
        self.stop()
        try:
            _, self.log = self.process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        check(self.process.returncode == 0, f"the server ended with {self.process.returncode}: {self.log}")


class Control:
    """`openssl s_server`, which accepts all that OpenSSL still has."""

    def __enter__(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.process = subprocess.Popen(
            ["openssl", "s_server", "-accept", f"127.0.0.1:{self.port}", "-cert", FOLDER / "localhost.crt", "-key",
             FOLDER / "localhost.key", "-cipher", "ALL:COMPLEMENTOFALL:@SECLEVEL=0", "-min_protocol", "TLSv1", "-quiet", "-www"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return self
            except OSError:
                time.sleep(0.02)
        raise Failure("no control server")

    def __exit__(self, *unused):
        self.process.kill()
        self.process.wait()


def context(lowest=None, highest=None, ciphers=None, alpn=None, client=None, ca=None):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    if ca:
        made.load_verify_locations(FOLDER / ca)
    else:
        made.verify_mode = ssl.CERT_NONE
    if ciphers:
        made.set_ciphers(ciphers)
    if lowest:
        made.minimum_version = lowest
    if highest:
        made.maximum_version = highest
    if alpn:
        made.set_alpn_protocols(alpn)
    if client:
        made.load_cert_chain(FOLDER / f"{client}.crt", FOLDER / f"{client}.key")
    return made


def dial(port, made=None, name="localhost", session=None):
    raw = socket.create_connection(("127.0.0.1", port), timeout=5)
    try:
        return (made or context()).wrap_socket(raw, server_hostname=name, session=session)
    except BaseException:
        raw.close()
        raise


def ask(tls, path="/plaintext", close=False):
    """One exchange; (status, content)."""
    tls.sendall(f"GET {path} HTTP/1.1\r\nHost: h\r\n{'Connection: close' + chr(13) + chr(10) if close else ''}\r\n".encode())
    return reply(tls)


def reply(tls):
    text = b""
    while b"\r\n\r\n" not in text:
        got = tls.recv(65536)
        check(got, f"the connection ended in a head: {text!r}")
        text += got
    head, _, content = text.partition(b"\r\n\r\n")
    length = int(re.search(rb"(?i)content-length: (\d+)", head)[1])
    while len(content) < length:
        got = tls.recv(65536)
        check(got, "the connection ended in a body")
        content += got
    return int(head.split()[1]), content


def works(port, made=None, **more):
    """Is a handshake with an exchange possible?"""
    try:
        with dial(port, made, **more) as tls:
            return ask(tls)[0] == 200
    except (ssl.SSLError, ConnectionError, Failure):
        return False


def shakes_hands(port, made):
    try:
        dial(port, made).close()
        return True
    except (ssl.SSLError, ConnectionError):
        return False


# ---- What is spoken ----

def test_old_versions_are_refused():
    old = [(ssl.TLSVersion.TLSv1, "TLS 1.0"), (ssl.TLSVersion.TLSv1_1, "TLS 1.1")]
    with Server(*pair("localhost")) as server, Control() as control:
        for version, name in old:
            made = context(version, version, "ALL:@SECLEVEL=0")
            check(shakes_hands(control.port, made), f"the client can't speak {name}")
            check(not shakes_hands(server.port, made), f"{name} is spoken")
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            check(works(server.port, context(version, version)), f"{version} is not spoken")


def test_weak_suites_are_refused():
    weak = ["ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384", "ECDHE-ECDSA-NULL-SHA", "AECDH-AES128-SHA",
            "ECDHE-ECDSA-AES128-CCM8"]
    good = ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305"]
    two = ssl.TLSVersion.TLSv1_2
    with Server(*pair("localhost")) as server, Control() as control:
        for suite in weak:
            made = context(two, two, suite + ":@SECLEVEL=0")
            check(shakes_hands(control.port, made), f"the client can't speak {suite}")
            check(not shakes_hands(server.port, made), f"{suite} is spoken")
        for suite in good:
            check(works(server.port, context(two, two, suite)), f"{suite} is not spoken")


def test_protocols_are_chosen_by_alpn():
    with Server(*pair("localhost")) as server:
        for offered, chosen in ((["h2", "http/1.1"], "h2"), (["http/1.1", "h2"], "h2"), (["http/1.1"], "http/1.1"), (None, None)):
            with dial(server.port, context(alpn=offered)) as tls:
                check(tls.selected_alpn_protocol() == chosen, f"{offered}: {tls.selected_alpn_protocol()}")
        check(not shakes_hands(server.port, context(alpn=["spdy/3"])), "an unknown protocol is accepted")
        url = f"https://127.0.0.1:{server.port}/plaintext"
        for flag, version in (("--http2", "2"), ("--http1.1", "1.1")):
            got = run("curl", "-sS", flag, "--cacert", FOLDER / "localhost.crt", "-w", "%{http_version}", url)
            check(got.stdout == b"Hello, World!" + version.encode(), got)


def test_there_is_no_renegotiation():
    with Server(*pair("localhost")) as server:
        command = ["openssl", "s_client", "-tls1_2", "-connect", f"127.0.0.1:{server.port}"]
        got = subprocess.run(f"(sleep 0.3; echo R; sleep 0.5) | {' '.join(command)}", shell=True, capture_output=True, timeout=10)
        check(b"RENEGOTIATING" in got.stdout + got.stderr and b"no renegotiation" in got.stderr, got.stderr)


# ---- Certificates ----

def subject(port, name):
    with dial(port, name=name) as tls:
        text = ssl.DER_cert_to_PEM_cert(tls.getpeercert(True)).encode()
    return re.search(rb"CN = (\S+)", run("openssl", "x509", "-noout", "-subject", given=text).stdout)[1].decode()


def test_names_choose_certificates():
    with Server(*pair("localhost"), *pair("a.test"), *pair("wild.test")) as server:
        for asked, shown in (("a.test", "a.test"), ("A.Test", "a.test"), ("x.wild.test", "*.wild.test"), (None, "localhost"),
                             ("x.y.wild.test", "localhost"), ("wild.test", "localhost"), ("other.test", "localhost")):
            check(subject(server.port, asked) == shown, f"{asked} gets {subject(server.port, asked)}")


def test_what_is_wrong_stops_the_start():
    key = FOLDER / "open.key"
    key.write_bytes((FOLDER / "a.test.key").read_bytes())
    key.chmod(0o604)
    (FOLDER / "empty").write_bytes(b"")
    (FOLDER / "text").write_bytes(b"no certificate\n")
    run("openssl", "ec", "-in", FOLDER / "a.test.key", "-aes128", "-passout", "pass:secret", "-out", FOLDER / "sealed.key")
    certificate, good = FOLDER / "a.test.crt", FOLDER / "a.test.key"
    for wanted, flags in (
            ("is not the key of the certificate", [certificate, FOLDER / "localhost.key"]),
            ("can be read or changed by everybody", [certificate, key]),
            ("needs a password", [certificate, FOLDER / "sealed.key"]),
            ("not found", [certificate, FOLDER / "nothing"]),
            ("is empty", [certificate, FOLDER / "empty"]),
            ("is not a file", [FOLDER, good]),
            ("no certificate that can be used", [FOLDER / "text", good]),
            ("no key that can be used", [certificate, FOLDER / "a.test.crt"])):
        got = run(PROGRAM, "--listen", "tls:127.0.0.1:0", "--tls-cert", flags[0], "--tls-key", flags[1])
        check(got.returncode == 2 and wanted in got.stderr.decode() and got.stderr.count(b"\n") == 1, f"{wanted}: {got}")
    for wanted, flags in (
            ("each certificate needs its key", ["--listen", "tls:127.0.0.1:0", "--tls-cert", certificate]),
            ("needs --tls-cert", ["--listen", "tls:127.0.0.1:0"]),
            ("no address speaks TLS", ["--listen", "127.0.0.1:0", *pair("a.test")]),
            ("needs --tls-client-ca", [*pair("a.test"), "--tls-client", "required"]),
            ("not one of optional, required", [*pair("a.test"), "--tls-client", "maybe"]),
            ("no good", [*pair("a.test"), "--listen", "tls:127.0.0.1:0", "--tls-ocsp", FOLDER / "text"]),
            ("no certificates that can be used", [*pair("a.test"), "--listen", "tls:127.0.0.1:0", "--tls-client-ca", FOLDER / "text"])):
        got = run(PROGRAM, *flags)
        wanted = "is not a good OCSP response" if wanted == "no good" else wanted
        check(got.returncode == 2 and wanted in got.stderr.decode(), f"{wanted}: {got}")


def test_variables_do_what_flags_do():
    before = dict(os.environ)
    os.environ["FLARE_TLS_CERT"] = f"{FOLDER}/localhost.crt,{FOLDER}/a.test.crt"
    os.environ["FLARE_TLS_KEY"] = f"{FOLDER}/localhost.key,{FOLDER}/a.test.key"
    try:
        with Server() as server:
            check(subject(server.port, "a.test") == "a.test", "the second pair is not there")
    finally:
        os.environ.clear()
        os.environ.update(before)


def test_an_ocsp_response_is_stapled():
    index = FOLDER / "index.txt"
    serial = run("openssl", "x509", "-in", FOLDER / "ada.crt", "-noout", "-serial").stdout.decode().strip().split("=")[1]
    index.write_text(f"V\t491231235959Z\t\t{serial}\tunknown\t/CN=ada\n")
    got = run("openssl", "ocsp", "-index", index, "-CA", FOLDER / "client-ca.crt", "-rsigner", FOLDER / "client-ca.crt", "-rkey",
              FOLDER / "client-ca.key", "-issuer", FOLDER / "client-ca.crt", "-cert", FOLDER / "ada.crt", "-respout",
              FOLDER / "ada.ocsp", "-ndays", "1")
    check((FOLDER / "ada.ocsp").exists(), got)
    with Server(*pair("ada"), "--tls-ocsp", FOLDER / "ada.ocsp", *pair("localhost")) as server:
        for name, wanted in (("ada", b"OCSP Response Status: successful"), ("localhost", b"OCSP response: no response sent")):
            got = run("openssl", "s_client", "-status", "-servername", name, "-connect", f"127.0.0.1:{server.port}")
            check(wanted in got.stdout, f"{name}: {got.stdout[:300]}")


def test_peers_show_certificates():
    ca = ["--tls-client-ca", FOLDER / "client-ca.crt"]
    with Server(*pair("localhost"), *ca) as server:
        check(works(server.port, context(client="ada")), "a good certificate is refused")
        check(not works(server.port), "none is accepted")
        check(not works(server.port, context(client="stranger")), "a stranger's is accepted")
    with Server(*pair("localhost"), *ca, "--tls-client", "optional") as server:
        check(works(server.port, context(client="ada")), "a good certificate is refused")
        check(works(server.port), "none is refused")
        check(not works(server.port, context(client="stranger")), "a stranger's is accepted")


# ---- Sessions ----

def resumed(port, made, session):
    """(whether it was resumed, the new session)."""
    with dial(port, made, session=session) as tls:
        check(ask(tls)[0] == 200, "no reply")
        return tls.session_reused, tls.session


def test_sessions_resume_on_any_worker():
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        made = context(version, version)
        with Server(*pair("localhost"), "--workers", "2") as server:
            reused, session = resumed(server.port, made, None)
            check(not reused, "nothing was there to resume")
            for _ in range(8):
                reused, session = resumed(server.port, made, session)
                check(reused, f"{version} was not resumed")
            server.process.send_signal(signal.SIGHUP)
            time.sleep(0.3)
            check(resumed(server.port, made, session)[0], "a reload forgot the sessions")
    with Server(*pair("localhost")) as other:
        check(not resumed(other.port, made, session)[0], "another process resumed it")


def test_a_rotated_key_resumes_for_one_period():
    made = context(ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2)
    start = time.monotonic()
    with Server(*pair("localhost"), "--tls-ticket-period", "2") as server:
        time.sleep(max(0, start + 1.2 - time.monotonic()))
        session = resumed(server.port, made, None)[1]
        time.sleep(max(0, start + 2.6 - time.monotonic()))
        check(resumed(server.port, made, session)[0], "the last period's key does not open")
        time.sleep(max(0, start + 4.8 - time.monotonic()))
        check(not resumed(server.port, made, session)[0], "a key opens after two periods")


def test_a_session_ends_with_its_rules():
    made = context(client="ada")
    flags = [*pair("localhost"), "--tls-client-ca", FOLDER / "rules.crt"]
    (FOLDER / "rules.crt").write_bytes((FOLDER / "client-ca.crt").read_bytes())
    with Server(*flags) as server:
        session = resumed(server.port, made, None)[1]
        check(resumed(server.port, made, session)[0], "it was not resumed")
        (FOLDER / "rules.crt").write_bytes((FOLDER / "localhost.crt").read_bytes())
        server.process.send_signal(signal.SIGHUP)
        time.sleep(0.3)
        check(not works(server.port, made, session=session), "a session of an old CA goes on")


# ---- Reloading and ending ----

def serial(port):
    with dial(port) as tls:
        text = ssl.DER_cert_to_PEM_cert(tls.getpeercert(True)).encode()
    return run("openssl", "x509", "-noout", "-serial", given=text).stdout


def test_a_reload_under_load_fails_nobody():
    for suffix in ("crt", "key"):
        (FOLDER / f"live.{suffix}").write_bytes((FOLDER / f"localhost.{suffix}").read_bytes())
    (FOLDER / "live.key").chmod(0o600)
    failures, done, stop = [], [0], threading.Event()
    with Server(*pair("live"), "--workers", "2") as server:
        kept = dial(server.port)
        ask(kept)
        before = serial(server.port)

        def load():
            made = context()
            while not stop.is_set():
                try:
                    with dial(server.port, made) as tls:
                        good = ask(tls)[0] == 200 and ask(tls)[0] == 200
                    done[0] += 1
                    if not good:
                        failures.append("a reply")
                except (OSError, Failure) as failure:
                    failures.append(str(failure))

        threads = [threading.Thread(target=load) for _ in range(3)]
        for thread in threads:
            thread.start()
        for _ in range(3):
            run(DEV, "cert", "--out", FOLDER / "next", "localhost")
            for suffix in ("crt", "key"):
                os.replace(FOLDER / "next" / f"localhost.{suffix}", FOLDER / f"live.{suffix}")
            server.process.send_signal(signal.SIGHUP)
            time.sleep(0.3)
        after = serial(server.port)
        (FOLDER / "live.key").write_bytes((FOLDER / "a.test.key").read_bytes())
        server.process.send_signal(signal.SIGHUP)
        time.sleep(0.3)
        check(serial(server.port) == after, "files that don't match were taken")
        stop.set()
        for thread in threads:
            thread.join()
        check(ask(kept)[0] == 200, "a connection of before the reload was lost")
        kept.close()
    check(before != after, "the old certificate is still shown")
    check(not failures and done[0] > 20, f"{done[0]} connections, {len(failures)} failures: {failures[:3]}")
    check("the certificates stay as they were" in server.log, server.log)


def test_the_drain_says_goodbye():
    server = Server(*pair("localhost"))
    with server:
        tls = dial(server.port)
        check(ask(tls)[0] == 200, "no reply")
        server.stop()
        check(tls.recv(1) == b"", "no close_notify")
        tls.close()
    with Server(*pair("localhost")) as server, dial(server.port) as tls:
        check(ask(tls, close=True)[0] == 200 and tls.recv(1) == b"", "no close_notify after the last reply")


def test_large_bodies_both_ways():
    content = os.urandom(90000)
    with Server(*pair("localhost")) as server, dial(server.port) as tls:
        check(len(ask(tls, "/big/5000000")[1]) == 5000000, "a large reply is cut")
        tls.sendall(b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 90000\r\n\r\n" + content)
        check(reply(tls) == (200, content), "a body is not what was sent")
        tls.sendall(b"GET /big/3000000 HTTP/1.1\r\nHost: h\r\n\r\n" * 3)
        time.sleep(0.5)  # more than the kernel holds: the server has to wait
        check(all(len(reply_exact(tls)) == 3000000 for _ in range(3)), "a slow reader's reply is cut")


def reply_exact(tls):
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += tls.recv(1)
    left, content = int(re.search(rb"(?i)content-length: (\d+)", head)[1]), b""
    while left > len(content):
        content += tls.recv(min(65536, left - len(content)))
    return content


def test_bytes_that_come_one_at_a_time():
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        with Server(*pair("localhost")) as server, socket.create_connection(("127.0.0.1", server.port), timeout=5) as raw:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            come, go = ssl.MemoryBIO(), ssl.MemoryBIO()
            tls = context(version, version).wrap_bio(come, go, server_hostname="localhost")

            def step(call):
                while True:
                    try:
                        result = call()
                    except ssl.SSLWantReadError:
                        result = None
                    for byte in go.read():
                        raw.send(bytes([byte]))
                        time.sleep(0.0003)
                    if result is not None:
                        return result
                    come.write(raw.recv(65536))

            step(lambda: tls.do_handshake() or True)
            step(lambda: tls.write(b"GET /plaintext HTTP/1.1\r\nHost: h\r\n\r\n"))
            check(step(lambda: tls.read(1000)).endswith(b"Hello, World!"), "no reply")


def test_plain_addresses_beside():
    with Server(*pair("localhost"), "--listen", "127.0.0.1:0", "--poll") as server:
        line = server.process.stdout.readline()
        url = re.search(r"http://\S+", line)[0]
        check(run("curl", "-sS", url + "/plaintext").stdout == b"Hello, World!", "the plain address does not answer")
        check(works(server.port), "the other one does not")


def test_the_kernel_or_ourselves():
    with Server(*pair("localhost"), "--tls-kernel") as server:
        check(works(server.port), "no reply")
        with dial(server.port) as tls:
            check(len(ask(tls, "/big/1000000")[1]) == 1000000, "a large reply is cut")
    if "the kernel has no TLS" in server.log:
        print("skipped: kTLS itself because this kernel has no tls module; its fallback was tested")


def main():
    global FOLDER, PROGRAM
    PROGRAM = sys.argv[1]
    tests = [(name, test) for name, test in globals().items() if name.startswith("test_")]
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        FOLDER = pathlib.Path(folder)
        run(DEV, "cert", "--out", FOLDER, "--client", "ada", "localhost", "a.test")
        run(DEV, "cert", "--out", FOLDER / "w", "*.wild.test")
        for suffix in ("crt", "key"):
            os.replace(FOLDER / "w" / f"*.wild.test.{suffix}", FOLDER / f"wild.test.{suffix}")
        run(DEV, "cert", "--out", FOLDER / "s", "--client", "stranger")
        for suffix in ("crt", "key"):
            os.replace(FOLDER / "s" / f"stranger.{suffix}", FOLDER / f"stranger.{suffix}")
        wanted = [(name, test) for name, test in tests if not sys.argv[2:] or name in sys.argv[2:]]
        for name, test in wanted:
            try:
                test()
            except Exception as failure:  # what a test meets is its result
                failed += 1
                print(f"FAILED: {name}: {type(failure).__name__}: {failure}")
    print(f"{len(wanted) - failed} passed, {failed} failed")
    return 1 if failed or not wanted else 0


if __name__ == "__main__":
    sys.exit(main())
