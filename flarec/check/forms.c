/* forms.c - what a form can bring: texts, and in a multipart one files. */
#include <stdint.h>
#include <string.h>

#include "check/check.h"

/* ---- the type of a form ------------------------------------------------------------------------------ */

static bool is_single(const struct type *type)
{
    return type->kind <= TYPE_ENUM || type->kind == TYPE_FILE;
}

static void field_check(struct check *check, const struct property *property, bool multipart,
                        struct place used)
{
    const struct type *const type = property->type;
    const struct type *const item = type->kind == TYPE_ARRAY ? type->element : type;
    struct diagnostic *diagnostic;

    if (!is_single(item)) {
        diagnostic = diag_report(check->diags, CODE_FORM_FIELD, property->place,
                                 "a form can't bring the field '%s'", property->name);
        diag_also(diagnostic, used, "the form is declared here");
        diag_help(diagnostic, "a field of a form is one value, or an array of them");
    } else if (item->kind == TYPE_FILE && !multipart) {
        diagnostic = diag_report(check->diags, CODE_FILE_PLACE, property->place,
                                 "a body of form can't bring the file '%s'", property->name);
        diag_also(diagnostic, used, "the form is declared here");
        diag_help(diagnostic, "declare it as 'body multipart'");
    }
}

void form_check(struct check *check, const struct content *content, struct body *body)
{
    const struct type *const type = body->type;
    struct diagnostic *diagnostic;

    if (body->media_types_count != 0)
        diag_help(diag_report(check->diags, CODE_BAD_ARGUMENT, content->args.place,
                              "a body of %s has a media type of its own", content->kind.text),
                  "remove it");
    if (type == NULL)
        return;
    if (type->kind != TYPE_OBJECT || type->optional || type->declaration->patch) {
        diagnostic = diag_report(check->diags, CODE_FORM_TYPE, content->type->place, "a form can't be %s",
                                 type_words(type));
        diag_help(diagnostic, "name a type with fields, which are what the form brings");
        return;
    }
    for (size_t i = 0; i < type->declaration->properties_count; i++)
        field_check(check, &type->declaration->properties[i], body->kind == BODY_MULTIPART, body->place);
}

/* ---- the settings of a file ---------------------------------------------------------------------------- */

#define MEDIA_TYPES_MAX 32

void file_media_type(struct check *check, struct type *type, const struct value *value)
{
    struct constraints *const to = &type->constraints;
    const char *const text = media_type_of(check, value);
    const char **types;

    if (text == NULL)
        return;
    if (to->media_types_count == MEDIA_TYPES_MAX) {
        diag_report(check->diags, CODE_BAD_CONSTRAINT, value->place, "a file takes at most %d media types",
                    MEDIA_TYPES_MAX);
        return;
    }
    types = ARENA_ARRAY(check->arena, to->media_types_count + 1, const char *);
    for (size_t i = 0; i < to->media_types_count; i++)
        types[i] = to->media_types[i];
    types[to->media_types_count++] = text;
    to->media_types = types;
}

/* ---- where a file can't be --------------------------------------------------------------------- */

/* Walks through all that a type holds. */
struct search {
    struct check *check;
    unsigned *seen; /* by declaration.index: the last round that met it */
    unsigned round;
};

static const struct type *find_file(struct search *search, const struct type *type)
{
    struct {
        const struct type **items;
        size_t count, capacity;
    } work = {0};

    search->round++;
    VECTOR_ADD(search->check->arena, work, type);
    while (work.count > 0) {
        const struct declaration *declaration;

        type = work.items[--work.count];
        while (type != NULL && (type->kind == TYPE_ARRAY || type->kind == TYPE_MAP))
            type = type->element;
        if (type == NULL || type->kind == TYPE_FILE)
            return type;
        declaration = type->declaration;
        if (declaration == NULL || search->seen[declaration->index] == search->round)
            continue;
        search->seen[declaration->index] = search->round;
        for (size_t i = declaration->properties_count; i-- > 0;) {
            if (declaration->properties[i].type != NULL)
                VECTOR_ADD(search->check->arena, work, declaration->properties[i].type);
        }
    }
    return NULL;
}

