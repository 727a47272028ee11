"""The texts that are measured: one order in four shapes, and texts of megabytes made from a fixed seed."""
import json
import random

ORDER = {
    "id": 918273645, "customer": "Ada Lovelace", "email": "ada@example.org", "priority": True,
    "address": {"street": "12 St James Square", "city": "London", "zip": "SW1Y 4JH", "country": "GB"},
    "items": [{"sku": "WID-0001", "qty": 3, "price": 19.99}, {"sku": "WID-0042", "qty": 1, "price": 249.5},
              {"sku": "CBL-7", "qty": 12, "price": 1.25}],
    "note": None,
}


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def permuted(value, source):
    """The same with the members of every object in another order."""
    if isinstance(value, list):
        return [permuted(item, source) for item in value]
    if not isinstance(value, dict):
        return value
    members = list(value.items())
    while [name for name, _ in members] == list(value):
        source.shuffle(members)
    return {name: permuted(member, source) for name, member in members}


def present(value):
    """An order without members that are null: what is written of it."""
    return compact({name: member for name, member in json.loads(value).items() if member is not None})


def order_shapes(declared):
    """{shape: text} of an order given with its members as declared."""
    order = json.loads(declared)
    odd = json.loads(declared)
    odd["customer"] = "Zo\u00eb \"Countess\" Lovelace"
    odd["address"]["street"] = "12 Stra\u00dfe am Schlo\u00df"
    odd["address"]["city"] = "Z\u00fcrich"
    # One \uXXXX escape and the two of quotes; the other names stay UTF-8.
    escaped = compact(odd).replace("Z\u00fcrich".encode(), b"Z\\u00fcrich")
    return {"as declared": compact(order), "permuted": compact(permuted(order, random.Random(3))),
            "pretty-printed": json.dumps(order, indent=2, ensure_ascii=False).encode(), "escaped, non-ASCII": escaped}
