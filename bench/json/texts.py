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


WORDS = ("the of and a to in is you that it he was for on are as with his they I at be this have from or one had by word but not "
         "what all were we when your can said there use an each which she do how their if will up other about out many then").split()


def sentence(source, most):
    """Words, now and then one beyond ASCII, a quote or a line end."""
    text = ""
    while True:
        word = source.choice(WORDS) if source.random() > 0.06 else source.choice(("caf\u00e9", "\u65e5\u672c\u8a9e", "\U0001f600", '"so"', "\n"))
        if len(text) + len(word) + 1 > most:
            return text
        text += (" " if text else "") + word


def timeline(source, count):
    """As a social network answers: short texts, many members."""
    statuses = []
    for number in range(count):
        name = "".join(source.choice("abcdefghijklmnopqrstuvwxyz_") for _ in range(source.randrange(4, 15)))
        statuses.append({
            "created_at": "Sun Aug 31 00:29:15 +0000 2014", "id": 505874924095815681 + number, "text": sentence(source, source.randrange(20, 140)),
            "source": "<a href=\"https://example.com/download\" rel=\"nofollow\">Example for phones</a>", "truncated": source.random() < 0.1,
            "user": {"id": source.randrange(10**10), "name": sentence(source, 20) or "x", "screen_name": name, "location": sentence(source, 30),
                     "description": sentence(source, source.randrange(0, 160)), "followers_count": source.randrange(10**5),
                     "friends_count": source.randrange(5000), "verified": source.random() < 0.01,
                     "created_at": "Mon Nov 12 09:13:21 +0000 2012", "lang": "en",
                     "profile_image_url": f"https://img.example.com/profile_images/{source.randrange(10**17)}/{name}_normal.jpeg"},
            "entities": {"hashtags": [{"text": source.choice(WORDS), "indices": [3, 19]} for _ in range(source.randrange(3))],
                         "user_mentions": [{"id": source.randrange(10**10), "screen_name": name[::-1], "indices": [3, 19]}
                                           for _ in range(source.randrange(2))]},
            "retweet_count": source.randrange(1000), "favorite_count": source.randrange(1000), "lang": "en",
            "in_reply_to_status_id": 505874847260352513 if source.random() < 0.2 else None})
    return {"statuses": statuses, "count": count}


def numbers(source, count):
    """Coordinates as maps have them, whole numbers of all lengths, doubles of all digits."""
    return {"points": [[round(source.uniform(-180, 180), 15), round(source.uniform(-90, 90), 15)] for _ in range(count)],
            "counts": [source.randrange(-10 ** source.randrange(1, 18), 10 ** source.randrange(1, 18)) for _ in range(count)],
            "mixed": [source.choice((source.random(), round(source.uniform(0, 1000), 2), source.uniform(-1, 1) * 10.0 ** source.randrange(-300, 300)))
                      for _ in range(count)]}


def big_texts():
    """{work: text} of megabytes, each time the same."""
    return {"timeline": compact(timeline(random.Random(11), 4000)), "numbers": compact(numbers(random.Random(12), 50000))}
