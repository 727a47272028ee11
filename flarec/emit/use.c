/* use.c - what a service uses that is built in: a constant with the settings of each, and the calls. Those of
 * the service itself stand in dispatch, before its paths, so that they hold for what no route fits, too. */
#include <string.h>
#include <strings.h>

#include "emit/emit.h"

static const struct use *use_find(const struct use *uses, size_t count, enum use_kind kind)
{
    for (size_t i = 0; i < count; i++) {
        if (uses[i].kind == kind)
            return &uses[i];
    }
    return NULL;
}

const struct use *service_use(const struct model *model, enum use_kind kind)
{
    return use_find(model->uses, model->uses_count, kind);
}

const struct use *route_use(const struct route *route, enum use_kind kind)
{
    return use_find(route->uses, route->uses_count, kind);
}

bool used_anywhere(const struct model *model, enum use_kind kind)
{
    bool used = service_use(model, kind) != NULL;

    for (size_t i = 0; i < model->routes_count && !used; i++)
        used = route_use(&model->routes[i], kind) != NULL;
    return used;
}

/* The struct of the settings, for what has any: struct flarei_cors. */
static const char *const constant_words[] = {
    [USE_REQUEST_ID] = NULL,     [USE_LOG] = "access_log",   [USE_DEFLATE] = NULL,
    [USE_GUARD] = NULL,          [USE_CORS] = "cors",        [USE_METRICS] = NULL,
    [USE_COMPRESS] = "compress", [USE_INFLATE] = "inflate",  [USE_SECURITY_HEADERS] = "headers",
    [USE_TRACE] = NULL,          [USE_SERVER_TIMING] = NULL, [USE_RATE_LIMIT] = "rate_limit",
    [USE_CSRF] = "csrf",         [USE_ETAG] = NULL,          [USE_CACHE] = "cache"};

/* NULL for a use without settings. */
static const char *constant_word(const struct use *use)
{
    return use->kind == USE_LOG && use->log == NULL ? NULL : constant_words[use->kind];
}

/* ---- the constants ------------------------------------------------------------------------------------- */

static const char *str_of(struct emitter *emitter, const char *text)
{
    return arena_format(emitter->arena, "FLARE_STR_INIT(%s)", c_string(emitter->arena, text, strlen(text)));
}

static void member(struct emitter *emitter, struct text *members, const char *name, const char *text)
{
    if (text != NULL)
        text_format(members, ".%s = %s,\n", name, str_of(emitter, text));
}

/* The constant with a use's settings; NULL for what has none. */
static struct symbol *constant_of(struct emitter *emitter, const struct use *use)
{
    const char *const word = constant_word(use);
    const char *const key =
        arena_format(emitter->arena, "use %s %u", use->place.source->name, (unsigned)use->place.start);
    struct symbol *symbol = word != NULL ? symbol_find(emitter, key) : NULL;

    if (symbol == NULL && word != NULL)
        symbol = symbol_make(emitter, key, word,
                             arena_format(emitter->arena, "%sconst struct flarei_%s %%s",
                                          emitter->parts > 1 ? "extern " : "", word));
    return symbol;
}

const char *use_constant(struct emitter *emitter, const struct use *use)
{
    return symbol_use(emitter, constant_of(emitter, use));
}

/* An array of texts, whose name is returned. */
static const char *write_texts(struct emitter *emitter, struct text *out, const char *bare,
                               const char *const *texts, size_t count)
{
    const char *const name = own_static(emitter, bare);
    struct text rows = {.arena = emitter->arena};

    for (size_t i = 0; i < count; i++)
        text_format(&rows, "%s,\n", str_of(emitter, texts[i]));
    FILL(out, "use/texts", {"name", name}, {"rows", text_of(&rows)});
    return name;
}

static void write_cors(struct emitter *emitter, const struct use *use, struct symbol *symbol)
{
    const struct cors *const cors = use->cors;
    struct text members = {.arena = emitter->arena}, origins = {.arena = emitter->arena};

    if (cors->origins_count != 0)
        text_format(&members, ".origins = %s,\n.origin_count = %zu,\n",
                    write_texts(emitter, &origins, "origins", cors->origins, cors->origins_count),
                    cors->origins_count);
    if (cors->credentials)
        text_add(&members, ".credentials = true,\n");
    member(emitter, &members, "methods", cors->methods);
    member(emitter, &members, "expose", cors->expose);
    member(emitter, &members, "max_age", cors->max_age);
    FILL(body(emitter), "use/cors", {"place", place_of(emitter, use->place)}, {"origins", text_of(&origins)},
         {"linkage", linkage(emitter, symbol)}, {"name", symbol->name}, {"members", text_of(&members)});
}

