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
    """A part's name stands in a field line, which has no control characters; OpenAPI has no word for the names of members."""
    return (case.media_type == "multipart/form-data" and isinstance(case.body, dict) and
            any(re.search("[\x00-\x1f\x7f]", str(key)) for key in case.body))


def numbers(value):
    """Every number in a value."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from numbers(item)
    elif isinstance(value, (int, float)):
        yield value


def is_far(text):
    """A date-time that no 64 bits of nanoseconds hold."""
    year = re.match(r"(\d{4})-\d\d-\d\dT", text)
    return year is not None and not 1678 <= int(year[1]) <= 2261


def is_another_type(case, refusal):
    """What JSON Schema takes for the type and flare does not: 3.0 as a whole number, a date-time too far away."""
    return all(error.get("rule") == "type" for error in refusal["errors"]) and (
        any(isinstance(number, float) and number.is_integer() for number in numbers(case.body)) or
        any(is_far(text) for part in (case.query, case.body) for text in strings(part)))


def refuses_a_key(case, refusal):
    """A key in a header is a security scheme of OpenAPI, which says nothing of its form."""
    schemes = case.operation.schema.raw_schema.get("components", {}).get("securitySchemes", {}).values()
    keys = {(scheme.get("in"), scheme.get("name")) for scheme in schemes if scheme.get("type") == "apiKey"}
    return all((error.get("in"), error.get("name")) in keys for error in refusal["errors"])


def breaks_a_check(refusal):
    """`check:` names a function of C, of which a schema can't tell more than the name (x-check)."""
    return bool(refusal.get("errors")) and all(error.get("rule") == "check" for error in refusal["errors"])


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


def means_less(case, refusal):
    """JSON Schema takes 1.0 for a whole number, which flare wants written 1; and a date-time of any year, of which 64 bits of
    nanoseconds hold those from 1678 to 2261."""
    def less(error):
        body = [case.body] if case.media_type == "application/x-ndjson" else case.body
        value = at_pointer(body, error.get("pointer", ""))
        if isinstance(value, float):
            return value.is_integer()
        date = re.match(r"(\d{4})-\d\d-\d\d[Tt]", value) if isinstance(value, str) else None
        return date is not None and not 1678 <= int(date[1]) <= 2261

    errors = refusal.get("errors", [])
    return bool(errors) and all(error.get("rule") == "type" and less(error) for error in errors)


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


def others_are_negative(case):
    """Whether something beside the body was made to break its declaration."""
    return any(part.mode.is_negative for location, part in case.meta.components.items() if location.value != "body")


@schemathesis.serializer("application/x-ndjson")
def lines(context, value):
    """The schema is of each line (x-each-line): one is sent."""
    return value if isinstance(value, bytes) else json.dumps(value).encode() + b"\n"


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """False where it is none."""
    kind = type(failure).__name__
    if kind == "RejectedPositiveData":
        if (holds_nul(case) or names_a_part_badly(case)) and response.status_code in (400, 422):
            return False
        refusal = problem(response)
        if holds_nul(case):
            return False
        if refusal is None:
            return not declared(case, response.status_code)
        return not (breaks_a_check(refusal) or means_less(case, refusal) or is_another_type(case, refusal) or
                    refuses_a_key(case, refusal))
    if kind == "IgnoredAuth":
        # A guard's required input that is not there is a malformed request, 400, as the document says of the operation; a
        # guard that wants to answer 401 reads an optional one, or a bearer.
        return not str(failure.title).startswith("Unexpected response")  # which is no acceptance
    if kind == "AcceptedNegativeData":
        return others_are_negative(case) or not fits_as_form(case)
    return True


@schemathesis.serializer("application/x-ndjson", "application/ndjson", "application/jsonl")
def one_line(context, value):
    """A body of one item: the schema is the item's."""
    return value if isinstance(value, bytes) else json.dumps(value).encode()
