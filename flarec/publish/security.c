/* security.c - which inputs tell who asks: those of a guard that can answer 401, the cookies of sessions, and
 * Authorization, which is no parameter in OpenAPI. */
#include <string.h>
#include <strings.h>

#include "check/check.h"
#include "publish/publish.h"

/* A scheme by its name in components. */
struct scheme {
    const char *name;
    const struct input *input;
    const char *doc;
};

struct scheme_vector {
    struct scheme *items;
    size_t count, capacity;
};

/* What HTTP calls it, or NULL. */
static const char *http_scheme(const struct input *input)
{
    return input->type->kind == TYPE_BEARER ? "bearer" : input->type->kind == TYPE_BASIC ? "basic" : NULL;
}

static bool is_authorization(const struct input *input)
{
    return http_scheme(input) != NULL ||
           (input->kind == INPUT_HEADER && strcasecmp(input->name, "Authorization") == 0);
}

static bool refuses(const struct guard *guard)
{
    bool any = false;

    for (size_t i = 0; i < guard->replies_count; i++)
        any = any || guard->replies[i].status == 401;
    return any;
}

bool security_has(const struct guard *guard, const struct input *input)
{
    if (input->kind == INPUT_PATH)
        return false;
    return (guard != NULL && (guard->session != NULL || refuses(guard))) || is_authorization(input);
}

static size_t schemes_of_guard(const struct guard *guard)
{
    size_t count = 0;

    for (size_t i = 0; i < guard->inputs_count; i++)
        count += security_has(guard, &guard->inputs[i]);
    return count;
}

static const char *guard_name(struct publisher *publisher, const struct guard *guard)
{
    return guard->library != NULL ? arena_format(publisher->arena, "%s.%s", guard->library->name, guard->name)
                                  : guard->name;
}

static struct scheme scheme_of_guard(struct publisher *publisher, const struct guard *guard, size_t index)
{
    const struct input *const input = &guard->inputs[index];
    const char *const name = guard_name(publisher, guard);

    return (struct scheme){
        .name = schemes_of_guard(guard) == 1 ? name
                                             : arena_format(publisher->arena, "%s.%s", name, input->c_name),
        .input = input,
        .doc = input->doc != NULL ? input->doc : guard->doc,
    };
}

/* An Authorization that a route reads itself: one scheme for all of them. */
static struct scheme scheme_of_input(const struct input *input)
{
    return (struct scheme){
        .name = http_scheme(input) != NULL ? http_scheme(input) : "authorization",
        .input = input,
        .doc = input->doc,
    };
}

/* ---- components ------------------------------------------------------------------------------------ */

static void write_scheme(struct publisher *publisher, const struct scheme *scheme)
{
    static const char *const places[] = {
        [INPUT_PATH] = "path", [INPUT_QUERY] = "query", [INPUT_HEADER] = "header", [INPUT_COOKIE] = "cookie"};
    struct writer *const writer = &publisher->writer;
    const char *const words = doc_words(publisher->arena, scheme->doc);

    writer_open(writer, scheme->name, '{');
    if (words != NULL)
        writer_text(writer, "description", words);
    if (http_scheme(scheme->input) != NULL) {
        writer_text(writer, "type", "http");
        writer_text(writer, "scheme", http_scheme(scheme->input));
    } else {
        writer_text(writer, "type", "apiKey");
        writer_text(writer, "in", places[scheme->input->kind]);
        writer_text(writer, "name", scheme->input->name);
    }
    writer_close(writer, '}');
}

static bool add_scheme(struct publisher *publisher, struct scheme_vector *schemes, struct scheme scheme)
{
    for (size_t i = 0; i < schemes->count; i++) {
        if (strcmp(schemes->items[i].name, scheme.name) == 0)
            return false;
    }
    VECTOR_ADD(publisher->arena, *schemes, scheme);
    return true;
}

void security_schemes(struct publisher *publisher)
{
    const struct model *const model = publisher->model;
    struct scheme_vector schemes = {0};

    for (size_t i = 0; i < model->guards_count; i++) {
        for (size_t k = 0; k < model->guards[i]->inputs_count && model->guards[i]->used; k++) {
            if (security_has(model->guards[i], &model->guards[i]->inputs[k]))
                add_scheme(publisher, &schemes, scheme_of_guard(publisher, model->guards[i], k));
        }
    }
    for (size_t i = 0; i < model->routes_count; i++) {
        for (size_t k = 0; k < model->routes[i].inputs_count; k++) {
            if (security_has(NULL, &model->routes[i].inputs[k]))
                add_scheme(publisher, &schemes, scheme_of_input(&model->routes[i].inputs[k]));
        }
    }
    if (schemes.count == 0)
        return;
    writer_open(&publisher->writer, "securitySchemes", '{');
    for (size_t i = 0; i < schemes.count; i++)
        write_scheme(publisher, &schemes.items[i]);
    writer_close(&publisher->writer, '}');
}