static void write_codings(struct emitter *emitter, const struct use *use, struct symbol *symbol)
{
    const struct codings *const codings = use->codings;
    const char *const word = use->kind == USE_COMPRESS ? "encoder" : "decoder";
    const char *const list = own_static(emitter, arena_format(emitter->arena, "%ss", word));
    struct text members = {.arena = emitter->arena}, rows = {.arena = emitter->arena};

    for (size_t i = 0; i < codings->count; i++)
        text_format(&rows, "&flarei_%s_%s,\n", word, codings->names[i]);
    text_format(&members, ".%ss = %s,\n.%s_count = %zu,\n", word, list, word, codings->count);
    if (use->kind == USE_COMPRESS)
        text_format(&members, ".level = %llu,\n.min_bytes = %llu,\n", (unsigned long long)codings->level,
                    (unsigned long long)codings->min_bytes);
    FILL(body(emitter), "use/codings", {"place", place_of(emitter, use->place)}, {"word", word},
         {"use", constant_words[use->kind]}, {"list", list}, {"rows", text_of(&rows)},
         {"linkage", linkage(emitter, symbol)}, {"name", symbol->name}, {"members", text_of(&members)});
}

static void write_headers(struct emitter *emitter, const struct use *use, struct symbol *symbol)
{
    const char *const list = own_static(emitter, "security_headers");
    struct text rows = {.arena = emitter->arena};

    for (size_t i = 0; i < use->headers->count; i++)
        text_format(&rows, "{%s, %s},\n", str_of(emitter, use->headers->items[i].name),
                    str_of(emitter, use->headers->items[i].value));
    FILL(body(emitter), "use/headers", {"place", place_of(emitter, use->place)}, {"list", list},
         {"rows", text_of(&rows)}, {"linkage", linkage(emitter, symbol)}, {"name", symbol->name},
         {"count", arena_format(emitter->arena, "%zu", use->headers->count)},
         {"transport",
          use->headers->transport != NULL
              ? arena_format(emitter->arena, ".transport = %s,\n", str_of(emitter, use->headers->transport))
              : ""});
}

static void write_rate_limit(struct emitter *emitter, const struct use *use, struct symbol *symbol)
{
    const struct rate_limit *const rate = use->rate;
    const uint64_t slots = (rate->clients + 7) / 8 * 8, seconds = (rate->per_ms + 999) / 1000;

    FILL(body(emitter), "use/rate_limit", {"place", place_of(emitter, use->place)},
         {"slots", own_static(emitter, "rate_slots")},
         {"count", arena_format(emitter->arena, "%llu", (unsigned long long)slots)},
         {"linkage", linkage(emitter, symbol)}, {"name", symbol->name},
         {"interval",
          arena_format(emitter->arena, "%llu", (unsigned long long)(rate->per_ms * 1000 / rate->requests))},
         {"burst", arena_format(emitter->arena, "%llu", (unsigned long long)rate->burst)},
         {"policy",
          str_of(emitter, arena_format(emitter->arena, "\"default\";q=%llu;w=%llu",
                                       (unsigned long long)rate->requests, (unsigned long long)seconds))},
         {"header", rate->header != NULL
                        ? arena_format(emitter->arena, ".header = %s,\n", str_of(emitter, rate->header))
                        : ""});
}

static void write_csrf(struct emitter *emitter, const struct use *use, struct symbol *symbol)
{
    const struct csrf *const csrf = use->csrf;
    struct text members = {.arena = emitter->arena}, trusted = {.arena = emitter->arena};

    if (csrf->trusted_count != 0)
        text_format(&members, ".trusted = %s,\n.trusted_count = %zu,\n",
                    write_texts(emitter, &trusted, "trusted", csrf->trusted, csrf->trusted_count),
                    csrf->trusted_count);
    else
        text_add(&members, ".trusted = NULL,\n");
    FILL(body(emitter), "use/csrf", {"place", place_of(emitter, use->place)}, {"trusted", text_of(&trusted)},
         {"linkage", linkage(emitter, symbol)}, {"name", symbol->name}, {"members", text_of(&members)});
}

