/* guard.c - guards: their inputs, then the user's function; what routes run before their own inputs, and
 * what runs after a reply. */
#include <string.h>

#include "emit/emit.h"

/* The number of log()'s after-phase; a guard's is 2 + its index. */
#define LOG_PHASE 1

bool guard_has_verdict(const struct guard *guard)
{
    return guard->inputs_count != 0 || guard->gives_count != 0 || guard->replies_count != 0;
}

size_t gives_count(const struct use *uses, size_t count)
{
    size_t gives = 0;

    for (size_t i = 0; i < count; i++)
        gives += uses[i].guard != NULL ? uses[i].guard->gives_count : 0;
    return gives;
}

static bool guard_has_in(const struct guard *guard)
{
    if (guard->session != NULL)
        return false;
    return guard->inputs_count != 0 || gives_count(guard->uses, guard->uses_count) != 0;
}

/* ---- prototypes -------------------------------------------------------------------------------- */

const char *declared_as(struct emitter *emitter, const struct type *type, const char *name)
{
    if (type->kind == TYPE_STRUCT)
        return arena_format(emitter->arena, "struct %s *%s", type->struct_tag, name);
    return arena_format(emitter->arena, "%s %s", c_type(emitter, type), name);
}

const char *guard_prototype(struct emitter *emitter, const struct guard *guard)
{
    const char *const in =
        guard_has_in(guard) ? arena_format(emitter->arena, ", const %s_in *in", guard->c_name) : "";

    return arena_format(emitter->arena, "%s_verdict %s(flare_request *rq%s)", guard->c_name, guard->c_name,
                        in);
}

/* A given value as a parameter of `_pass`. */
static const char *pass_parameter(struct emitter *emitter, const struct given *given)
{
    return strcmp(given->c_name, "rq") == 0 || strcmp(given->c_name, "made") == 0
               ? arena_format(emitter->arena, "%s_", given->c_name)
               : given->c_name;
}

const char *pass_prototype(struct emitter *emitter, const struct guard *guard)
{
    struct text text = {.arena = emitter->arena};

    text_format(&text, "%s_verdict %s_pass(flare_request *rq", guard->c_name, guard->c_name);
    for (size_t i = 0; i < guard->gives_count; i++) {
        const struct given *const given = &guard->gives[i];
        const char *const name = pass_parameter(emitter, given);

        if (given->type->kind == TYPE_OBJECT)
            text_format(&text, ", const %s *%s", c_type(emitter, given->type), name);
        else
            text_format(&text, ", %s", declared_as(emitter, given->type, name));
    }
    text_add(&text, ")");
    return text_of(&text);
}

const char *after_prototype(struct emitter *emitter, const struct guard *guard)
{
    const char *const gives =
        guard->gives_count != 0 ? arena_format(emitter->arena, ", const %s_gives *gives", guard->c_name) : "";

    return arena_format(emitter->arena, "void %s_after(flare_request *rq%s)", guard->c_name, gives);
}

/* ---- constructors -------------------------------------------------------------------------------- */

static const char *zero_of(const struct guard *guard)
{
    return guard->gives_count != 0 ? " = {0}" : "";
}

/* Each service that imports a library writes the constructors of its guards, all the same; the program has
 * one of each. */
static const char *constructor_linkage(const struct guard *guard)
{
    return guard->library != NULL ? "FLAREI_SHARED " : "";
}

static void emit_pass(struct emitter *emitter, const struct guard *guard)
{
    struct text checks = {.arena = emitter->arena}, gives = {.arena = emitter->arena};

    for (size_t i = 0; i < guard->gives_count; i++) {
        const struct given *const given = &guard->gives[i];
        const char *const value = pass_parameter(emitter, given);
        const char *const why = arena_format(emitter->arena, "%s gives no %s", guard->name, given->name);

        if (given->type->kind == TYPE_OBJECT || (given->type->kind == TYPE_STRUCT && !given->type->optional))
            FILL(&checks, "guard/pass_null", {"value", value},
                 {"why", c_string(emitter->arena, why, strlen(why))});
        text_format(&gives, "made.gives.%s = %s%s;\n", given->c_name,
                    given->type->kind == TYPE_OBJECT ? "*" : "", value);
    }
    FILL(body(emitter), "guard/pass_function", {"linkage", constructor_linkage(guard)},
         {"prototype", pass_prototype(emitter, guard)},
         {"type", arena_format(emitter->arena, "%s_verdict", guard->c_name)}, {"zero", zero_of(guard)},
         {"checks", text_of(&checks)}, {"gives", text_of(&gives)});
}