/* ---- one route --------------------------------------------------------------------------------------- */

/* Sets of schemes: each set is one way in. */
struct ways {
    struct scheme_vector *items;
    size_t count, capacity;
};

static bool is_same_way(const struct scheme_vector *one, const struct scheme_vector *other)
{
    size_t same = 0;

    for (size_t i = 0; i < one->count; i++) {
        for (size_t k = 0; k < other->count; k++)
            same += strcmp(one->items[i].name, other->items[k].name) == 0;
    }
    return same == one->count && same == other->count;
}

static void add_way(struct publisher *publisher, struct ways *ways, struct scheme_vector way)
{
    for (size_t i = 0; i < ways->count; i++) {
        if (is_same_way(&ways->items[i], &way))
            return;
    }
    VECTOR_ADD(publisher->arena, *ways, way);
}

/* Each way so far, continued by each of the choices; `none` is a choice too where nothing is needed. */
static void ways_multiply(struct publisher *publisher, struct ways *ways, const struct scheme_vector *choices,
                          bool together, bool none)
{
    struct ways all = {0};

    if (choices->count == 0)
        return;
    for (size_t i = 0; i < ways->count; i++) {
        const size_t turns = together ? 1 : choices->count;

        if (none)
            add_way(publisher, &all, ways->items[i]);
        for (size_t k = 0; k < turns; k++) {
            struct scheme_vector way = {0};

            for (size_t m = 0; m < ways->items[i].count; m++)
                add_scheme(publisher, &way, ways->items[i].items[m]);
            for (size_t m = 0; m < choices->count; m++) {
                if (together || m == k)
                    add_scheme(publisher, &way, choices->items[m]);
            }
            add_way(publisher, &all, way);
        }
    }
    *ways = all;
}

/* `must`: a guard that reads the session answers 401 without one. */
static void add_session(struct publisher *publisher, struct ways *ways, const struct guard *session,
                        bool must)
{
    struct scheme_vector cookie = {0};

    for (size_t i = 0; i < session->inputs_count; i++)
        add_scheme(publisher, &cookie, scheme_of_guard(publisher, session, i));
    ways_multiply(publisher, ways, &cookie, true, !must);
}

static void add_guard(struct publisher *publisher, struct ways *ways, const struct guard *guard)
{
    struct scheme_vector needed = {0}, possible = {0};

    for (size_t i = 0; i < guard->uses_count; i++) {
        if (guard->uses[i].kind != USE_GUARD)
            continue;
        if (guard->uses[i].guard->session != NULL)
            add_session(publisher, ways, guard->uses[i].guard, refuses(guard));
        else
            add_guard(publisher, ways, guard->uses[i].guard);
    }
    for (size_t i = 0; i < guard->inputs_count; i++) {
        if (!security_has(guard, &guard->inputs[i]))
            continue;
        if (guard->inputs[i].type->optional)
            add_scheme(publisher, &possible, scheme_of_guard(publisher, guard, i));
        else
            add_scheme(publisher, &needed, scheme_of_guard(publisher, guard, i));
    }
    /* A guard of optional inputs alone wants one of them. */
    ways_multiply(publisher, ways, needed.count != 0 ? &needed : &possible, needed.count != 0, false);
}

void security_write(struct publisher *publisher, const struct route *route)
{
    struct writer *const writer = &publisher->writer;
    struct ways ways = {0};
    const struct scheme_vector nothing = {0};

    VECTOR_ADD(publisher->arena, ways, nothing);
    for (size_t i = 0; i < route->uses_count; i++) {
        if (route->uses[i].kind != USE_GUARD)
            continue;
        if (route->uses[i].guard->session != NULL)
            add_session(publisher, &ways, route->uses[i].guard, false);
        else
            add_guard(publisher, &ways, route->uses[i].guard);
    }
    for (size_t i = 0; i < route->inputs_count; i++) {
        struct scheme_vector own = {0};

        if (!security_has(NULL, &route->inputs[i]))
            continue;
        add_scheme(publisher, &own, scheme_of_input(&route->inputs[i]));
        ways_multiply(publisher, &ways, &own, true, route->inputs[i].type->optional);
    }
    if (ways.count == 1 && ways.items[0].count == 0)
        return;
    writer_open(writer, "security", '[');
    for (size_t i = 0; i < ways.count; i++) {
        writer_open_line(writer, NULL, '{');
        for (size_t k = 0; k < ways.items[i].count; k++) {
            writer_open_line(writer, ways.items[i].items[k].name, '[');
            writer_close(writer, ']');
        }
        writer_close(writer, '}');
    }
    writer_close(writer, ']');
}