/* Names, each once. */
struct names {
    const char **items;
    size_t count;
};

static void name_add(struct names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++) {
        if (strcasecmp(names->items[i], name) == 0)
            return;
    }
    names->items[names->count++] = name;
}

static bool is_hidden(struct emitter *emitter, const struct input *input)
{
    return (input->kind == INPUT_QUERY || input->kind == INPUT_HEADER) && holds_secret(emitter, input->type);
}

static void add_secrets(struct emitter *emitter, struct names *names, const struct input *inputs,
                        size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (is_hidden(emitter, &inputs[i]))
            name_add(names, inputs[i].name);
    }
}

/* What log() does not show: what it is told, and the inputs of all heads that are secrets, since a request
 * may come without a route. */
static struct names redacted(struct emitter *emitter, const struct log_settings *log)
{
    const struct model *const model = emitter->model;
    struct names names = {NULL, 0};
    size_t most = log->redact_count;

    if (!log->query && log->headers_count == 0)
        return names;
    for (size_t i = 0; i < model->routes_count; i++)
        most += model->routes[i].inputs_count;
    for (size_t i = 0; i < model->guards_count; i++)
        most += model->guards[i]->inputs_count;
    names.items = ARENA_ARRAY(emitter->arena, most + 1, const char *);
    for (size_t i = 0; i < log->redact_count; i++)
        name_add(&names, log->redact[i]);
    for (size_t i = 0; i < model->routes_count; i++)
        add_secrets(emitter, &names, model->routes[i].inputs, model->routes[i].inputs_count);
    for (size_t i = 0; i < model->guards_count; i++)
        add_secrets(emitter, &names, model->guards[i]->inputs, model->guards[i]->inputs_count);
    return names;
}

static void write_log(struct emitter *emitter, const struct use *use, struct symbol *symbol)
{
    const struct log_settings *const log = use->log;
    const struct names redact = redacted(emitter, log);
    struct text members = {.arena = emitter->arena}, lists = {.arena = emitter->arena};

    text_format(&members, ".sample = %lluu,\n", (unsigned long long)(log->sample * UINT32_MAX));
    if (log->query)
        text_add(&members, ".query = true,\n");
    if (log->headers_count != 0)
        text_format(&members, ".headers = %s,\n.header_count = %zu,\n",
                    write_texts(emitter, &lists, "logged", log->headers, log->headers_count),
                    log->headers_count);
    if (redact.count != 0)
        text_format(&members, ".redact = %s,\n.redact_count = %zu,\n",
                    write_texts(emitter, &lists, "redacted", redact.items, redact.count), redact.count);
    FILL(body(emitter), "use/log", {"place", place_of(emitter, use->place)}, {"lists", text_of(&lists)},
         {"linkage", linkage(emitter, symbol)}, {"name", symbol->name}, {"members", text_of(&members)});
}

static void write_cache(struct emitter *emitter, const struct use *use, struct symbol *symbol)
{
    const struct cache *const cache = use->cache;
    struct text members = {.arena = emitter->arena};

    text_format(&members, ".memory_bytes = %llu,\n.max_bytes = %llu,\n",
                (unsigned long long)cache->memory_bytes, (unsigned long long)cache->max_bytes);
    if (cache->fresh_seconds != 0)
        text_format(&members, ".fresh_s = %llu,\n", (unsigned long long)cache->fresh_seconds);
    if (cache->stale_if_error_seconds != 0)
        text_format(&members, ".stale_if_error_s = %llu,\n",
                    (unsigned long long)cache->stale_if_error_seconds);
    if (cache->stale_while_revalidate_seconds != 0)
        text_format(&members, ".stale_while_revalidate_s = %llu,\n",
                    (unsigned long long)cache->stale_while_revalidate_seconds);
    if (cache->join_ms != 0)
        text_format(&members, ".join_ms = %llu,\n", (unsigned long long)cache->join_ms);
    if (cache->reload)
        text_add(&members, ".reload = true,\n");
    if (cache->status)
        text_add(&members, ".status = true,\n");
    FILL(body(emitter), "use/cache", {"place", place_of(emitter, use->place)},
         {"linkage", linkage(emitter, symbol)}, {"name", symbol->name}, {"members", text_of(&members)});
}

