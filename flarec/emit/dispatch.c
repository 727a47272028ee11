/* dispatch.c - the plan's steps as code. What fails falls out of its blocks to the next alternative, or, at
 * the end of a function, goes to the function of that alternative. */
#include <stdio.h>
#include <string.h>

#include "emit/emit.h"
#include "plan/methods.h"

struct writer {
    struct emitter *emitter;
    unsigned *slots; /* of the segments captured so far */
    size_t slots_count;
};

static void write_function(struct emitter *emitter, unsigned number);
/* Both add statements; true where control never comes out behind them. */
static bool write_step(struct writer *writer, struct text *out, const struct step *step, bool entered);
static bool write_fork_from(struct writer *writer, struct text *out, const struct fork *fork,
                            enum stage stage);

/* Is there anything that one function has to tell another one? */
static bool needs_way(const struct emitter *emitter)
{
    const struct plan *const plan = emitter->plan;
    bool needed = plan->overlaps || plan->slots_count > 1;

    for (size_t i = 0; i < plan->functions_count && !needed; i++)
        needed = plan->functions[i].fork != NULL || plan->functions[i].slots_count != 0;
    return needed;
}

static const char *path_comment(struct emitter *emitter, const char *prefix)
{
    return c_comment(emitter->arena, prefix);
}

/* ---- refusals ---------------------------------------------------------------------------------- */

/* The function that refuses where just these methods are taken; one in each part that has a use for it. */
static const char *refusal(struct emitter *emitter, method_set methods)
{
    const char *const key =
        arena_format(emitter->arena, "refuse %llu in %u", (unsigned long long)methods, emitter->part);
    struct symbol *symbol = symbol_find(emitter, key);
    const char *const allow = method_set_text(emitter->arena, methods);
    size_t length = strlen(allow);

    if (symbol != NULL)
        return symbol->name;
    if (length > strlen(", OPTIONS"))
        length -= strlen(", OPTIONS");
    symbol =
        symbol_make(emitter, key,
                    arena_format(emitter->arena, "refuse_%s",
                                 c_identifier(emitter->arena, arena_copy(emitter->arena, allow, length))),
                    "flare_reply %s(flare_request *rq)");
    FILL(body(emitter), "dispatch/refuse", {"name", symbol->name}, {"allow", allow});
    return symbol->name;
}

const char *method_constant(struct emitter *emitter, const char *name)
{
    char *const constant = arena_format(emitter->arena, "FLARE_METHOD_%s", name);

    for (char *c = constant; *c != '\0'; c++)
        *c = *c == '-' ? '_' : *c;
    return constant;
}

/* ---- leaves ------------------------------------------------------------------------------------ */

static const char *call_of(struct writer *writer, const struct route *route)
{
    struct emitter *const emitter = writer->emitter;
    struct text call = {.arena = emitter->arena};

    emitter->route_parts[route->index] = emitter->part;
    text_format(&call, "%s(rq", emitter->routes[route->index]->name);
    for (size_t i = 0, slot = 0; i < route->segments_count && slot < writer->slots_count; i++) {
        if (takes_capture(route, &route->segments[i]))
            text_format(&call, ", way->part[%u]", writer->slots[slot]);
        slot += route->segments[i].kind != SEGMENT_STATIC;
    }
    text_add(&call, ")");
    return text_of(&call);
}

static bool is_method(const struct route *route, const char *name)
{
    return route->method != NULL && strcmp(route->method, name) == 0;
}

static bool has_method(const struct leaf *leaf, const char *name)
{
    for (size_t i = 0; i < leaf->routes_count; i++) {
        if (is_method(leaf->routes[i], name))
            return true;
    }
    return false;
}

/* What a route takes beside its own method: a GET's takes HEAD, if no other does, and a WebSocket's, or one
 * that passes them on, the CONNECT of HTTP/2 (RFC 8441). */
static bool takes_head(const struct route *route, const struct leaf *leaf)
{
    return is_method(route, "GET") && !has_method(leaf, "HEAD");
}

static bool takes_connect(const struct route *route)
{
    return route->websocket || passes_websockets(route);
}

