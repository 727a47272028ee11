"""The cases of run.py: what is sent to the example echo, what its replies have to be, and what becomes of the
connection. A name starts with the RFC and section that asks for it; a bare number is a section of RFC 9112."""

CLOSE, OPEN, EITHER = "close", "open", "either"
FINISH = object()  # the client sends no more: a FIN

GOOD = b"GET / HTTP/1.1\r\nHost: good\r\n\r\n"
# Sent behind whatever must end a connection; its answer would show the word.
SMUGGLED = b"GET /headers HTTP/1.1\r\nHost: smuggled\r\n\r\n"


class Wait:
    """Goes on when this many replies, interim ones included, are there."""

    def __init__(self, replies):
        self.replies = replies


class Reply:
    """What a reply has to be; a body of None is any, a field's value of None is no such field."""

    def __init__(self, status, body=None, method="GET", **fields):
        self.status = status
        self.body = body
        self.method = method
        self.fields = {name.replace("_", "-"): value for name, value in fields.items()}


class Case:
    """`smuggles`: a request follows that must not be answered. `maybe`: a reply that may come before the end.
    `says_close`: the last reply of a connection that closes says so."""

    def __init__(self, name, steps, replies, end, smuggles=False, refusal=False, pipelines=True, says_close=True,
                 maybe=None):
        self.name = name
        self.steps = steps if isinstance(steps, list) else [steps]
        self.replies = replies
        self.end = end
        self.smuggles = smuggles
        self.refusal = refusal
        self.pipelines = pipelines
        self.says_close = says_close
        self.maybe = maybe


GOOD_REPLY = Reply(200, b"OK")
CASES = []


def case(name, steps, *replies, end=OPEN, **how):
    CASES.append(Case(name, steps, list(replies), end, **how))


def refuse(name, data, status):
    """One reply with this status, then the end; what comes behind is never read as a request."""
    CASES.append(Case(name, [data], [Reply(status)], CLOSE, smuggles=True, refusal=True))


def get(target=b"/", fields=b"Host: a\r\n", version=b"HTTP/1.1", method=b"GET"):
    return method + b" " + target + b" " + version + b"\r\n" + fields + b"\r\n"


def post(fields, body=b"", target=b"/echo", version=b"HTTP/1.1"):
    return get(target, b"Host: a\r\n" + fields, version, b"POST") + body


def chunks(data, trailers=b"", fields=b""):
    """A POST of chunked data; the last chunk is added."""
    return post(b"Transfer-Encoding: chunked\r\n" + fields, data + b"0\r\n" + trailers + b"\r\n")


def raw_chunks(data):
    return post(b"Transfer-Encoding: chunked\r\n", data)


def ok(body=b"OK", **fields):
    return Reply(200, body, **fields)


# ---- the request line (3), methods and targets ----

case("3 GET", get(), ok())
case("3 GET with a query", get(b"/?a=b&c"), ok())
case("3.2.1 an empty query", get(b"/?"), ok())
case("9110 9.3.2 HEAD has GET's length and no body", get(method=b"HEAD"),
     Reply(200, b"", "HEAD", content_length="2"))
case("9110 9.3.2 HEAD of an unknown path", get(b"/none", method=b"HEAD"), Reply(404, b"", "HEAD"))
case("9110 9.3.7 OPTIONS", get(b"/headers", method=b"OPTIONS"), Reply(204, allow="GET, HEAD, OPTIONS"))
case("9110 9.3.7 OPTIONS where POST is too", get(b"/", method=b"OPTIONS"),
     Reply(204, allow=frozenset(("GET", "HEAD", "POST", "OPTIONS"))))
case("9110 9.3.7 OPTIONS of an unknown path", get(b"/none", method=b"OPTIONS"), Reply(404))
case("3.2.4 OPTIONS *", get(b"*", method=b"OPTIONS"), Reply(204))
case("3.2.4 OPTIONS * in absolute-form", get(b"http://a", method=b"OPTIONS"), Reply(204))
case("9110 9.3.3 POST", post(b"Content-Length: 5\r\nContent-Type: text/x\r\n", b"hello"),
     ok(b"hello", content_type="text/x"))
case("9110 9.3.3 POST at the root", post(b"Content-Length: 5\r\n", b"hello", b"/"), ok(b"hello"))
case("9110 15.5.5 an unknown path", get(b"/none"), Reply(404))
case("9110 15.5.5 an unknown path with a query", get(b"/none?/headers"), Reply(404))
case("9110 15.5.6 a path without the method", get(b"/headers", method=b"DELETE"),
     Reply(405, allow="GET, HEAD, OPTIONS"))