void emit_guard_replies(struct emitter *emitter)
{
    const struct model *const model = emitter->model;
    bool any = false;

    for (size_t i = 0; i < model->guards_count; i++) {
        const struct guard *const guard = model->guards[i];

        if (!guard_has_verdict(guard) || guard->session != NULL)
            continue;
        if (!any)
            section(emitter, body(emitter), "Verdicts of guards");
        any = true;
        emit_pass(emitter, guard);
        const struct made made = {.type = arena_format(emitter->arena, "%s_verdict", guard->c_name),
                                  .zero = zero_of(guard),
                                  .linkage = constructor_linkage(guard)};
        emit_constructors(emitter, &made, guard->c_name, guard->replies, guard->replies_count);
    }
}

/* ---- the functions ---------------------------------------------------------------------------------- */

static bool is_wrapped(const struct guard *guard)
{
    return guard_has_in(guard) || guard->after;
}

static const char *phase_number(struct emitter *emitter, const struct guard *guard)
{
    return arena_format(emitter->arena, "%u", LOG_PHASE + 1 + guard->index);
}

static const char *phase_name(struct emitter *emitter, const struct guard *guard)
{
    return arena_format(emitter->arena, "phase_%s", bare_name(emitter, guard->c_name));
}

static struct symbol *guard_symbol(struct emitter *emitter, const struct guard *guard)
{
    const char *const key = arena_format(emitter->arena, "guard %s", guard->c_name);
    struct symbol *const known = symbol_find(emitter, key);
    struct text text = {.arena = emitter->arena};

    if (known != NULL)
        return known;
    text_format(&text, "%s_verdict %%s(flare_request *rq", guard->c_name);
    for (size_t i = 0; i < guard->inputs_count; i++) {
        if (guard->inputs[i].kind == INPUT_PATH)
            text_format(&text, ", flare_str raw_%s", guard->inputs[i].c_name);
    }
    for (size_t i = 0; i < guard->uses_count; i++) {
        const struct guard *const used = guard->uses[i].guard;

        if (used->gives_count != 0)
            text_format(&text, ", const %s_gives *%s", used->c_name,
                        arena_format(emitter->arena, "by_%s", bare_name(emitter, used->c_name)));
    }
    text_add(&text, ")");
    return symbol_make(emitter, key,
                       arena_format(emitter->arena, "guard_%s", bare_name(emitter, guard->c_name)),
                       text_of(&text));
}

/* What the guards before it gave is part of what it reads. */
static void given_members(struct emitter *emitter, const struct guard *guard, struct text *members)
{
    for (size_t i = 0; i < guard->uses_count; i++) {
        const struct guard *const used = guard->uses[i].guard;

        for (size_t k = 0; k < used->gives_count; k++)
            text_format(members, ".%s = by_%s->%s,\n", used->gives[k].c_name,
                        bare_name(emitter, used->c_name), used->gives[k].c_name);
    }
}

/* The reply to who does not say who they are: the guard's own 401, where it needs no arguments. */
static const struct reply *unauthorized(const struct guard *guard)
{
    for (size_t i = 0; i < guard->replies_count; i++) {
        const struct reply *const reply = &guard->replies[i];

        if (reply->status == 401 && (reply->content == CONTENT_EMPTY || reply->content == CONTENT_PROBLEM) &&
            typed_headers(reply) == 0 && reply->cookies_count == 0)
            return reply;
    }
    return NULL;
}

/* Is a request without it refused? */
static bool is_required(const struct input *input)
{
    return input->kind != INPUT_PATH && !input->type->optional && input->type->kind != TYPE_ARRAY &&
           input->fallback == NULL;
}