static const char *method_test(struct emitter *emitter, const struct route *route, const struct leaf *leaf)
{
    return arena_format(emitter->arena, "rq->method == %s%s%s", method_constant(emitter, route->method),
                        takes_head(route, leaf) ? " || rq->method == FLARE_METHOD_HEAD" : "",
                        takes_connect(route) ? " || rq->method == FLARE_METHOD_CONNECT" : "");
}

static void write_methods(struct writer *writer, struct text *out, const struct leaf *leaf)
{
    struct emitter *const emitter = writer->emitter;
    struct text cases = {.arena = emitter->arena};

    if (leaf->routes_count == 1) {
        FILL(out, "dispatch/method", {"test", method_test(emitter, leaf->routes[0], leaf)},
             {"call", call_of(writer, leaf->routes[0])});
        return;
    }
    for (size_t i = 0; i < leaf->routes_count; i++) {
        const struct route *const route = leaf->routes[i];

        text_format(&cases, "case %s:\n%s%s    return %s;\n", method_constant(emitter, route->method),
                    takes_head(route, leaf) ? "case FLARE_METHOD_HEAD:\n" : "",
                    takes_connect(route) ? "case FLARE_METHOD_CONNECT:\n" : "", call_of(writer, route));
    }
    FILL(out, "dispatch/methods", {"cases", text_of(&cases)});
}

/* What ANY takes, as far as `Allow` tells: a CONNECT asks for a WebSocket, which is not there. */
#define ANY_METHODS                                                                                          \
    (METHOD_BIT(METHOD_GET) | METHOD_BIT(METHOD_HEAD) | METHOD_BIT(METHOD_POST) | METHOD_BIT(METHOD_PUT) |   \
     METHOD_BIT(METHOD_DELETE) | METHOD_BIT(METHOD_PATCH) | METHOD_BIT(METHOD_OPTIONS))

/* A CONNECT goes where the GET that it stands for would go, and not to a proxy behind a route of the
 * service's own. */
static bool ends_connect(const struct emitter *emitter, const struct leaf *leaf)
{
    if (leaf->any)
        return !takes_connect(leaf->routes[0]) &&
               (has_websockets(emitter->model) || has_passed_websockets(emitter->model));
    for (size_t i = 0; i < leaf->routes_count; i++) {
        if (is_method(leaf->routes[i], "GET"))
            return leaf->overlaps && !takes_connect(leaf->routes[i]) && has_passed_websockets(emitter->model);
    }
    return false;
}

/* The path ends here: whose method is it? */
static bool write_leaf(struct writer *writer, struct text *out, const struct leaf *leaf)
{
    struct emitter *const emitter = writer->emitter;

    if (ends_connect(emitter, leaf))
        FILL(out, "dispatch/connect", {"refuse", refusal(emitter, leaf->any ? ANY_METHODS : leaf->methods)});
    if (leaf->any) {
        text_format(out, "return %s;\n", call_of(writer, leaf->routes[0]));
        return true;
    }
    write_methods(writer, out, leaf);
    if (!leaf->overlaps) {
        text_format(out, "return %s(rq);\n", refusal(emitter, leaf->methods));
        return true;
    }
    text_format(out, "way->seen |= UINT64_C(0x%llx); /* %s */\n", (unsigned long long)leaf->methods,
                method_set_text(emitter->arena, leaf->methods));
    return false;
}

/* ---- steps ------------------------------------------------------------------------------------- */

static const char *arguments(const struct emitter *emitter, bool with_p)
{
    if (needs_way(emitter))
        return with_p ? "rq, p, end, way" : "rq, end, way";
    return with_p ? "rq, p, end" : "rq, end";
}

/* "'x'" */
static const char *letter(struct emitter *emitter, char byte)
{
    const char *const quoted = c_string(emitter->arena, &byte, 1);

    return byte == '\''  ? "'\\''"
           : byte == '"' ? "'\"'"
                         : arena_format(emitter->arena, "'%.*s'", (int)strlen(quoted) - 2, quoted + 1);
}

/* Of a byte that a look is at, in a branch that it leads to; some below may hold it where the branch's own
 * text ends earlier. */
static char looked_at(const struct step *branch, unsigned at)
{
    while (at >= branch->length) {
        at -= (unsigned)branch->length;
        branch = branch->branches[0];
    }
    return branch->text[at];
}

