#!/usr/bin/env python3
"""Writes json_texts.h: texts and whether they are JSON (RFC 8259), as Python's json and node's JSON.parse agree on.

    tests/http/json_texts.py > tests/http/json_texts.h
"""
import json
import subprocess
import sys

DEPTH_MAX = 64

VALUES = ["null", "true", "false", "0", "-0", "1", "-1", "10", "123456789", "1.5", "-1.5", "0.0", "-0.0", "0.1", "1e3", "1E3",
          "1e+3", "1e-3", "1.5e10", "0e0", "0e+0", "1e0001", "1e400", "-1e400", "1e-400", "123456789012345678901234567890",
          "9007199254740993", "18446744073709551615", "18446744073709551616", "-9223372036854775808", '""', '"a"', '"/"',
          '"\\/"', '"\\""', '"\\\\"', '"\\b\\f\\n\\r\\t"', '"\\u0041"', '"\\u00e9"', '"\\u20AC"', '"\\ud83d\\ude00"',
          '"\\uD834\\uDD1E"', '"\\u0000"', '"\\u001f"', '"\\u007f"', '"\x7f"', '"\u00e9"', '"\u20ac"', '"\U0001f600"',
          '"\ufeff"', '"\uffff"', '"\U0010ffff"', '"\u2028\u2029"', '"sixteen bytes..x"', '"seventeen bytes.x"',
          '"a longer string that takes more than one block of the scan"', "[]", "{}", "[[]]", "[{}]", '{"a":{}}', '{"a":[]}',
          '{"":0}', '{"a":1,"a":2}', '{"a":1,"b":2}', '{"\\u0061":1}', '["\\\\\\""]', "[1,2,3]", "[null,true,false]", '"\\ud800"',
          '"\\udc00"', '"\\ud800\\ud800"', '"\\ud800x"', '"\\udc00\\ud800"', '"\\ud800\\u0041"', '"\\ud800\\n"', '"\\uDBFF\\uDFFF"']
BROKEN = ["", " ", "nul", "nulll", "NULL", "True", "tru", "truee", "fals", "falsee", "undefined", "NaN", "Infinity", "-Infinity",
          "+1", "01", "-01", "00", "-", "--1", "-a", "1.", "1.e3", ".5", "-.5", "1e", "1e+", "1e-", "1E", "1ee3", "1e3.5",
          "1.2.3", "0x10", "0b1", "1_000", "1 2", "1a", "0a", "1,", "'a'", '"', '"a', 'a"', '"a""', '"\\"', '"\\x41"', '"\\u"',
          '"\\u1"', '"\\u12"', '"\\u123"', '"\\u123g"', '"\\u+123"', '"\\u 123"', '"\\ud800\\u"', '"\\ud800\\udc0"', '"\\U0041"',
          '"\\a"', '"\\0"', '"\\v"', "\"\\'\"", '"\\', '"\n"', '"\r"', '"\t"', '"\x00"', '"\x01"', '"\x1f"', "\x00", "\x0c1",
          "\x0b1", "\u00a01", "\u20281", "\ufeff1", "\ufeff{}", "[", "]", "{", "}", "[}", "{]", "[1", "[1,", "[1,]", "[,1]", "[,]",
          "[1,,2]", "[1 2]", "[1:2]", "[1;2]", '["a"', '["a",', '["a', "[[", "[[]", "[]]", "[1]]", "[1]x", "[1],", "[]{}", "{}{}",
          "{}x", "{},", '{"a"}', '{"a":}', '{"a":1', '{"a":1,', '{"a":1,}', '{,}', '{,"a":1}', '{"a":1,,"b":2}', '{"a":1"b":2}',
          '{"a" 1}', '{"a"::1}', '{"a":1:2}', '{a:1}', "{'a':1}", '{1:1}', '{null:1}', '{[]:1}', '{"a":1]', '["a":1]', '["a"}',
          '{"a":1}}', '{"a', '{"a"', '{"a":', '{"a":"', '{"a":tru}', '{"a":nul', "// c\n1", "/* c */1", "1//", "1#", "[1]//",
          '{"a":1/* */}', "(1)", "<1>", "&", "\\", "\\u0031", "*", "@", "$", "a", "\u00e9", '{"a":+1}', '{"a":01}', '{"a":1.}',
          '{"a":.1}', '{"a":1e}', '{"a":-}', "[-]", "[+1]", "[1.]", "[01]", "[1e]", "[tru]", "[nul]", "[NaN]", "[-Infinity]",
          '["\n"]', '["\\x"]', '{"\n":1}', '{"\\x":1}', '{"\\u12":1}', '{"a":"\\ud83d\\ude0"}', '[""', '[""},', "[\"a\",\n4\n,1,"]
