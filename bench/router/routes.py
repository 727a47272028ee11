"""Lists of routes: reading them, making them, and a naive matcher that says what each request must find."""
import os
import random

from harness.console import Failure

METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH"]


class Matcher:
    """Segment by segment: static before parameter before `*`, falling back where the deeper path fails."""

    def __init__(self, routes):
        self.roots = {}
        for number, (method, path) in enumerate(routes):
            node = self.roots.setdefault(method, {})
            for segment in path.split("/")[1:]:
                node = node.setdefault(segment[0] if segment[:1] in (":", "*") else "/" + segment, {})
            node["route"] = number

    def find(self, method, path):
        """(route, captures), or None."""
        return self._walk(self.roots.get(method, {}), path.split("/")[1:], [])

    def allowed(self, path):
        """What `Allow` lists where no route of the request's method fits."""
        fitting = [method for method in METHODS if self.find(method, path)]
        return fitting + (["HEAD"] if "GET" in fitting else []) + (["OPTIONS"] if fitting else [])

    def _walk(self, node, segments, captures):
        if not segments:
            return (node["route"], captures) if "route" in node else None
        found = None
        first, rest = segments[0], segments[1:]
        if "/" + first in node:
            found = self._walk(node["/" + first], rest, captures)
        if found is None and first and ":" in node:
            found = self._walk(node[":"], rest, captures + [first])
        if found is None and "*" in node:
            found = node["*"]["route"], captures + ["/".join(segments)]
        return found


def read_lists(folder):
    """{name: [(method, path)]} of every NAME.txt of a folder."""
    lists = {}
    for file_name in sorted(os.listdir(folder)):
        if file_name.endswith(".txt"):
            with open(os.path.join(folder, file_name), encoding="utf-8") as file:
                lists[file_name[:-4]] = [tuple(line.split()) for line in file if line.strip()]
    if not lists:
        raise Failure(f"{folder} holds no lists NAME.txt of lines METHOD PATH")
    return lists


class RouteSet:
    """What is timed together: `routes` are timed and given to every contender, `more` are compiled beside them by flare."""

    def __init__(self, name, routes, more=(), random_requests=()):
        self.name = name
        self.routes = routes
        self.more = list(more)
        self.random_requests = list(random_requests)

    @property
    def compiled(self):
        return self.routes + self.more


def route_sets(folder):
    """NAME.txt is a set; NAME.commented.txt is compiled with it, NAME_random_requests.txt timed on it."""
    lists = read_lists(folder)
    return [RouteSet(name, routes, lists.get(f"{name}.commented", ()), lists.get(f"{name}_random_requests", ()))
            for name, routes in lists.items() if not name.endswith((".commented", "_random_requests"))]


def expected(route_set, requests):
    """Lines METHOD, PATH, ROUTE, CAPTURE...; the answer must not depend on the routes that only flare has."""
    few, all_routes = Matcher(route_set.routes), Matcher(route_set.compiled)
    lines = []
    for method, path in requests:
        found = all_routes.find(method, path)
        if found is None or found != few.find(method, path):
            raise Failure(f"{route_set.name}: {method} {path} is no request of the set's own routes")
        lines.append("\t".join([method, path, str(found[0]), *found[1]]))
    return lines


def checks(route_set):
    """Untimed requests that flare must answer rightly: every compiled route, wrong methods, escapes, unknown paths."""
    matcher = Matcher(route_set.compiled)
    lines = []
    for method, path in route_set.compiled:
        plain = path.replace("/*", "/")
        route, captures = matcher.find(method, plain)
        lines.append("\t".join([method, plain, str(route), *captures]))
        if ":" in path:
            # %2F never separates, %41 equals A, and both arrive unescaped.
            lines.append("\t".join([method, plain.replace(":", "x%2F%41"), str(route),
                                    *[capture.replace(":", "x/A") for capture in captures]]))
        allowed = matcher.allowed(plain)
        for other in METHODS:
            if other not in allowed:
                lines.append("\t".join([other, plain, "-", "405", *sorted(allowed)]))
        if matcher.allowed(plain + "/no/such/path/below") == []:
            lines.append("\t".join([method, plain + "/no/such/path/below", "-", "404"]))
    return lines


def random_value(source):
    return "".join(source.choice("abcdefghijklmnopqrstuvwxyz0123456789_-") for _ in range(source.randint(2, 40)))


def random_requests(routes, count, seed):
    source = random.Random(seed)
    requests = []
    for _ in range(count):
        method, path = source.choice(routes)
        requests.append((method, "/".join(random_value(source) if segment[:1] == ":" else segment
                                          for segment in path.split("/"))))
    return requests


def write_list(path, routes):
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(f"{method} {route}\n" for method, route in routes)


def own_lists(folder):
    """The bench's own lists, always the same: an API of nested resources, and a site of static pages."""
    owners = ["accounts", "teams", "projects", "repositories", "regions"]
    things = ["builds", "branches", "reviews", "releases", "members", "invoices", "alerts", "events"]
    routes = []
    for owner in owners:
        routes += [("GET", f"/{owner}"), ("POST", f"/{owner}")]
        routes += [(method, f"/{owner}/:id") for method in ("GET", "PUT", "DELETE")]
        for thing in things:
            below = f"/{owner}/:id/{thing}"
            routes += [("GET", below), ("POST", below), ("GET", f"{below}/:number"), ("DELETE", f"{below}/:number")]
    routes += [("GET", f"/repositories/:id/{thing}/:number/files/:sha") for thing in ("branches", "reviews", "releases")]
    routes += [("GET", f"/user/{thing}") for thing in things]
    commented = [("GET", f"/{owner}/{page}") for owner in owners for page in ("recent", "search")]
    commented += [("GET", "/repositories/:id/contents/*path"), ("PUT", "/repositories/:id/contents/*path")]
    pages = [("GET", "/"), *[("GET", f"/docs/{owner}/{thing}.html") for owner in owners for thing in things]]
    pages += [("GET", f"/assets/{thing}-{number}.js") for thing in things for number in range(12)]
    os.makedirs(folder, exist_ok=True)
    write_list(os.path.join(folder, "api.txt"), routes)
    write_list(os.path.join(folder, "api.commented.txt"), commented)
    write_list(os.path.join(folder, "api_random_requests.txt"), random_requests(routes, 20000, 1))
    write_list(os.path.join(folder, "pages.txt"), pages)
    return folder