static const char *look_case(struct emitter *emitter, const struct look *look, const struct step *branch)
{
    const char *const first = letter(emitter, looked_at(branch, look->first));

    if (look->factor == 0)
        return first;
    return arena_format(emitter->arena, "FLAREI_MIX(%s, %s, %u, %u)", first,
                        letter(emitter, looked_at(branch, look->second)), look->factor, look->mask);
}

static const char *look_value(struct emitter *emitter, const struct look *look)
{
    if (look->factor == 0)
        return arena_format(emitter->arena, "flarei_peek(p, end, %u)", look->first);
    return arena_format(emitter->arena, "flarei_mix(p, end, %u, %u, %u, %u)", look->first, look->second,
                        look->factor, look->mask);
}

static bool write_branches(struct writer *writer, struct text *out, const struct step *step)
{
    struct emitter *const emitter = writer->emitter;
    struct text cases = {.arena = emitter->arena};

    if (step->branches_count == 0)
        return false;
    if (step->branches_count == 1)
        return write_step(writer, out, step->branches[0], true);
    for (size_t i = 0; i < step->branches_count; i++) {
        const struct step *const branch = step->branches[i];
        struct text inner = {.arena = emitter->arena};
        const bool gone = write_step(writer, &inner, branch, true);

        text_format(&cases, "case %s: /* %s */\n", look_case(emitter, &step->look, branch),
                    path_comment(emitter, branch->prefix));
        for (const char *at = text_of(&inner); *at != '\0';) {
            const size_t length = strcspn(at, "\n");

            text_format(&cases, "    %.*s\n", (int)length, at);
            at += length + 1;
        }
        if (!gone)
            text_add(&cases, "    break;\n");
    }
    FILL(out, "dispatch/branches", {"look", look_value(emitter, &step->look)}, {"cases", text_of(&cases)});
    return false;
}

/* What follows a step's constant text. */
static bool write_after_text(struct writer *writer, struct text *out, const struct step *step)
{
    struct text leaf = {.arena = writer->emitter->arena};

    if (step->fork != NULL)
        return write_fork_from(writer, out, step->fork, STAGE_FIXED);
    if (step->leaf != NULL) {
        write_leaf(writer, &leaf, step->leaf);
        FILL(out, "dispatch/at_end", {"leaf", text_of(&leaf)});
    }
    return write_branches(writer, out, step);
}

/* Literals of this many bytes fit a line each. */
#define TEXT_CHUNK 48

static const char *skip_test(struct writer *writer, const struct step *step, bool to_end)
{
    struct emitter *const emitter = writer->emitter;
    struct text test = {.arena = emitter->arena};

    for (size_t at = 0; at < step->length;) {
        const size_t left = step->length - at, length = left > TEXT_CHUNK ? TEXT_CHUNK : left;

        text_format(&test, "%s%s(%sp, end, %s)", at == 0 ? "" : " && ",
                    to_end && length == left ? "FLAREI_REST_IS" : "FLAREI_SKIP",
                    to_end && length == left ? "" : "&", c_string(emitter->arena, step->text + at, length));
        at += length;
    }
    return text_of(&test);
}

static bool write_step(struct writer *writer, struct text *out, const struct step *step, bool entered)
{
    struct emitter *const emitter = writer->emitter;
    struct text inner = {.arena = emitter->arena};
    const bool to_end = step->leaf != NULL && step->branches_count == 0;

    if (entered && step->function != 0) {
        write_function(emitter, step->function);
        text_format(out, "return %s(%s);\n", symbol_use(emitter, emitter->functions[step->function - 1]),
                    arguments(emitter, true));
        return true;
    }
    if (step->length == 0 && !to_end)
        return write_after_text(writer, out, step);
    if (to_end)
        write_leaf(writer, &inner, step->leaf);
    else
        write_after_text(writer, &inner, step);
    FILL(out, "dispatch/if", {"test", step->length == 0 ? "p == end" : skip_test(writer, step, to_end)},
         {"inner", text_of(&inner)});
    return false;
}

/* ---- forks ------------------------------------------------------------------------------------- */