static void write_constant(struct emitter *emitter, const struct use *use)
{
    struct symbol *const symbol = constant_of(emitter, use);

    if (symbol == NULL || symbol->complete)
        return;
    symbol->complete = true;
    if (use->kind == USE_CORS)
        write_cors(emitter, use, symbol);
    else if (use->kind == USE_SECURITY_HEADERS)
        write_headers(emitter, use, symbol);
    else if (use->kind == USE_RATE_LIMIT)
        write_rate_limit(emitter, use, symbol);
    else if (use->kind == USE_CSRF)
        write_csrf(emitter, use, symbol);
    else if (use->kind == USE_LOG)
        write_log(emitter, use, symbol);
    else if (use->kind == USE_CACHE)
        write_cache(emitter, use, symbol);
    else
        write_codings(emitter, use, symbol);
}

void emit_use_constants(struct emitter *emitter)
{
    const struct model *const model = emitter->model;
    bool any = false;

    emitter->part = 0;
    for (size_t i = 0; i < model->uses_count; i++)
        any = any || constant_word(&model->uses[i]) != NULL;
    for (size_t i = 0; i < model->routes_count; i++) {
        for (size_t k = 0; k < model->routes[i].uses_count; k++)
            any = any || constant_word(&model->routes[i].uses[k]) != NULL;
    }
    if (!any)
        return;
    section(emitter, body(emitter), "What is built in: its settings");
    for (size_t i = 0; i < model->uses_count; i++)
        write_constant(emitter, &model->uses[i]);
    for (size_t i = 0; i < model->routes_count; i++) {
        for (size_t k = 0; k < model->routes[i].uses_count; k++)
            write_constant(emitter, &model->routes[i].uses[k]);
    }
}

/* ---- secrets ------------------------------------------------------------------------------------------- */

/* `met` says by declaration.index what was looked at. */
static bool type_holds_secret(const struct type *type, bool *met)
{
    if (type->constraints.secret)
        return true;
    if (type->element != NULL)
        return type_holds_secret(type->element, met);
    if ((type->kind != TYPE_OBJECT && type->kind != TYPE_UNION) || met[type->declaration->index])
        return false;
    met[type->declaration->index] = true;
    for (size_t i = 0; i < type->declaration->properties_count; i++) {
        if (type_holds_secret(type->declaration->properties[i].type, met))
            return true;
    }
    return false;
}

bool holds_secret(struct emitter *emitter, const struct type *type)
{
    unsigned most = 0;

    for (size_t i = 0; i < emitter->model->declarations_count; i++) {
        if (emitter->model->declarations[i]->index > most)
            most = emitter->model->declarations[i]->index;
    }
    return type_holds_secret(type, ARENA_ARRAY(emitter->arena, most + 1, bool));
}

/* ---- preflights ---------------------------------------------------------------------------------------- */

/* Adds a name to a list unless it is there. */
static void list_add(struct text *list, const char *name)
{
    const size_t length = strlen(name);

    for (const char *at = text_of(list); *at != '\0'; at += *at == ',' ? 2 : 0) {
        const size_t item = strcspn(at, ",");

        if (item == length && strncasecmp(at, name, length) == 0)
            return;
        at += item;
    }
    text_format(list, "%s%s", list->length != 0 ? ", " : "", name);
}

static void list_inputs(struct text *list, const struct input *inputs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (inputs[i].kind == INPUT_HEADER)
            list_add(list, inputs[i].name);
    }
}

/* What a page may send: the fields that the route and its guards read, and those that cors() names. */
static const char *preflight_headers(struct emitter *emitter, const struct route *route,
                                     const struct cors *cors)
{
    struct text list = {.arena = emitter->arena};

    if (cors->headers != NULL)
        text_add(&list, cors->headers);
    if (route->body.kind != BODY_NONE)
        list_add(&list, "Content-Type");
    if (route->body.kind != BODY_NONE && route_use(route, USE_INFLATE) != NULL)
        list_add(&list, "Content-Encoding");
    if (route_use(route, USE_REQUEST_ID) != NULL)
        list_add(&list, "X-Request-Id");
    if (route_use(route, USE_TRACE) != NULL) {
        list_add(&list, "traceparent");
        list_add(&list, "tracestate");
    }
    list_inputs(&list, route->inputs, route->inputs_count);
    for (size_t i = 0; i < route->uses_count; i++) {
        const struct guard *const guard = route->uses[i].guard;

        if (guard != NULL)
            list_inputs(&list, guard->inputs, guard->inputs_count);
    }
    return text_of(&list);
}