static const char *refuse_of(struct emitter *emitter, const struct guard *guard)
{
    struct text text = {.arena = emitter->arena};
    const char *const type = arena_format(emitter->arena, "%s_verdict", guard->c_name);
    const struct reply *const reply = unauthorized(guard);
    const char *token = NULL;
    bool required = false;

    for (size_t i = 0; i < guard->inputs_count; i++) {
        const enum type_kind kind = guard->inputs[i].type->kind;

        if ((kind == TYPE_BEARER || kind == TYPE_BASIC) && token == NULL)
            token = input_constant(emitter, &guard->inputs[i]);
        required = required || is_required(&guard->inputs[i]);
    }
    if (reply != NULL && (token != NULL || required))
        FILL(&text, "guard/refuse_unauthorized", {"type", type}, {"reply", reply->c_name},
             {"token", token != NULL ? arena_format(emitter->arena, "&%s", token) : "NULL"});
    else
        FILL(&text, "guard/refuse", {"type", type});
    return text_of(&text);
}

static void emit_guard(struct emitter *emitter, const struct guard *guard)
{
    struct inputs_text inputs = {.declarations.arena = emitter->arena,
                                 .reading.arena = emitter->arena,
                                 .defaults.arena = emitter->arena};
    struct text run = {.arena = emitter->arena};
    struct symbol *const symbol = guard_symbol(emitter, guard);
    const char *const call =
        arena_format(emitter->arena, "%s(rq%s)", guard->c_name, guard_has_in(guard) ? ", &in" : "");
    struct text *const declarations = &inputs.declarations;

    emit_inputs(emitter, guard->inputs, guard->inputs_count, false, &inputs);
    given_members(emitter, guard, &inputs.defaults);
    if (guard->after) {
        const char *const name = phase_name(emitter, guard);

        FILL(body(emitter), "guard/phase", {"name", guard->name}, {"phase", name},
             {"gives", guard->gives_count != 0
                           ? arena_format(emitter->arena, "%s_gives gives;\n", guard->c_name)
                           : ""});
        text_format(declarations,
                    "struct %s *const phase = (struct %s *)flarei_phase_make(rq, sizeof *phase);\n", name,
                    name);
        text_format(declarations, "%s_verdict verdict;\n", guard->c_name);
        FILL(&run, "guard/run_phase", {"fail", arena_format(emitter->arena, "%s_fail", guard->c_name)},
             {"call", call}, {"gives", guard->gives_count != 0 ? "phase->gives = verdict.gives;\n" : ""},
             {"number", phase_number(emitter, guard)});
    } else {
        FILL(&run, "guard/run", {"call", call});
    }
    if (inputs.defaults.length != 0)
        FILL(declarations, "guard/in", {"type", guard->c_name}, {"members", text_of(&inputs.defaults)});
    else if (guard_has_in(guard))
        text_format(declarations, "%s_in in = {0};\n", guard->c_name);
    text_add(declarations, "\n");
    FILL(body(emitter), "guard/function", {"title", c_comment(emitter->arena, guard->name)},
         {"place", place_of(emitter, guard->place)}, {"linkage", linkage(emitter, symbol)},
         {"prototype", symbol->prototype}, {"declarations", text_of(declarations)},
         {"reading", text_of(&inputs.reading)}, {"refuse", inputs.can_fail ? refuse_of(emitter, guard) : ""},
         {"run", text_of(&run)});
}

void emit_guards(struct emitter *emitter)
{
    const struct model *const model = emitter->model;
    bool any = false;

    emit_sessions(emitter);
    for (size_t i = 0; i < model->guards_count; i++) {
        if (!model->guards[i]->used || !guard_has_verdict(model->guards[i]) || !is_wrapped(model->guards[i]))
            continue;
        if (!any)
            section(emitter, body(emitter), "Guards: inputs, then the service's own judgement");
        any = true;
        emit_guard(emitter, model->guards[i]);
    }
}

/* ---- on a route ---------------------------------------------------------------------------------------- */

bool takes_capture(const struct route *route, const struct segment *segment)
{
    if (segment->kind == SEGMENT_STATIC)
        return false;
    if (route->handler == HANDLER_FUNCTION ||
        ((route->handler == HANDLER_DOCS || (route->handler == HANDLER_FILES && route->files.only == NULL) ||
          (route->handler == HANDLER_PROXY && route->upstream.strip)) &&
         segment->kind == SEGMENT_WILDCARD))
        return true;
    for (size_t i = 0; i < route->uses_count && segment->kind == SEGMENT_PARAMETER; i++) {
        const struct guard *const guard = route->uses[i].guard;

        for (size_t k = 0; guard != NULL && k < guard->inputs_count; k++) {
            if (guard->inputs[k].kind == INPUT_PATH && strcmp(guard->inputs[k].name, segment->text) == 0)
                return true;
        }
    }
    return false;
}