static bool call_stage(struct writer *writer, struct text *out, unsigned function)
{
    struct emitter *const emitter = writer->emitter;

    write_function(emitter, function);
    text_format(out, "return %s(%s);\n", symbol_use(emitter, emitter->functions[function - 1]),
                arguments(emitter, false));
    return true;
}

static const char *number_text(struct emitter *emitter, unsigned number)
{
    return arena_format(emitter->arena, "%u", number);
}

/* Whether one more segment may be captured on the way down from here. */
static bool captures_more(const struct step *step)
{
    if (step == NULL)
        return false;
    if (step->fork != NULL)
        return step->fork->parameter != NULL || captures_more(step->fork->fixed);
    for (size_t i = 0; i < step->branches_count; i++) {
        if (captures_more(step->branches[i]))
            return true;
    }
    return false;
}

/* Of several segments that are captured one after the other, the first one finds all their ends. */
static const char *cut(const struct writer *writer, const struct fork *fork)
{
    if (writer->slots_count != 0)
        return "flarei_cut_next_segment(rq, &way->segments, &p)";
    return captures_more(fork->parameter) ? "flarei_cut_first_segment(rq, &way->segments, &p)"
                                          : "flarei_cut_segment(rq, &p)";
}

/* The text with every `from` as `to`. */
static const char *replaced(struct emitter *emitter, const char *text, const char *from, const char *to)
{
    struct text out = {.arena = emitter->arena};

    for (const char *next; (next = strstr(text, from)) != NULL; text = next + strlen(from)) {
        text_add_bytes(&out, text, (size_t)(next - text));
        text_add(&out, to);
    }
    text_add(&out, text);
    return text_of(&out);
}

/* A segment that no other function may ask for is a local: it then needs no memory. */
static bool write_parameter(struct writer *writer, struct text *out, const struct fork *fork,
                            const char *start)
{
    struct emitter *const emitter = writer->emitter;
    struct text inner = {.arena = emitter->arena};
    const char *const cut_one = cut(writer, fork);
    const char *const shared = arena_format(emitter->arena, "way->part[%u]", fork->slot);
    const char *const own = arena_format(emitter->arena, "part%u", fork->slot);
    bool kept;

    writer->slots[writer->slots_count++] = fork->slot;
    write_step(writer, &inner, fork->parameter, true);
    writer->slots_count--;
    kept = strstr(text_of(&inner), ", way)") != NULL;
    FILL(out, "dispatch/parameter", {"path", path_comment(emitter, fork->parameter->prefix)},
         {"start", start[0] != '\0' ? arena_format(emitter->arena, "p = %s;\n", start) : ""},
         {"type", kept ? "" : "const flare_str "}, {"part", kept ? shared : own}, {"cut", cut_one},
         {"inner", kept ? text_of(&inner) : replaced(emitter, text_of(&inner), shared, own)});
    return false;
}

static bool write_wildcard(struct writer *writer, struct text *out, const struct fork *fork,
                           const char *start)
{
    struct emitter *const emitter = writer->emitter;
    struct text leaf = {.arena = emitter->arena};
    const char *const own = arena_format(emitter->arena, "rest%u", fork->slot);
    bool gone;

    writer->slots[writer->slots_count++] = fork->slot;
    gone = write_leaf(writer, &leaf, fork->wildcard);
    writer->slots_count--;
    const char *const inner =
        replaced(emitter, text_of(&leaf), arena_format(emitter->arena, "way->part[%u]", fork->slot), own);
    FILL(out, strstr(inner, own) != NULL ? "dispatch/wildcard" : "dispatch/wildcard_unread",
         {"path", path_comment(emitter, arena_format(emitter->arena, "%s*", fork->prefix))}, {"rest", own},
         {"start", start}, {"leaf", inner});
    return gone;
}

/* What follows its fixed branches. @param segment where the segment's start is kept, or NULL */
static bool write_fork_rest(struct writer *writer, struct text *out, const struct fork *fork,
                            enum stage stage, const char *segment, bool parameter_here)
{
    const bool wildcard_here =
        fork->wildcard != NULL && (fork->wildcard_function == 0 || stage == STAGE_WILDCARD);

