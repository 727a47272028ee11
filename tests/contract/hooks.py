"""What schemathesis may not hold against a server of flare, each for a reason. It loads this file by the configuration that
run.py writes; all else that it finds is a failure."""

import json
import re
import urllib.parse

import jsonschema
import schemathesis

REFUSED = "urn:flare:invalid-request"


def strings(value):
    """Every text in a value, the keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from strings(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from strings(item)


def problem(response):
    """The runtime's own refusal, or None: then a handler or a guard answered."""
    try:
        content = json.loads(response.content)
    except ValueError:
        return None
    return content if isinstance(content, dict) and content.get("type") == REFUSED else None


def holds_nul(case):
    """U+0000 is in no text that flare takes. JSON Schema could only say so by a pattern on every string."""
    return any("\0" in text or "%00" in text for part in (case.path_parameters, case.query, case.headers, case.cookies, case.body)
               for text in strings(part))


def names_a_part_badly(case):
    """A part's name stands in quotes in a field line, which has no control characters, and where a backslash that is last
    would escape the quote; OpenAPI has no word for the names of members."""
    return (case.media_type == "multipart/form-data" and isinstance(case.body, dict) and
            any(re.search("[\x00-\x1f\x7f]|\\\\$", str(key)) for key in case.body))


def at_pointer(value, pointer):
    for part in pointer.split("/")[1:]:
        part = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        elif isinstance(value, dict) and part in value:
            value = value[part]
        else:
            return None
    return value


def means_less(case, error):
    """JSON Schema takes 1.0 for a whole number, which flare wants written 1; and a date-time of any year, of which 64 bits of
    nanoseconds hold those from 1678 to 2261."""
    if error["in"] == "query":
        value = (case.query or {}).get(error["name"])
    else:
        value = at_pointer([case.body] if case.media_type == "application/x-ndjson" else case.body, error.get("pointer", ""))
    if isinstance(value, float):
        return value.is_integer()
    date = re.match(r"(\d{4})-\d\d-\d\d[Tt]", value) if isinstance(value, str) else None
    return date is not None and not 1678 <= int(date[1]) <= 2261


def is_a_key(case, error):
    """A key in a header or cookie is a security scheme of OpenAPI, which says nothing of its form."""
    schemes = case.operation.schema.raw_schema.get("components", {}).get("securitySchemes", {}).values()
    return any(scheme.get("type") == "apiKey" and (scheme["in"], scheme["name"]) == (error["in"], error.get("name"))
               for scheme in schemes)


def is_beyond_schemas(case, error):
    """`check:` names a function of C, of which a schema can't tell more than the name (x-check)."""
    return (error["rule"] == "check" or is_a_key(case, error) or
            (error["rule"] == "type" and means_less(case, error)))


def declared(case, status):
    """A status that the spec gives the operation itself: 404 of an id that is not there, 409 of one that is."""
    reply = case.operation.definition.raw.get("responses", {}).get(str(status))
    return reply is not None and "$ref" not in reply


def as_read(value, schema, root):
    """A value of a form as the server reads it: what comes is text, and one item is a list as good as several."""
    while "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        schema = root["components"]["schemas"][urllib.parse.unquote(name)]
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if "object" in kinds and isinstance(value, dict):
        fields = schema.get("properties", {})
        return {key: as_read(item, fields[key], root) if key in fields else item for key, item in value.items()}
    if "array" in kinds:
        items = value if isinstance(value, (list, tuple)) else [value]
        return [as_read(item, schema.get("items", {}), root) for item in items]
    if isinstance(value, bytes) or hasattr(value, "data"):  # the bytes of a file, which schemathesis keeps in `data`
        return "a file"
    text = value if isinstance(value, str) else json.dumps(value)
    if "string" in kinds or "enum" in schema:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def fits_as_form(case):
    """A form has no types: 1 and "1" are the same bytes, so a number where a text is declared is no mistake."""
    media = case.media_type or ""
    if media not in ("application/x-www-form-urlencoded", "multipart/form-data") or not isinstance(case.body, dict):
        return False
    schema = case.operation.definition.raw["requestBody"]["content"][media]["schema"]
    root = case.operation.schema.raw_schema
    value = as_read(case.body, schema, root)
    whole = {**schema, "components": root["components"]}
    return jsonschema.Draft202012Validator(whole).is_valid(value)


def fits_as_cookies(case, response):
    """A cookie ends at a semicolon, and those that nobody declared come along from every browser: judged is the field that was
    sent, which is not always what the case meant."""
    came, root = {}, case.operation.schema.raw_schema
    for pair in response.request.headers.get("Cookie", "").split(";"):
        name, _, value = pair.partition("=")
        value = value.strip(" \t")
        quoted = len(value) > 1 and value[0] == value[-1] == '"'
        came.setdefault(name.strip(" \t"), value[1:-1] if quoted else value)
    for parameter in case.operation.definition.raw.get("parameters", []):
        if parameter["in"] != "cookie":
            continue
        if parameter["name"] not in came:
            if parameter["required"]:
                return False
            continue
        whole = {**parameter["schema"], "components": root["components"]}
        value = as_read(came[parameter["name"]], parameter["schema"], root)
        if not jsonschema.Draft202012Validator(whole).is_valid(value):
            return False
    return True


def is_too_large(case, response):
    """A schema has no word for the size of a body, which comes before what is in it (x-max-bytes)."""
    body = response.request.body or b""
    size = len(body.encode() if isinstance(body, str) else body)
    return response.status_code == 413 and size > case.operation.definition.raw.get("requestBody", {}).get("x-max-bytes", size)


def is_negative_only(case, where):
    """Whether no other part of the request was made to break its declaration."""
    return all(location.value == where for location, part in case.meta.components.items() if part.mode.is_negative)


@schemathesis.serializer("application/x-ndjson")
def lines(context, value):
    """The schema is of each line (x-each-line): one is sent."""
    return value if isinstance(value, bytes) else json.dumps(value).encode() + b"\n"


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """False where it is none."""
    kind = type(failure).__name__
    if kind == "ServerError":
        return not declared(case, response.status_code)  # 500 is no operation's own, unless the spec says `reply 500`
    if kind in ("RejectedPositiveData", "AcceptedNegativeData") and is_too_large(case, response):
        return False
    if kind == "RejectedPositiveData":
        if (holds_nul(case) or names_a_part_badly(case)) and response.status_code in (400, 422):
            return False
        refusal = problem(response)
        if refusal is None:
            return not declared(case, response.status_code)
        return not all(is_beyond_schemas(case, error) for error in refusal["errors"])
    if kind == "IgnoredAuth":
        # A guard's required input that is not there is a malformed request, 400, as the document says of the operation; a
        # guard that wants to answer 401 reads an optional one, or a bearer.
        return not str(failure.title).startswith("Unexpected response")  # which is no acceptance
    if kind == "AcceptedNegativeData":
        return not (is_negative_only(case, "body") and fits_as_form(case) or
                    is_negative_only(case, "cookie") and fits_as_cookies(case, response))
    return True
