/* session.c - sessions: the guard that reads one, and the functions that keep, renew and end it. */
#include <string.h>

#include "emit/decode.h"
#include "emit/emit.h"

bool has_sessions(const struct emitter *emitter)
{
    for (size_t i = 0; i < emitter->model->guards_count; i++) {
        if (emitter->model->guards[i]->session != NULL)
            return true;
    }
    return false;
}

void emit_session_types(struct emitter *emitter, const struct guard *guard, struct text *out)
{
    FILL(out, "session/types", {"title", c_comment(emitter->arena, guard->name)},
         {"place", place_of(emitter, guard->place)}, {"doc", doc_comment(emitter, guard->doc)},
         {"name", guard->c_name}, {"member", guard->gives[0].c_name});
}

struct symbol *session_symbol(struct emitter *emitter, const struct guard *guard)
{
    const char *const key = arena_format(emitter->arena, "guard %s", guard->c_name);
    struct symbol *const known = symbol_find(emitter, key);

    if (known != NULL)
        return known;
    return symbol_make(emitter, key,
                       arena_format(emitter->arena, "session_%s", bare_name(emitter, guard->c_name)),
                       arena_format(emitter->arena, "%s_verdict %%s(flare_request *rq)", guard->c_name));
}

static const char *store_name(enum session_store store)
{
    switch (store) {
    case SESSION_COOKIE:
        return "flarei_session_cookies";
    case SESSION_REDIS:
        return "flarei_session_redis";
    case SESSION_MEMORY:
        break;
    }
    return "flarei_session_memory";
}

static const char *string_of(struct emitter *emitter, const char *text)
{
    return c_string(emitter->arena, text, strlen(text));
}

static const char *number_of_u32(struct emitter *emitter, uint64_t number)
{
    return c_number(emitter->arena, TYPE_U32, (struct number){.magnitude = number});
}

/* @return the name of what the runtime knows of it */
static const char *emit_session(struct emitter *emitter, const struct guard *guard)
{
    const struct session *const session = guard->session;
    const char *const bare = bare_name(emitter, guard->c_name);
    const char *const object = own_static(emitter, arena_format(emitter->arena, "kept_%s", bare));
    const char *const take = own_static(emitter, arena_format(emitter->arena, "take_kept_%s", bare));
    const char *const keep = own_static(emitter, arena_format(emitter->arena, "keep_%s", bare));
    struct reply_cookie cookie = session->cookie;
    struct type plain = *guard->gives[0].type;
    struct text read = {.arena = emitter->arena}, put = {.arena = emitter->arena};

    cookie.has_max_age = false;
    plain.optional = false;
    decode_value(emitter, &read, &plain, "NULL", NULL, "(*out)");
    json_put(emitter, &put, &plain, "*value");
    FILL(body(emitter), "session/object", {"title", c_comment(emitter->arena, guard->name)},
         {"place", place_of(emitter, guard->place)}, {"object", object},
         {"cookie", string_of(emitter, cookie.name)},
         {"purpose", string_of(emitter, arena_format(emitter->arena, "session %s %s", emitter->model->name,
                                                     guard->name))},
         {"attributes", string_of(emitter, cookie_attributes_of(emitter, &cookie))},
         {"store", store_name(session->store)}, {"max_age", number_of_u32(emitter, cookie.max_age_seconds)},
         {"idle", number_of_u32(emitter, session->idle_seconds)},
         {"max", number_of_u32(emitter, session->max)});
    FILL(body(emitter), "session/functions", {"name", guard->c_name}, {"object", object}, {"take", take},
         {"keep", keep}, {"read", text_of(&read)}, {"put", text_of(&put)});
    if (guard->used) {
        struct symbol *const symbol = session_symbol(emitter, guard);

        FILL(body(emitter), "session/guard", {"linkage", linkage(emitter, symbol)},
             {"prototype", symbol->prototype}, {"name", guard->c_name}, {"object", object}, {"take", take},
             {"member", guard->gives[0].c_name});
    }
    return object;
}

void emit_sessions(struct emitter *emitter)
{
    const struct model *const model = emitter->model;
    struct text items = {.arena = emitter->arena};
    size_t count = 0;

    if (!has_sessions(emitter))
        return;
    emitter->part = 0;
    section(emitter, body(emitter), "Sessions");
    for (size_t i = 0; i < model->guards_count; i++) {
        if (model->guards[i]->session == NULL)
            continue;
        text_format(&items, "&%s,\n", emit_session(emitter, model->guards[i]));
        count++;
    }
    FILL(body(emitter), "session/table", {"name", SESSIONS_TABLE}, {"items", text_of(&items)},
         {"count", arena_format(emitter->arena, "%zu", count)});
}