    if (fork->parameter != NULL && stage != STAGE_WILDCARD && !parameter_here)
        return call_stage(writer, out, fork->parameter_function);
    if (parameter_here)
        write_parameter(writer, out, fork, segment != NULL ? segment : "");
    if (fork->wildcard != NULL && !wildcard_here)
        return call_stage(writer, out, fork->wildcard_function);
    return wildcard_here && write_wildcard(writer, out, fork, segment != NULL ? segment : "p");
}

/* A fork from one of its stages on. In a function that comes back to it, the start of the segment is in its
 * slot. */
static bool write_fork_from(struct writer *writer, struct text *out, const struct fork *fork,
                            enum stage stage)
{
    struct emitter *const emitter = writer->emitter;
    const bool again = stage != STAGE_FIXED;
    const bool parameter_here =
        fork->parameter != NULL && (again ? stage == STAGE_PARAMETER : fork->parameter_function == 0);
    const bool wildcard_here =
        fork->wildcard != NULL && (fork->wildcard_function == 0 || stage == STAGE_WILDCARD);
    const char *const segment = arena_format(emitter->arena, "segment%u", fork->slot);
    const bool fixed_here = !again && fork->fixed != NULL;
    const bool returns = fork->parameter_function != 0 || fork->wildcard_function != 0;
    struct text fixed = {.arena = emitter->arena};
    const bool gone = fixed_here && write_step(writer, &fixed, fork->fixed, true);
    const bool keeps = !gone && (parameter_here ? fixed_here || wildcard_here
                                                : fixed_here && wildcard_here && fork->parameter == NULL);

    struct text rest = {.arena = emitter->arena};
    const bool ends =
        gone || write_fork_rest(writer, &rest, fork, stage, again || keeps ? segment : NULL, parameter_here);
    const bool reads = strstr(text_of(&rest), segment) != NULL; /* not every wildcard does */

    if (again && (reads || stage == STAGE_PARAMETER))
        FILL(out, "dispatch/segment_again", {"slot", number_text(emitter, fork->slot)}, {"segment", segment},
             {"p", stage == STAGE_PARAMETER ? "const char *p;\n\n" : "\n"});
    else if (keeps && reads)
        FILL(out, "dispatch/segment", {"segment", segment});
    if (!again && returns)
        FILL(out, "dispatch/segment_kept", {"slot", number_text(emitter, fork->slot)});
    if (fixed_here)
        text_add(out, text_of(&fixed));
    text_add(out, text_of(&rest));
    return ends;
}

/* ---- functions --------------------------------------------------------------------------------- */

/* What a function does when nothing in it fits. */
static void write_failure(struct writer *writer, struct text *out, const struct pending *pending)
{
    struct emitter *const emitter = writer->emitter;

    if (pending->fork != NULL)
        call_stage(writer, out,
                   pending->stage == STAGE_PARAMETER ? pending->fork->parameter_function
                                                     : pending->fork->wildcard_function);
    else if (emitter->plan->overlaps)
        text_format(out, "return %s(rq, way);\n", symbol_use(emitter, emitter->no_route));
    else
        text_add(out, "return flarei_reply_not_found(rq);\n");
}

static const char *function_name(struct emitter *emitter, const struct function *function)
{
    const char *const prefix = function->step != NULL ? function->step->prefix : function->fork->prefix;
    const char *const words = prefix[1] == '\0' ? "root" : prefix;

    return arena_format(emitter->arena, "at_%s%s", c_identifier(emitter->arena, words),
                        function->step != NULL               ? ""
                        : function->stage == STAGE_PARAMETER ? "_parameter"
                                                             : "_wildcard");
}

