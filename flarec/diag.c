/* diag.c - collects diagnostics. render.c writes them. */
#include "diag.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"

static const struct code_info infos[] = {
#define FLAREC_CODE_INFO(number, name, severity, title)                                                      \
    {CODE_##name, "F0" #number, SEVERITY_##severity, title},
    FLAREC_CODES(FLAREC_CODE_INFO)
#undef FLAREC_CODE_INFO
};

const struct code_info *code_all(size_t *count)
{
    *count = sizeof infos / sizeof *infos;
    return infos;
}

const struct code_info *code_info(unsigned number)
{
    for (size_t i = 0; i < sizeof infos / sizeof *infos; i++) {
        if ((unsigned)infos[i].code == number)
            return &infos[i];
    }
    return NULL;
}

static int compare(const struct diagnostic *left, const struct diagnostic *right)
{
    const struct source *const one = left->place.source;
    const struct source *const two = right->place.source;

    if (one != two) {
        if (one == NULL || two == NULL)
            return one == NULL ? -1 : 1;
        return strcmp(one->name, two->name);
    }
    if (left->place.start != right->place.start)
        return left->place.start < right->place.start ? -1 : 1;
    return left->order < right->order ? -1 : left->order > right->order;
}

struct diagnostic *diag_report(struct diags *diags, enum code code, struct place place, const char *format,
                               ...)
{
    struct diagnostic *const diagnostic = ARENA_NEW(diags->arena, struct diagnostic);
    va_list arguments;

    va_start(arguments, format);
    diagnostic->message = arena_vformat(diags->arena, format, arguments);
    va_end(arguments);
    diagnostic->info = code_info((unsigned)code);
    diagnostic->place = place;
    diagnostic->order = diags->count++;
    diagnostic->arena = diags->arena;
    if (diagnostic->info->severity == SEVERITY_ERROR)
        diags->errors++;
    else
        diags->warnings++;
    diagnostic->next = diags->first;
    diags->first = diagnostic;
    return diagnostic;
}

void diag_label(struct diagnostic *diagnostic, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    diagnostic->label = arena_vformat(diagnostic->arena, format, arguments);
    va_end(arguments);
}

void diag_also(struct diagnostic *diagnostic, struct place place, const char *format, ...)
{
    struct diagnostic_place *const also = ARENA_NEW(diagnostic->arena, struct diagnostic_place);
    struct diagnostic_place **end = &diagnostic->also;
    va_list arguments;

    va_start(arguments, format);
    also->label = arena_vformat(diagnostic->arena, format, arguments);
    va_end(arguments);
    also->place = place;
    while (*end != NULL)
        end = &(*end)->next;
    *end = also;
}

void diag_help(struct diagnostic *diagnostic, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    diagnostic->help = arena_vformat(diagnostic->arena, format, arguments);
    va_end(arguments);
}

void diag_note(struct diagnostic *diagnostic, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    diagnostic->note = arena_vformat(diagnostic->arena, format, arguments);
    va_end(arguments);
}

static struct diagnostic *merge(struct diagnostic *left, struct diagnostic *right)
{
    struct diagnostic *first = NULL;
    struct diagnostic **end = &first;

    while (left != NULL && right != NULL) {
        struct diagnostic **const smaller = compare(left, right) <= 0 ? &left : &right;
        *end = *smaller;
        *smaller = (*smaller)->next;
        end = &(*end)->next;
    }
    *end = left != NULL ? left : right;
    return first;
}

static struct diagnostic *sort(struct diagnostic *list)
{
    struct diagnostic *middle = list;

    if (list == NULL || list->next == NULL)
        return list;
    for (const struct diagnostic *fast = list->next; fast != NULL && fast->next != NULL;
         fast = fast->next->next)
        middle = middle->next;
    struct diagnostic *const right = middle->next;
    middle->next = NULL;
    return merge(sort(list), sort(right));
}

void diag_sort(struct diags *diags)
{
    diags->first = sort(diags->first);
}

/* ---- near misses --------------------------------------------------------------------------------- */

#define NAME_MAX_BYTES 40

static size_t least(size_t one, size_t two, size_t three)
{
    const size_t smaller = one < two ? one : two;
    return smaller < three ? smaller : three;
}

static char lower(char letter)
{
    return letter >= 'A' && letter <= 'Z' ? (char)(letter + 32) : letter;
}

/* Insertions, deletions, changes and swaps of neighbours; letters of either case are alike. */
static size_t distance(const char *one, const char *two)
{
    const size_t length_one = strlen(one);
    const size_t length_two = strlen(two);
    size_t rows[3][NAME_MAX_BYTES + 1];

    for (size_t j = 0; j <= length_two; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= length_one; i++) {
        size_t *const row = rows[i % 3];
        const size_t *const above = rows[(i + 2) % 3];
        const size_t *const before = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= length_two; j++) {
            const bool alike = lower(one[i - 1]) == lower(two[j - 1]);
            row[j] = least(row[j - 1] + 1, above[j] + 1, above[j - 1] + !alike);
            if (i > 1 && j > 1 && one[i - 1] == two[j - 2] && one[i - 2] == two[j - 1] &&
                before[j - 2] + 1 < row[j])
                row[j] = before[j - 2] + 1;
        }
    }
    return rows[length_one % 3][length_two];
}

const char *diag_nearest(const char *text, const char *const *names, size_t count)
{
    const size_t length = strlen(text);
    const size_t limit = length < 3 ? 1 : length < 6 ? 2 : 3;
    const char *nearest = NULL;
    size_t best = limit + 1;

    if (length == 0 || length > NAME_MAX_BYTES)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        const size_t other = strlen(names[i]);
        if (other > NAME_MAX_BYTES || strcmp(names[i], text) == 0)
            continue;
        const size_t far = distance(text, names[i]);
        if (far < best && far < length) {
            best = far;
            nearest = names[i];
        }
    }
    return nearest;
}

bool diag_help_nearest(struct diagnostic *diagnostic, const char *text, const char *const *names,
                       size_t count)
{
    const char *const near = diag_nearest(text, names, count);

    if (near != NULL)
        diag_help(diagnostic, "did you mean '%s'?", near);
    return near != NULL;
}