case("9110 15.5.6 PUT", get(b"/headers", method=b"PUT"), Reply(405, allow="GET, HEAD, OPTIONS"))
case("9110 15.5.6 TRACE", get(b"/headers", method=b"TRACE"), Reply(405, allow="GET, HEAD, OPTIONS"))
case("9110 15.5.6 QUERY", get(b"/headers", method=b"QUERY"), Reply(405, allow="GET, HEAD, OPTIONS"))
case("9110 15.5.6 a registered method of WebDAV", get(b"/headers", method=b"PROPFIND"), Reply(405))
case("9110 15.5.6 Allow where POST alone is", get(b"/echo"), Reply(405, allow=frozenset(("POST", "OPTIONS"))))
case("9110 15.6.2 an unregistered method", get(method=b"BREW"), Reply(501), end=EITHER)
case("9110 15.6.2 of an unknown path too", get(b"/none", method=b"BREW"), Reply(501), end=EITHER)
case("9110 9.1 methods are case-sensitive", get(method=b"get"), Reply(501), end=EITHER)
case("9110 9.1 an odd token", get(method=b"!#$%&'*+-.^_`|~0"), Reply(501), end=EITHER)
case("9110 9.3.6 CONNECT", get(b"a:443", method=b"CONNECT"), Reply((400, 404, 405, 501)), end=EITHER)
refuse("9110 9.3.6 CONNECT without a port", get(b"a", method=b"CONNECT"), 400)
refuse("9110 9.3.6 CONNECT with port 0", get(b"a:0", method=b"CONNECT"), 400)
refuse("9110 9.3.6 CONNECT with a path", get(b"/", method=b"CONNECT"), 400)
refuse("3 a method of 33 bytes", get(method=b"M" * 33), 501)
case("3 a method of 32 bytes", get(method=b"M" * 32), Reply(501), end=EITHER)
case("2.2 an empty line before the request", b"\r\n" + get(), ok())
case("2.2 two empty lines before the request", b"\r\n\r\n" + get(), ok())
case("2.2 an empty line after a body", post(b"Content-Length: 2\r\n", b"hi") + b"\r\n" + get(), ok(b"hi"), ok())
refuse("2.2 three empty lines", b"\r\n\r\n\r\n" + get(), 400)
refuse("2.2 a bare LF before the request", b"\n" + get(), 400)
refuse("2.2 a bare CR before the request", b"\r" + get(), 400)
refuse("2.2 a bare LF ends the request line", b"GET / HTTP/1.1\nHost: a\r\n\r\n", 400)
refuse("2.2 a bare CR ends the request line", b"GET / HTTP/1.1\rHost: a\r\n\r\n", 400)
refuse("2.2 bare LFs everywhere", b"GET / HTTP/1.1\nHost: a\n\n", 400)
refuse("2.2 CR CR LF", b"GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", 400)
refuse("3 0.9's form", b"GET /\r\n", 400)
refuse("3 two spaces before the target", b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400)
refuse("3 two spaces after the target", b"GET /  HTTP/1.1\r\nHost: a\r\n\r\n", 400)
refuse("3 a space at the end", b"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400)
refuse("3 a space in front", b" GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400)
refuse("3 HTAB between", b"GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n", 400)
refuse("3 a space in the target", get(b"/a b"), 400)
refuse("3 no target", b"GET HTTP/1.1\r\nHost: a\r\n\r\n", 400)
refuse("3 no version", b"GET / \r\nHost: a\r\n\r\n", 400)
refuse("9110 9.1 a method that is no token", get(method=b"G@T"), 400)
refuse("9110 9.1 a NUL in the method", get(method=b"G\0T"), 400)
refuse("8446 4 a TLS hello", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400)
refuse("2.3 HTTP/2.0", get(version=b"HTTP/2.0"), 505)
refuse("2.3 HTTP/0.9", get(version=b"HTTP/0.9"), 505)
refuse("2.3 HTTP/9.9", get(version=b"HTTP/9.9"), 505)
refuse("2.3 http/1.1", get(version=b"http/1.1"), 400)
refuse("2.3 HTTP/1", get(version=b"HTTP/1"), 400)
refuse("2.3 HTTP/1.10", get(version=b"HTTP/1.10"), 400)
refuse("2.3 HTTP/01.1", get(version=b"HTTP/01.1"), 400)
refuse("2.3 HTTP/1,1", get(version=b"HTTP/1,1"), 400)
refuse("2.3 XTTP/1.1", get(version=b"XTTP/1.1"), 400)
case("9110 2.5 HTTP/1.2 is handled as 1.1", get(version=b"HTTP/1.2"), ok())
refuse("9113 3.4 what is only like the preface of h2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\rX", 400)

case("3.2.2 absolute-form", get(b"http://a/"), ok())
case("3.2.2 absolute-form without a path", get(b"http://a"), ok())
case("3.2.2 absolute-form, a query and no path", get(b"http://a?b"), ok())
case("3.2.2 absolute-form of https", get(b"HTTPS://a:8443/headers"), ok(b"Host: a\n"))
case("3.2.2 it overrides Host", get(b"http://other/headers"), ok(b"Host: a\n"))
case("3.2.2 absolute-form of an unknown path", get(b"http://a/none"), Reply(404))
refuse("3.2.2 absolute-form without Host", get(b"http://a/", b""), 400)
refuse("3.2.2 absolute-form without a host", get(b"http:///"), 400)
refuse("9110 4.2.4 userinfo in the target", get(b"http://u:p@a/"), 400)
refuse("9110 4.2 another scheme", get(b"ftp://a/"), 400)
refuse("3.2.3 authority-form for GET", get(b"a:80"), 400)
refuse("3.2.4 asterisk-form for GET", get(b"*"), 400)
refuse("3.2.1 a target that does not start with a slash", get(b"headers"), 400)
refuse("3.2 a fragment", get(b"/#a"), 400)
refuse("3.2 a fragment in the query", get(b"/?a#b"), 400)
refuse("3.2 not ASCII", get(b"/caf\xc3\xa9"), 400)
refuse("3.2 a NUL in the target", get(b"/\0"), 400)
refuse("3.2 a control in the target", get(b"/\x1b"), 400)
refuse("3.2 DEL in the target", get(b"/\x7f"), 400)
refuse("3.2 CR in the target", get(b"/\ra"), 400)
case("3986 5.2.4 dot segments", get(b"/../headers"), Reply(400), end=EITHER)
case("3986 5.2.4 escaped dot segments", get(b"/%2e%2E/headers"), Reply(400), end=EITHER)
case("3986 2.1 a bad escape", get(b"/%zz"), Reply(400), end=EITHER)
case("3986 2.1 a cut escape", get(b"/%4"), Reply(400), end=EITHER)
case("3986 6.2.2.2 an escaped letter is the letter", get(b"/%68eaders"), ok(b"Host: a\n"))
case("3986 2.2 an escaped slash is no slash", get(b"/%2Fheaders"), Reply(404))
case("3 414 is for the target alone: 8192 bytes pass", get(b"/?" + b"q" * 8190), ok())
refuse("3 a target of 8193 bytes", get(b"/?" + b"q" * 8191), 414)
refuse("3 an endless target", b"GET /" + b"q" * 12000, 414)

# ---- Host (3.2) ----

case("3.2 in any case", get(fields=b"hOsT: a\r\n"), ok())
case("3.2 with a port", get(fields=b"Host: a.example:8080\r\n"), ok())
case("3.2 with an empty port", get(fields=b"Host: a:\r\n"), ok())
case("3.2 IPv6", get(fields=b"Host: [::1]:80\r\n"), ok())
case("3.2 empty", get(fields=b"Host:\r\n"), ok())
refuse("3.2 no Host", get(fields=b""), 400)
refuse("3.2 no Host among others", get(fields=b"X-Host: a\r\nHosts: b\r\n"), 400)
refuse("3.2 two Hosts", get(fields=b"Host: a\r\nHost: b\r\n"), 400)
refuse("3.2 the same Host twice", get(fields=b"Host: a\r\nhost: a\r\n"), 400)
refuse("3.2 two Hosts in 1.0", get(fields=b"Host: a\r\nHost: b\r\n", version=b"HTTP/1.0"), 400)
refuse("3.2 a list", get(fields=b"Host: a, b\r\n"), 400)
refuse("3.2 a blank in it", get(fields=b"Host: a b\r\n"), 400)
refuse("3.2 a path in it", get(fields=b"Host: a/b\r\n"), 400)
refuse("3.2 userinfo in it", get(fields=b"Host: u@a\r\n"), 400)
refuse("3.2 a URI", get(fields=b"Host: http://a\r\n"), 400)
refuse("3.2 a port that is no number", get(fields=b"Host: a:b\r\n"), 400)
refuse("3.2 a port too large", get(fields=b"Host: a:65536\r\n"), 400)
refuse("3.2 two ports", get(fields=b"Host: a:1:2\r\n"), 400)
refuse("3.2 a port alone", get(fields=b"Host: :80\r\n"), 400)
refuse("3.2 a host that is not ASCII", get(fields=b"Host: caf\xc3\xa9\r\n"), 400)
refuse("3.2 an open bracket", get(fields=b"Host: [::1\r\n"), 400)
refuse("3.2 folded", b"GET / HTTP/1.1\r\nHost:\r\n a\r\n\r\n", 400)
refuse("3.2 blank before its colon", get(fields=b"Host : a\r\n"), 400)

# ---- field lines (5) ----

FIELDS = b"Host: a\r\n"
case("5 fields as they were received", get(b"/headers", FIELDS + b"X-One: 1\r\nx-TWO:2\r\n"),
     ok(b"Host: a\nX-One: 1\nx-TWO: 2\n"))
case("5.1 whitespace around a value", get(b"/headers", FIELDS + b"X: \t y z \t\r\n"), ok(b"Host: a\nX: y z\n"))
case("5 an empty value", get(b"/headers", FIELDS + b"X:\r\nY: \r\n"), ok(b"Host: a\nX: \nY: \n"))
case("9110 5.3 repeated fields keep their order", get(b"/headers", FIELDS + b"X: 1\r\nY: 2\r\nX: 3\r\n"),
     ok(b"Host: a\nX: 1\nY: 2\nX: 3\n"))
case("9110 5.5 HTAB within a value", get(b"/headers", FIELDS + b"X: y\tz\r\n"), ok(b"Host: a\nX: y\tz\n"))
case("9110 5.5 bytes above 127", get(b"/headers", FIELDS + b"X: caf\xc3\xa9\r\n"), ok(b"Host: a\nX: caf\xc3\xa9\n"))
case("9110 5.1 every byte of a token", get(b"/headers", FIELDS + b"!#$%&'*+-.^_`|~09: y\r\n"),
     ok(b"Host: a\n!#$%&'*+-.^_`|~09: y\n"))
case("9110 5.5 a long value", get(b"/headers", FIELDS + b"X: " + b"y" * 8000 + b"\r\n"),
     ok(b"Host: a\nX: " + b"y" * 8000 + b"\n"))
case("9110 5.4 100 fields", get(b"/headers", FIELDS + b"X: y\r\n" * 99), ok(b"Host: a\n" + b"X: y\n" * 99))
refuse("9110 5.4 101 fields", get(b"/headers", FIELDS + b"X: y\r\n" * 100), 431)
case("6585 5 a head of 16 KiB", get(b"/", FIELDS + b"X: " + b"y" * (16384 - 32) + b"\r\n"), ok())
refuse("6585 5 a head of 16 KiB and a byte", get(b"/", FIELDS + b"X: " + b"y" * (16384 - 31) + b"\r\n"), 431)
refuse("6585 5 an endless head", b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 20000, 431)
refuse("5.1 blank before the colon", get(fields=FIELDS + b"X : y\r\n"), 400)
refuse("5.1 HTAB before the colon", get(fields=FIELDS + b"X\t: y\r\n"), 400)
refuse("5 a blank in the name", get(fields=FIELDS + b"X Y: z\r\n"), 400)
refuse("5 an empty name", get(fields=FIELDS + b": y\r\n"), 400)
refuse("5 no colon", get(fields=FIELDS + b"X\r\n"), 400)
refuse("9110 5.1 a name that is no token", get(fields=FIELDS + b"X(y): z\r\n"), 400)
refuse("9110 5.1 a NUL in a name", get(fields=FIELDS + b"X\0: y\r\n"), 400)
refuse("9110 5.1 a byte above 127 in a name", get(fields=FIELDS + b"X\xff: y\r\n"), 400)
refuse("5.2 a folded value", get(fields=FIELDS + b"X: y\r\n z\r\n"), 400)
refuse("5.2 a value folded with HTAB", get(fields=FIELDS + b"X: y\r\n\tz\r\n"), 400)
refuse("5.2 a line of blanks", get(fields=FIELDS + b" \r\n"), 400)
refuse("2.2 blank before the first field", get(fields=b" Host: a\r\n"), 400)
refuse("9110 5.5 a NUL in a value", get(fields=FIELDS + b"X: y\0z\r\n"), 400)
refuse("9110 5.5 a control in a value", get(fields=FIELDS + b"X: y\x01\r\n"), 400)
refuse("9110 5.5 DEL in a value", get(fields=FIELDS + b"X: \x7f\r\n"), 400)
refuse("9110 5.5 VT in a value", get(fields=FIELDS + b"X: \x0by\r\n"), 400)
refuse("2.2 a bare CR in a value", get(fields=FIELDS + b"X: y\rZ: z\r\n"), 400)
refuse("2.2 a bare LF in a value", get(fields=FIELDS + b"X: y\nZ: z\r\n"), 400)
refuse("2.2 a bare LF ends the head", b"GET / HTTP/1.1\r\nHost: a\r\n\n", 400)
refuse("2.2 CR CR LF ends a field", get(fields=FIELDS + b"X: y\r\r\n"), 400)

# ---- framing (6) and what smuggling tries (11.2) ----

case("6.3 no framing is no body", post(b""), Reply((200, 400), None), end=EITHER)
case("6.3 Content-Length: 0", post(b"Content-Length: 0\r\n"), Reply((200, 400), None), end=EITHER)
case("6.3 one byte", post(b"Content-Length: 1\r\n", b"x"), ok(b"x"))
case("6.3 any byte", post(b"Content-Length: 256\r\n", bytes(range(256))), ok(bytes(range(256))))
case("6.3 a body that looks like a request", post(b"Content-Length: %d\r\n" % len(GOOD), GOOD), ok(GOOD))
case("9110 8.6 leading zeros", post(b"Content-Length: 0003\r\n", b"abc"), ok(b"abc"))
case("6.3 a GET with a body", get(b"/", FIELDS + b"Content-Length: %d\r\n" % len(SMUGGLED)) + SMUGGLED, ok(),
     end=EITHER)
case("6.3 a GET with a chunked body", get(b"/", FIELDS + b"Transfer-Encoding: chunked\r\n") + b"3\r\nabc\r\n0\r\n\r\n",
     ok(), end=EITHER)
case("6.3 the body of a 404 is no request", post(b"Content-Length: %d\r\n" % len(SMUGGLED), SMUGGLED, b"/none"),
     Reply(404), end=EITHER)
case("6.3 the body of a 405 is no request", post(b"Content-Length: %d\r\n" % len(SMUGGLED), SMUGGLED, b"/headers"),
     Reply(405), end=EITHER)
case("9110 15.5.14 a body of 1 MiB", post(b"Content-Length: 1048576\r\n", b"x" * 1048576), ok(b"x" * 1048576))
case("9110 15.5.14 a body of 1 MiB and a byte", post(b"Content-Length: 1048577\r\n", b"x" * 1048577), Reply(413),
     end=CLOSE)
case("9110 15.5.14 refused before it comes", post(b"Content-Length: 1048577\r\n"), Reply(413), end=CLOSE)
case("9110 15.5.14 2^63 - 1", post(b"Content-Length: 9223372036854775807\r\n", b"x"), Reply(413), end=CLOSE)
for value in (b"", b"+5", b"-5", b"0x5", b"5.", b"5 5", b"5_0", b"five", b"'5'", b"5;", b"5, 5", b"5,6", b"5,",
              b"9223372036854775808", b"18446744073709551621", b"1" * 40, b"\xb2", b"5\x0b"):
    refuse("9110 8.6 Content-Length: %s" % repr(value)[2:-1], post(b"Content-Length: " + value + b"\r\n", b"hello"), 400)
refuse("6.3 two lengths that differ", post(b"Content-Length: 5\r\nContent-Length: 6\r\n", b"hello"), 400)
refuse("6.3 the same length twice", post(b"Content-Length: 5\r\nContent-Length: 5\r\n", b"hello"), 400)
refuse("6.3 two lengths, once in lower case", post(b"Content-Length: 0\r\ncontent-length: 5\r\n", b"hello"), 400)
refuse("5.1 Content-Length with a blank before its colon", post(b"Content-Length : 5\r\n", b"hello"), 400)
refuse("5.2 Content-Length folded", post(b"Content-Length:\r\n 5\r\n", b"hello"), 400)
refuse("6.1 length, then coding", post(b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"), 400)
refuse("6.1 coding, then length", post(b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", b"0\r\n\r\n"), 400)
refuse("6.1 length 0 and coding", post(b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"), 400)
refuse("6.1 length and an unknown coding", post(b"Content-Length: 5\r\nTransfer-Encoding: x\r\n", b"hello"), 400)
refuse("6.1 coding in 1.0", post(b"Transfer-Encoding: chunked\r\n", b"0\r\n\r\n", version=b"HTTP/1.0"), 400)
for value in (b"", b"chunked, chunked", b"chunked, gzip", b"chunked, identity", b",chunked", b"chunked,",
              b"chunked;q=1", b"chunked x", b'"chunked"', b"chunked\xa0", b"\x0bchunked", b"chunked\0", b"[chunked]"):
    refuse("7 Transfer-Encoding: %s" % repr(value)[2:-1], post(b"Transfer-Encoding: " + value + b"\r\n", b"0\r\n\r\n"),
           400)
for value in (b"gzip", b"gzip, chunked", b"identity", b"xchunked", b"chunkedx", b"chunke", b"chunk-ed", b"x;y=z"):
    refuse("6.1 Transfer-Encoding: %s" % value.decode(), post(b"Transfer-Encoding: " + value + b"\r\n", b"0\r\n\r\n"),
           501)
refuse("6.3 chunked on two lines",
       post(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"), 400)
refuse("6.3 chunked, then identity on another line",
       post(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", b"0\r\n\r\n"), 400)
refuse("5.1 Transfer-Encoding with a blank before its colon", post(b"Transfer-Encoding : chunked\r\n", b"0\r\n\r\n"), 400)
refuse("5.2 Transfer-Encoding folded", post(b"Transfer-Encoding:\r\n chunked\r\n", b"0\r\n\r\n"), 400)
refuse("5 Transfer-Encoding behind a bare CR", post(b"X: y\rTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"), 400)
refuse("5 Transfer-Encoding behind a bare LF", post(b"X: y\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"), 400)
refuse("5 Transfer_Encoding with a NUL", post(b"Transfer-Encoding\0: chunked\r\n", b"0\r\n\r\n"), 400)
case("6.1 Transfer_Encoding is another field", post(b"Transfer_Encoding: chunked\r\nContent-Length: 2\r\n", b"hi"),
     ok(b"hi"))

# ---- chunks (7.1) ----

case("7.1 one chunk", chunks(b"5\r\nhello\r\n"), ok(b"hello"))
case("7.1 some chunks", chunks(b"5\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n"), ok(b"hello world"))
case("7.1 no data", chunks(b""), Reply((200, 400), None), end=EITHER)
case("7.1 capital digits", chunks(b"A\r\n0123456789\r\n"), ok(b"0123456789"))
case("7.1 small digits", chunks(b"1a\r\n" + b"x" * 26 + b"\r\n"), ok(b"x" * 26))
case("7.1 leading zeros", chunks(b"00005\r\nhello\r\n"), ok(b"hello"))
case("7.1 the coding's name in any case", post(b"transfer-encoding:ChUnKeD\r\n", b"2\r\nhi\r\n0\r\n\r\n"), ok(b"hi"))
case("7.1 data that looks like the end", chunks(b"7\r\n0\r\n\r\n0\r\r\n"), ok(b"0\r\n\r\n0\r"))
case("7.1 a request in the data", chunks(b"%x\r\n%s\r\n" % (len(GOOD), GOOD)), ok(GOOD))
case("7.1 many small chunks", chunks(b"1\r\nx\r\n" * 2000), ok(b"x" * 2000))
case("7.1 a large chunk", chunks(b"20000\r\n" + b"x" * 131072 + b"\r\n"), ok(b"x" * 131072))
case("7.1.1 an extension", chunks(b"5;a\r\nhello\r\n"), ok(b"hello"))
case("7.1.1 extensions with values", chunks(b"5;a=b;c=\"d;\\\"\"\r\nhello\r\n"), ok(b"hello"))
case("7.1.1 bad whitespace", chunks(b"5 ; a = b\r\nhello\r\n"), ok(b"hello"))
case("7.1.2 trailers", chunks(b"5\r\nhello\r\n", b"X: y\r\nZ: 1\r\n"), ok(b"hello"))
case("9110 6.5.1 a trailer that may be skipped", chunks(b"5\r\nhello\r\n", b"Authorization: x\r\n"), ok(b"hello"))
case("7.1 the next request follows", chunks(b"2\r\nhi\r\n", b"X: y\r\n") + get(), ok(b"hi"), ok())
case("9110 15.5.14 chunks of 1 MiB", chunks((b"10000\r\n" + b"x" * 65536 + b"\r\n") * 16), ok(b"x" * 1048576))
case("9110 15.5.14 chunks of 1 MiB and a byte", chunks((b"10000\r\n" + b"x" * 65536 + b"\r\n") * 16 + b"1\r\nx\r\n"),
     Reply(413), end=CLOSE)
case("9110 15.5.14 a huge chunk", raw_chunks(b"7fffffffffffffff\r\nx"), Reply(413), end=CLOSE)
for line in (b"", b"x", b"-5", b"+5", b"0x5", b" 5", b"5 ", b"5g", b"5_", b"5,", b"5\0", b"5\x0b", b"\xb5",
             b"10000000000000005", b"fffffffffffffffff", b"8000000000000000"):
    refuse("7.1 chunk size %s" % repr(line)[2:-1], raw_chunks(line + b"\r\nhello\r\n0\r\n\r\n"), 400)
refuse("7.1 a size line that ends with LF", raw_chunks(b"5\nhello\r\n0\r\n\r\n"), 400)
refuse("7.1 a size line that ends with CR", raw_chunks(b"5\rhello\r\n0\r\n\r\n"), 400)
refuse("7.1 CR CR LF behind a size", raw_chunks(b"5\r\r\nhello\r\n0\r\n\r\n"), 400)
refuse("7.1 no CRLF behind data", raw_chunks(b"5\r\nhello0\r\n\r\n"), 400)
refuse("7.1 LF behind data", raw_chunks(b"5\r\nhello\n0\r\n\r\n"), 400)
refuse("7.1 more data than announced", raw_chunks(b"4\r\nhello\r\n0\r\n\r\n"), 400)
refuse("7.1 less data than announced", raw_chunks(b"7\r\nhello\r\n0\r\n\r\n"), 400)
refuse("7.1.1 a bare LF in an extension", raw_chunks(b"5;a\nhello\r\n0\r\n\r\n"), 400)
refuse("7.1.1 a bare CR in an extension", raw_chunks(b"5;a\rb\r\nhello\r\n0\r\n\r\n"), 400)
refuse("7.1.1 an extension without a name", raw_chunks(b"5;\r\nhello\r\n0\r\n\r\n"), 400)
refuse("7.1.1 an extension without a value", raw_chunks(b"5;a=\r\nhello\r\n0\r\n\r\n"), 400)
refuse("7.1.1 a control in an extension", raw_chunks(b"5;a\x01\r\nhello\r\n0\r\n\r\n"), 400)
refuse("7.1.1 a NUL in a quoted value", raw_chunks(b"5;a=\"\0\"\r\nhello\r\n0\r\n\r\n"), 400)
refuse("7.1.1 an extension that is too long", raw_chunks(b"5;" + b"a" * 300 + b"\r\nhello\r\n0\r\n\r\n"), 400)
refuse("7.1.1 extensions without end", raw_chunks((b"1;" + b"a" * 200 + b"\r\nx\r\n") * 200), 400)
refuse("7.1.2 a bare LF ends the trailers", raw_chunks(b"0\r\n\n"), 400)
refuse("7.1.2 a bare LF ends a trailer", raw_chunks(b"0\r\nX: y\n\r\n"), 400)
refuse("7.1.2 a folded trailer", raw_chunks(b"0\r\nX: y\r\n z\r\n\r\n"), 400)
refuse("7.1.2 blank before a trailer's colon", raw_chunks(b"0\r\nX : y\r\n\r\n"), 400)
refuse("7.1.2 a NUL in a trailer", raw_chunks(b"0\r\nX: \0\r\n\r\n"), 400)
refuse("7.1.2 a request where trailers are due", raw_chunks(b"0\r\n" + GOOD), 400)
refuse("9110 6.5.1 Content-Length as a trailer", raw_chunks(b"0\r\nContent-Length: 5\r\n\r\n"), 400)
refuse("9110 6.5.1 Transfer-Encoding as a trailer", raw_chunks(b"0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400)
refuse("9110 6.5.1 Host as a trailer", raw_chunks(b"0\r\nHost: b\r\n\r\n"), 400)
refuse("9110 5.4 101 trailers", raw_chunks(b"0\r\n" + b"X: y\r\n" * 101 + b"\r\n"), 431)
refuse("6585 5 trailers of 8 KiB and more", raw_chunks(b"0\r\nX: " + b"y" * 9000 + b"\r\n\r\n"), 431)

# ---- persistence, pipelining, the end of a connection (9) ----

case("9.3 1.1 stays open", [get(), Wait(1), get(), Wait(2), get()], ok(), ok(), ok())
case("9.3 Connection: close", get(fields=FIELDS + b"Connection: close\r\n"), ok(), end=CLOSE, smuggles=True)
case("9.3 Connection: Close", get(fields=FIELDS + b"Connection: Close\r\n"), ok(), end=CLOSE, smuggles=True)
case("9.3 close in a list", get(fields=FIELDS + b"Connection: x, close\r\n"), ok(), end=CLOSE, smuggles=True)
case("9.3 close on a second line", get(fields=FIELDS + b"Connection: keep-alive\r\nConnection: close\r\n"), ok(),
     end=CLOSE, smuggles=True)
case("9.3 close with an unknown path", get(b"/none", FIELDS + b"Connection: close\r\n"), Reply(404), end=CLOSE,
     smuggles=True)
case("9.3 close with a body", post(b"Content-Length: 2\r\nConnection: close\r\n", b"hi"), ok(b"hi"), end=CLOSE,
     smuggles=True)
case("9.3 close with a chunked body", chunks(b"2\r\nhi\r\n", fields=b"Connection: close\r\n"), ok(b"hi"), end=CLOSE,
     smuggles=True)
case("9.3 keep-alive in 1.1", get(fields=FIELDS + b"Connection: keep-alive\r\n"), ok())
case("9.3 an unknown option", get(fields=FIELDS + b"Connection: closed\r\n"), ok())
case("9.3 1.0 closes", get(fields=b"", version=b"HTTP/1.0"), ok(), end=CLOSE, smuggles=True)
case("9.3 1.0 with Host closes", get(version=b"HTTP/1.0"), ok(), end=CLOSE, smuggles=True)
case("9.3 1.0 with keep-alive stays open", get(fields=b"Connection: Keep-Alive\r\n", version=b"HTTP/1.0"),
     ok(connection="keep-alive"))
case("9.3 1.0 with both closes", get(fields=b"Connection: keep-alive, close\r\n", version=b"HTTP/1.0"), ok(), end=CLOSE,
     smuggles=True)
case("9.3 1.0 with a body",
     post(b"Connection: keep-alive\r\nContent-Length: 2\r\n", b"hi", version=b"HTTP/1.0"), ok(b"hi", connection="keep-alive"))
case("9.3 1.0 after 1.1", get() + get(version=b"HTTP/1.0"), ok(), ok(), end=CLOSE, smuggles=True)
case("9.3.2 pipelined, answered in order",
     get() + get(b"/headers") + post(b"Content-Length: 2\r\n", b"hi") + get(b"/none") + get(),
     ok(), ok(b"Host: a\n"), ok(b"hi"), Reply(404), ok())
case("9.3.2 pipelined bodies", post(b"Content-Length: 3\r\n", b"one") + chunks(b"3\r\ntwo\r\n") +
     post(b"Content-Length: 5\r\n", b"three"), ok(b"one"), ok(b"two"), ok(b"three"))
case("9.3.2 a hundred at once", get() * 100, *[ok()] * 100)
case("9.3.2 large replies at once", post(b"Content-Length: 200000\r\n", b"x" * 200000) * 3, *[ok(b"x" * 200000)] * 3)
case("9.3.2 good ones before a bad one are answered", get() + get(b"/headers") + get(fields=b""),
     ok(), ok(b"Host: a\n"), Reply(400), end=CLOSE, smuggles=True)
case("9.3.2 HEAD and GET", get(method=b"HEAD") + get(), Reply(200, b"", "HEAD"), ok())
case("9.6 half-closed after a request", [get(), FINISH], ok(), end=CLOSE, says_close=False)
case("9.6 half-closed after three", [get() * 3, FINISH], ok(), ok(), ok(), end=CLOSE, says_close=False)
case("9.6 half-closed after a body", [post(b"Content-Length: 2\r\n", b"hi"), FINISH], ok(b"hi"), end=CLOSE,
     says_close=False)
case("8 half-closed within a head: no request", [get() + b"GET / HT", FINISH], ok(), end=CLOSE, says_close=False, maybe=Reply(400))
case("8 half-closed within a body: no request", [get() + post(b"Content-Length: 9\r\n", b"hello"), FINISH], ok(),
     end=CLOSE, says_close=False, maybe=Reply(400))
case("8 half-closed within a chunk: no request", [get() + raw_chunks(b"9\r\nhello"), FINISH], ok(), end=CLOSE,
     says_close=False, maybe=Reply(400))
case("8 half-closed before the last chunk: no request", [get() + raw_chunks(b"5\r\nhello\r\n"), FINISH], ok(), end=CLOSE,
     says_close=False, maybe=Reply(400))
case("9.3 closed by the client at once", [b"\r\n", FINISH], end=CLOSE, says_close=False, pipelines=False)

# ---- Expect and Upgrade (9110 10.1.1, 7.8) ----

INTERIM = Reply(100)
EXPECT = b"Expect: 100-continue\r\n"
case("9110 10.1.1 100 before the body", [post(EXPECT + b"Content-Length: 5\r\n"), Wait(1), b"hello"], INTERIM, ok(b"hello"))
case("9110 10.1.1 100 before chunks", [post(EXPECT + b"Transfer-Encoding: chunked\r\n"), Wait(1), b"2\r\nhi\r\n0\r\n\r\n"],
     INTERIM, ok(b"hi"))
case("9110 10.1.1 in any case", [post(b"expect: 100-Continue\r\nContent-Length: 5\r\n"), Wait(1), b"hello"], INTERIM,
     ok(b"hello"))
case("9110 10.1.1 no 100 where the path is unknown", [post(EXPECT + b"Content-Length: 5\r\n", target=b"/none")],
     Reply(404), end=CLOSE)
case("9110 10.1.1 no 100 where the method is wrong", [post(EXPECT + b"Content-Length: 5\r\n", target=b"/headers")],
     Reply(405), end=CLOSE)
case("9110 10.1.1 no 100 where the body is too large", [post(EXPECT + b"Content-Length: 1048577\r\n")], Reply(413),
     end=CLOSE)
case("9110 10.1.1 no 100 without a body", get(fields=FIELDS + EXPECT), ok())
case("9110 10.1.1 no 100 in 1.0", post(EXPECT + b"Content-Length: 2\r\n", b"hi", version=b"HTTP/1.0"), ok(b"hi"),
     end=CLOSE)
case("9110 10.1.1 an unknown expectation", get(fields=FIELDS + b"Expect: 200-ok\r\n"), Reply(417), end=EITHER)
case("9110 10.1.1 an unknown one beside a known one", get(fields=FIELDS + b"Expect: 100-continue, x=y\r\n"), Reply(417),
     end=EITHER)
case("9110 7.8 an upgrade to what is not known is ignored",
     get(fields=FIELDS + b"Connection: Upgrade\r\nUpgrade: nonesuch\r\n"), ok())
case("9110 7.8 an upgrade without the option is ignored", get(fields=FIELDS + b"Upgrade: h2c\r\n"), ok())
case("9110 7.8 an upgrade in 1.0 is ignored",
     get(fields=b"Connection: Upgrade, keep-alive\r\nUpgrade: h2c\r\n", version=b"HTTP/1.0"), ok())