static void write_function(struct emitter *emitter, unsigned number)
{
    const struct function *const function = &emitter->plan->functions[number - 1];
    const unsigned part = emitter->part;
    struct writer writer = {.emitter = emitter};
    struct text text = {.arena = emitter->arena};
    const char *comment;
    struct symbol *symbol;
    bool gone;

    if (emitter->functions[number - 1] != NULL)
        return;
    symbol =
        symbol_make(emitter, NULL, function_name(emitter, function),
                    arena_format(emitter->arena, "flare_reply %%s(flare_request *rq, %sconst char *end%s)",
                                 function->step != NULL ? "const char *p, " : "",
                                 needs_way(emitter) ? ", struct way *way" : ""));
    emitter->functions[number - 1] = symbol;
    emitter->part = part_of_route(emitter, function->first_route);
    writer.slots = ARENA_ARRAY(emitter->arena, emitter->plan->slots_count + 1, unsigned);
    writer.slots_count = function->slots_count;
    if (function->slots_count != 0)
        memcpy(writer.slots, function->slots, function->slots_count * sizeof *writer.slots);
    if (function->step != NULL) {
        comment = path_comment(emitter, function->step->prefix);
        gone = write_step(&writer, &text, function->step, false);
        if (!gone)
            write_failure(&writer, &text, &function->pending);
    } else {
        comment = arena_format(emitter->arena, "%s once more, for %s",
                               path_comment(emitter, function->fork->prefix),
                               function->stage == STAGE_PARAMETER ? "its parameter" : "what is left");
        gone = write_fork_from(&writer, &text, function->fork, function->stage);
        if (!gone)
            write_failure(&writer, &text, &function->fork->after);
    }
    FILL(body(emitter), "dispatch/function", {"path", comment}, {"linkage", linkage(emitter, symbol)},
         {"prototype", symbol->prototype},
         {"unused", needs_way(emitter) && strstr(text_of(&text), "way") == NULL ? "(void)way;\n" : ""},
         {"body", text_of(&text)});
    emitter->part = part;
}

static void write_no_route(struct emitter *emitter)
{
    struct text cases = {.arena = emitter->arena};

    emitter->no_route =
        symbol_make(emitter, NULL, "no_route", "flare_reply %s(flare_request *rq, const struct way *way)");
    for (size_t i = 0; i < emitter->plan->refusals_count; i++) {
        const method_set methods = emitter->plan->refusals[i];

        text_format(&cases, "case UINT64_C(0x%llx):\n    return %s(rq);\n", (unsigned long long)methods,
                    refusal(emitter, methods));
    }
    FILL(body(emitter), "dispatch/no_route", {"linkage", linkage(emitter, emitter->no_route)},
         {"prototype", emitter->no_route->prototype}, {"cases", text_of(&cases)});
}

void emit_dispatch(struct emitter *emitter)
{
    const struct plan *const plan = emitter->plan;

    emitter->part = 0;
    section(emitter, body(emitter), "Dispatch: the paths as a tree, unrolled");
    if (plan->root == NULL) {
        FILL(body(emitter), "dispatch/nothing", {"uses", emit_service_uses(emitter, NULL)});
        return;
    }
    emitter->functions = ARENA_ARRAY(emitter->arena, plan->functions_count, struct symbol *);
    if (needs_way(emitter))
        FILL(
            emitter->parts == 1 ? body(emitter) : &emitter->shared, "dispatch/way",
            {"slots", number_text(emitter, plan->slots_count != 0 ? plan->slots_count : 1)},
            {"segments", plan->slots_count > 1 ? "struct flarei_segments segments; /* of the path */\n" : ""},
            {"seen", plan->overlaps
                         ? "uint64_t seen; /* methods that fitting paths take, but not the request's */\n"
                         : ""});
    if (plan->overlaps)
        write_no_route(emitter);
    write_function(emitter, plan->root->function);
}

void emit_dispatch_entry(struct emitter *emitter)
{
    const struct plan *const plan = emitter->plan;
    const char *uses, *find = NULL, *indexed;

    emitter->part = 0;
    if (plan->root == NULL)
        return;
    indexed = emit_route_index(emitter);
    if (used_anywhere(emitter->model, USE_CORS))
        find = own_static(emitter, "find");
    uses = emit_service_uses(emitter, find);
    FILL(body(emitter), needs_way(emitter) ? "dispatch/dispatch_way" : "dispatch/dispatch",
         {"function", find != NULL ? find : "dispatch"}, {"uses", find != NULL ? "" : uses},
         {"indexed", indexed}, {"seen", plan->overlaps ? "way.seen = 0;\n" : ""},
         {"root", symbol_use(emitter, emitter->functions[plan->root->function - 1])});
    if (find != NULL)
        FILL(body(emitter), "dispatch/dispatch_find", {"uses", uses}, {"find", find});
}