static void emit_preflight(struct emitter *emitter, const struct route *route, struct text *calls)
{
    const struct use *const use = route_use(route, USE_CORS);
    const char *headers = "";

    if (!used_anywhere(emitter->model, USE_CORS))
        return;
    if (use != NULL)
        headers = preflight_headers(emitter, route, use->cors);
    FILL(calls, "use/preflight",
         {"cors", use == NULL ? "NULL" : arena_format(emitter->arena, "&%s", use_constant(emitter, use))},
         {"headers",
          arena_format(emitter->arena, "FLARE_STR(%s)", c_string(emitter->arena, headers, strlen(headers)))});
}

/* ---- the calls ----------------------------------------------------------------------------------------- */

static void emit_call(struct emitter *emitter, const struct use *use, struct text *calls)
{
    switch (use->kind) {
    case USE_REQUEST_ID:
        text_add(calls, "flarei_use_request_id(rq);\n");
        break;
    case USE_CORS:
        text_format(calls, "flarei_use_cors(rq, &%s);\n", use_constant(emitter, use));
        break;
    case USE_METRICS:
        text_add(calls, "flarei_use_metrics(rq);\n");
        break;
    case USE_COMPRESS:
        text_format(calls, "flarei_use_compress(rq, &%s);\n", use_constant(emitter, use));
        break;
    case USE_INFLATE:
        text_format(calls, "flarei_use_inflate(rq, &%s);\n", use_constant(emitter, use));
        break;
    case USE_SECURITY_HEADERS:
        text_format(calls, "flarei_use_headers(rq, &%s);\n", use_constant(emitter, use));
        break;
    case USE_TRACE:
        text_add(calls, "flarei_use_trace(rq);\n");
        break;
    case USE_SERVER_TIMING:
        text_add(calls, "flarei_use_server_timing(rq);\n");
        break;
    case USE_RATE_LIMIT:
        FILL(calls, "use/call_rate_limit", {"name", use_constant(emitter, use)});
        break;
    case USE_CSRF:
        FILL(calls, "use/call_csrf", {"name", use_constant(emitter, use)});
        break;
    case USE_LOG:
        if (use->log != NULL)
            text_format(calls, "flarei_use_log(rq, &%s);\n", use_constant(emitter, use));
        break;
    case USE_ETAG:
        text_format(calls, "flarei_use_etag(rq, %s);\n", use->weak ? "true" : "false");
        break;
    case USE_CACHE:
    case USE_DEFLATE:
    case USE_SUBPROTOCOL:
    case USE_GUARD:
        break;
    }
}

void emit_route_uses_begin(struct emitter *emitter, const struct route *route, struct text *calls)
{
    emit_preflight(emitter, route, calls);
}

void emit_builtin_use(struct emitter *emitter, const struct use *use, struct text *calls)
{
    if (service_use(emitter->model, use->kind) == NULL)
        emit_call(emitter, use, calls);
}

/* What may refuse comes behind preflights, and sees what the others added. */
static bool may_refuse(enum use_kind kind)
{
    return kind == USE_RATE_LIMIT || kind == USE_CSRF;
}

const char *emit_service_uses(struct emitter *emitter, const char *find)
{
    const struct model *const model = emitter->model;
    struct text calls = {.arena = emitter->arena};

    for (size_t i = 0; i < model->uses_count; i++) {
        if (!may_refuse(model->uses[i].kind))
            emit_call(emitter, &model->uses[i], &calls);
    }
    if (find != NULL)
        FILL(&calls, "use/dispatch_preflight", {"find", find});
    for (size_t i = 0; i < model->uses_count; i++) {
        if (may_refuse(model->uses[i].kind))
            emit_call(emitter, &model->uses[i], &calls);
    }
    return text_of(&calls);
}