BLANKS = [" ", "\n", "\r", "\t", "\r\n", " \t\r\n ", " " * 17, "\n" + " " * 31]
BYTES = [b"\x80", b"\xbf", b"\xc0\xaf", b"\xc1\x81", b"\xc2", b"\xc3(", b"\xe0\x80\xaf", b"\xe0\x9f\xbf", b"\xe2\x82", b"\xe2(\xa1",
         b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xef\xbf", b"\xf0\x80\x80\xaf", b"\xf0\x9f\x98", b"\xf0\x8f\xbf\xbf", b"\xf4\x90\x80\x80",
         b"\xf5\x80\x80\x80", b"\xf8\x88\x80\x80\x80", b"\xfe", b"\xff", b"\xc3\xa9\xc3", b"\xe9"]

NODE = """
const texts = JSON.parse(require('fs').readFileSync(0));
const decoder = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true});
console.log(JSON.stringify(texts.map(hex => {
    try { JSON.parse(decoder.decode(Buffer.from(hex, 'hex'))); return true; } catch { return false; }
})));
"""


def all_texts():
    for value in VALUES:
        yield value.encode()
        yield f"[{value}]".encode()
        yield f'{{"k":{value},"next":[{value} ]}}'.encode()
    for text in BROKEN:
        yield text.encode()
    for blank in BLANKS:
        yield f'{blank}{{{blank}"a"{blank}:{blank}[{blank}1{blank},{blank}2{blank}]{blank}}}{blank}'.encode()
        yield f"{blank}1{blank}".encode()
        yield f"{blank}".encode()
    for odd in BYTES:
        yield b'"' + odd + b'"'
        yield b'["plain text before it ' + odd + b' and behind"]'
        yield b'{"' + odd + b'":0}'
        yield odd
    for depth in (2, 31, DEPTH_MAX - 1, DEPTH_MAX):
        yield b"[" * depth + b"]" * depth
        yield b'{"a":' * depth + b"0" + b"}" * depth
        yield b"[" * depth
        yield b"[" * depth + b"]" * (depth - 1)
        yield b"[" * depth + b"]" * (depth + 1)


def python_accepts(text):
    def refuse(_):
        raise ValueError
    try:
        json.loads(text.decode("utf-8"), parse_constant=refuse)
    except ValueError:
        return False
    return True


def node_accepts(texts):
    """What node says of each."""
    return json.loads(subprocess.run(["node", "-e", NODE], input=json.dumps([text.hex() for text in texts]), check=True,
                                     capture_output=True, text=True).stdout)


def literal(text):
    """A C string; octal escapes end by themselves."""
    return '"' + "".join(chr(b) if 32 <= b < 127 and chr(b) not in '"\\?' else f"\\{b:03o}" for b in text) + '"'


def main():
    texts = list(dict.fromkeys(all_texts()))
    node = node_accepts(texts)
    python = [python_accepts(text) for text in texts]
    split = [text for text, a, b in zip(texts, python, node) if a != b]
    if split:
        sys.exit(f"they don't agree on {split}")
    print("/* json_texts.h - written by json_texts.py: texts, and whether Python and node take them. */")
    print("#ifndef JSON_TEXTS_H\n#define JSON_TEXTS_H\n\n#include <stdbool.h>\n#include <stddef.h>\n")
    print("struct json_text {\n    const char *bytes;\n    size_t length;\n    bool valid;\n};\n")
    print("/* clang-format off */\nstatic const struct json_text json_texts[] = {")
    for text, valid in zip(texts, node):
        print(f"    {{{literal(text)}, {len(text)}, {'true' if valid else 'false'}}},")
    print("};\n/* clang-format on */\n\n#endif")
    print(f"{len(texts)} texts, {sum(node)} of them JSON", file=sys.stderr)


if __name__ == "__main__":
    main()