static const char *capture_of(struct emitter *emitter, const struct route *route, const struct input *input)
{
    for (size_t i = 0; i < route->segments_count; i++) {
        if (route->segments[i].kind == SEGMENT_PARAMETER && strcmp(route->segments[i].text, input->name) == 0)
            return arena_format(emitter->arena, "raw_%s", route->segments[i].input->c_name);
    }
    return "";
}

static const char *verdict_name(struct emitter *emitter, const struct guard *guard)
{
    return arena_format(emitter->arena, "verdict_%s", bare_name(emitter, guard->c_name));
}

/* What a guard gave that ran before the handler began. */
static const char *gives_name(struct emitter *emitter, const struct guard *guard)
{
    return arena_format(emitter->arena, "gives_%s", bare_name(emitter, guard->c_name));
}

static const char *call_of(struct emitter *emitter, const struct route *route, const struct guard *guard)
{
    struct text text = {.arena = emitter->arena};

    if (guard->session != NULL)
        return arena_format(emitter->arena, "%s(rq)", symbol_use(emitter, session_symbol(emitter, guard)));
    if (!is_wrapped(guard))
        return arena_format(emitter->arena, "%s(rq)", guard->c_name);
    text_format(&text, "%s(rq", symbol_use(emitter, guard_symbol(emitter, guard)));
    for (size_t i = 0; i < guard->inputs_count; i++) {
        if (guard->inputs[i].kind == INPUT_PATH)
            text_format(&text, ", %s", capture_of(emitter, route, &guard->inputs[i]));
    }
    for (size_t i = 0; i < guard->uses_count; i++) {
        const struct guard *const used = guard->uses[i].guard;

        if (used->gives_count != 0 && guard->waits && !used->waits)
            text_format(&text, ", &%s", gives_name(emitter, used));
        else if (used->gives_count != 0)
            text_format(&text, ", &%s.gives", verdict_name(emitter, used));
    }
    text_add(&text, ")");
    return text_of(&text);
}

static void use_guard(struct emitter *emitter, const struct route *route, const struct guard *guard,
                      struct uses_text *text)
{
    const char *const verdict = verdict_name(emitter, guard);

    if (!guard_has_verdict(guard)) {
        if (guard->after)
            FILL(&text->calls, "guard/use_phase", {"number", phase_number(emitter, guard)});
        return;
    }
    text_format(&text->declarations, "%s_verdict %s;\n", guard->c_name, verdict);
    FILL(&text->calls, "guard/use", {"verdict", verdict}, {"call", call_of(emitter, route, guard)},
         {"name", c_string(emitter->arena, guard->name, strlen(guard->name))});
    for (size_t i = 0; i < guard->gives_count; i++)
        text_format(&text->gives, "in%s%s = %s.gives.%s;\n", guard->waits ? "->" : ".",
                    guard->gives[i].c_name, verdict, guard->gives[i].c_name);
}

void emit_uses(struct emitter *emitter, const struct route *route, struct uses_text *text)
{
    emit_route_uses_begin(emitter, route, &text->calls);
    for (size_t i = 0; i < route->uses_count; i++) {
        const struct use *const use = &route->uses[i];

        if (use->kind == USE_GUARD && use->guard->waits)
            continue;
        if (use->kind == USE_GUARD)
            use_guard(emitter, route, use->guard, text);
        else
            emit_builtin_use(emitter, use, &text->calls);
        if (use->kind == USE_LOG && !logs_always(route))
            FILL(&text->calls, "guard/use_phase", {"number", arena_format(emitter->arena, "%d", LOG_PHASE)});
    }
}

bool route_waits(const struct route *route)
{
    bool waits = false;

    for (size_t i = 0; i < route->uses_count; i++)
        waits = waits || (route->uses[i].kind == USE_GUARD && route->uses[i].guard->waits);
    return waits;
}