static void no_file(struct search *search, const struct type *type, const char *place_words)
{
    const struct type *const file = type == NULL ? NULL : find_file(search, type);
    struct diagnostic *diagnostic;

    if (file == NULL)
        return;
    diagnostic =
        diag_report(search->check->diags, CODE_FILE_PLACE, type->place, "%s can't hold a file", place_words);
    if (file != type)
        diag_also(diagnostic, file->place, "the file");
    diag_help(diagnostic, "files come in a 'body multipart', as fields of its type");
}

/* ---- how large a body may be ------------------------------------------------------------------- */

static const struct type *file_of(const struct property *property)
{
    const struct type *const item = property->type != NULL && property->type->kind == TYPE_ARRAY
                                        ? property->type->element
                                        : property->type;

    return item != NULL && item->kind == TYPE_FILE ? item : NULL;
}

/* What else than files a body may hold. */
#define BODY_REST_BYTES 1048576

/* The files that it may bring, and the rest. 0 where there are none, or one without a limit. */
static uint64_t files_max_bytes(const struct declaration *declaration)
{
    uint64_t sum = BODY_REST_BYTES;
    bool any = false;

    for (size_t i = 0; i < declaration->properties_count; i++) {
        const struct type *const type = declaration->properties[i].type;
        const struct type *const file = file_of(&declaration->properties[i]);
        uint64_t count = 1;

        if (file == NULL)
            continue;
        if (type->kind == TYPE_ARRAY)
            count = type->constraints.has_length_max ? type->constraints.length_max : 0;
        if (!file->constraints.has_length_max || count == 0 ||
            file->constraints.length_max > (UINT64_MAX - sum) / count)
            return 0;
        sum += file->constraints.length_max * count;
        any = true;
    }
    return any ? sum : 0;
}

/* A file of the largest declared size must fit into a body that is limited beside it. */
static void file_fits(struct check *check, const struct body *body, struct place limit)
{
    for (size_t i = 0; i < body->type->declaration->properties_count; i++) {
        const struct property *const property = &body->type->declaration->properties[i];
        const struct type *const file = file_of(property);
        struct diagnostic *diagnostic;

        if (file == NULL || !file->constraints.has_length_max ||
            file->constraints.length_max < body->max_bytes)
            continue;
        diagnostic = diag_report(check->diags, CODE_LIMIT_CONTRADICTION, property->place,
                                 "the file '%s' may be larger than the body that brings it", property->name);
        diag_also(diagnostic, limit, "the body is limited here");
        return;
    }
}

void body_limit_settle(struct check *check, struct body *body, const struct limit *limit, bool inherited)
{
    const bool files = body->kind == BODY_MULTIPART && body->type != NULL && body->type->kind == TYPE_OBJECT;
    const uint64_t wanted = files ? files_max_bytes(body->type->declaration) : 0;

    if (!body->has_max)
        body->max_bytes = limit->set ? limit->value : 0;
    if (!body->has_max && (inherited || !limit->set) && wanted > body->max_bytes)
        body->max_bytes = wanted;
    if (files && body->max_bytes != 0)
        file_fits(check, body, body->has_max ? body->place : limit->place);
}

void check_files(struct check *check)
{
    const struct model *const model = check->model;
    struct search search = {check, ARENA_ARRAY(check->arena, check->declared.count + 1, unsigned), 0};

    if (check->too_deep)
        return;
    for (size_t i = 0; i < model->routes_count; i++) {
        const struct route *const route = &model->routes[i];

        for (size_t k = 0; k < route->inputs_count; k++)
            if (route->inputs[k].type != NULL && route->inputs[k].type->kind != TYPE_ARRAY)
                no_file(&search, route->inputs[k].type, "an input");
        if (route->body.kind == BODY_JSON || route->body.kind == BODY_NDJSON)
            no_file(&search, route->body.type, "a body of JSON");
        no_file(&search, route->receive.type, "a message");
        no_file(&search, route->send.type, "a message");
        for (size_t k = 0; k < route->replies_count; k++)
            no_file(&search, route->replies[k].type, "a reply");
    }
    for (size_t i = 0; i < model->guards_count; i++) {
        const struct guard *const guard = model->guards[i];

        for (size_t k = 0; k < guard->replies_count; k++)
            no_file(&search, guard->replies[k].type, "a reply");
        for (size_t k = 0; k < guard->gives_count; k++)
            no_file(&search, guard->gives[k].type, "what a guard gives");
    }
}