static bool is_waited_by(const struct route *route, const struct guard *used)
{
    for (size_t i = 0; i < route->uses_count; i++) {
        const struct guard *const guard = route->uses[i].guard;

        for (size_t k = 0; guard != NULL && guard->waits && k < guard->uses_count; k++) {
            if (guard->uses[k].guard == used)
                return true;
        }
    }
    return false;
}

/* What a guard gave is in the handler's inputs by now; from there it goes to the guards that wait. */
static void give_again(struct emitter *emitter, const struct guard *guard, struct text *declarations)
{
    struct text members = {.arena = emitter->arena};

    for (size_t i = 0; i < guard->gives_count; i++)
        text_format(&members, ".%s = in->%s,\n", guard->gives[i].c_name, guard->gives[i].c_name);
    FILL(declarations, "guard/gives_again", {"type", guard->c_name}, {"name", gives_name(emitter, guard)},
         {"members", text_of(&members)});
}

void emit_waiting_uses(struct emitter *emitter, const struct route *route, struct uses_text *text)
{
    for (size_t i = 0; i < route->uses_count; i++) {
        const struct guard *const guard = route->uses[i].guard;

        if (guard == NULL)
            continue;
        if (guard->waits)
            use_guard(emitter, route, guard, text);
        else if (guard->gives_count != 0 && is_waited_by(route, guard))
            give_again(emitter, guard, &text->declarations);
    }
}

/* ---- after a reply ----------------------------------------------------------------------------- */

bool logs_always(const struct route *route)
{
    for (size_t i = 0; i < route->uses_count && route->uses[i].kind != USE_GUARD; i++) {
        if (route->uses[i].kind == USE_LOG)
            return true;
    }
    return false;
}

static bool route_logs(const struct route *route)
{
    for (size_t i = 0; i < route->uses_count; i++) {
        if (route->uses[i].kind == USE_LOG)
            return true;
    }
    return false;
}

static const char *after_call(struct emitter *emitter, const struct guard *guard)
{
    if (guard->gives_count == 0)
        return arena_format(emitter->arena, "%s_after(rq)", guard->c_name);
    return arena_format(emitter->arena, "%s_after(rq, &((struct %s *)phase)->gives)", guard->c_name,
                        phase_name(emitter, guard));
}

bool emit_after(struct emitter *emitter)
{
    const struct model *const model = emitter->model;
    const bool service_log = service_use(model, USE_LOG) != NULL;
    struct text cases = {.arena = emitter->arena}, phases = {.arena = emitter->arena};
    const bool metrics = service_use(model, USE_METRICS) != NULL;
    bool always = true, some = service_log, entered = false;

    for (size_t i = 0; i < model->routes_count; i++) {
        const struct route *const route = &model->routes[i];

        always = always && logs_always(route);
        some = some || logs_always(route);
        entered = entered || (route_logs(route) && !logs_always(route));
    }
    if (entered)
        FILL(&cases, "guard/after_case", {"number", arena_format(emitter->arena, "%d", LOG_PHASE)},
             {"call", "flarei_log_access(rq)"});
    for (size_t i = 0; i < model->guards_count; i++) {
        if (model->guards[i]->after && model->guards[i]->used)
            FILL(&cases, "guard/after_case", {"number", phase_number(emitter, model->guards[i])},
                 {"call", after_call(emitter, model->guards[i])});
    }
    if (cases.length == 0 && !some && !metrics)
        return false;
    if (cases.length != 0)
        FILL(&phases, "guard/after_phases", {"cases", text_of(&cases)});
    FILL(body(emitter), "guard/after_begin", {"phases", text_of(&phases)},
         {"metrics", metrics ? "flarei_metrics_end(rq);\n" : ""},
         {"log", !some                   ? ""
                 : service_log && always ? "flarei_log_access(rq);\n"
                 : service_log ? "if (rq->route == NULL || (rq->route->uses & FLAREI_USE_LOG) != 0)\n"
                                 "    flarei_log_access(rq);\n"
                               : "if (rq->route != NULL && (rq->route->uses & FLAREI_USE_LOG) != 0)\n"
                                 "    flarei_log_access(rq);\n"});
    return true;
}
