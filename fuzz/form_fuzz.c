/* application/x-www-form-urlencoded: the walk gives the pairs that a plain reading finds, counts those that
 * come too often, and refuses what that can't read.
 *
 * Target: runtime/http/form.c
 */
#include "fuzz.h"

#include "http/request.h"

#include <flare/gen_form.h>

static const struct flarei_form_field fields[] = {
    {.input = FLAREI_INPUT(BODY, true, "a")},
    {.input = FLAREI_INPUT(BODY, false, "b c")},
    {.input = FLAREI_INPUT(BODY, false, "list"), .array = true, .min_items = 2, .max_items = 3},
};

static uint32_t field_of(flare_str name)
{
    for (uint32_t i = 0; i < 3; i++) {
        if (flare_str_equal(name, fields[i].input.name))
            return i + 1;
    }
    return 0;
}

static const struct flarei_form_rule rules[] = {
    {.fields = fields, .field_of = field_of, .field_count = 3},
    {.fields = fields, .field_of = field_of, .field_count = 3, .strict = true},
};

static flare_reply dispatch(flare_request *rq)
{
    return flare_empty(rq, 204);
}

/* One of the walk's steps, or of the plain reading's. */
struct step {
    uint32_t field;
    char *value;
    size_t length;
};

struct reading {
    struct step steps[16]; /* no more are taken of three fields */
    size_t count;
    size_t refusals;
    unsigned status; /* 400 or 413, or 0 */
};

static int digit(char c)
{
    const char *const digits = "0123456789abcdef";
    const char *const at = c == '\0' ? NULL : strchr(digits, c >= 'A' && c <= 'F' ? c + ('a' - 'A') : c);

    return at ? (int)(at - digits) : -1;
}

/* @return the length of what it means, or -1 */
static long decode_plainly(const char *text, size_t length, char *out)
{
    long to = 0;

    for (size_t i = 0; i < length; i++) {
        int byte = (unsigned char)text[i];

        if (text[i] == '+')
            byte = ' ';
        if (text[i] == '%') {
            if (i + 2 >= length || digit(text[i + 1]) < 0 || digit(text[i + 2]) < 0)
                return -1;
            byte = digit(text[i + 1]) * 16 + digit(text[i + 2]);
            i += 2;
        }
        if (byte == 0)
            return -1;
        out[to++] = (char)byte;
    }
    return to;
}

static void read_plainly(const char *text, size_t length, bool strict, struct reading *reading)
{
    size_t at = 0, items = 0, came[3] = {0};
    bool unknown = false;

    while (at < length) {
        size_t stop = at, equals;
        char *name, *value;
        long name_length, value_length;
        uint32_t field;

        while (stop < length && text[stop] != '&')
            stop++;
        for (equals = at; equals < stop && text[equals] != '=';)
            equals++;
        if (stop == at) {
            at++;
            continue;
        }
        if (++items > FLAREI_FORM_ITEMS_MAX) {
            reading->status = 413;
            return;
        }
        name = (char *)malloc(stop - at + 1);
        value = (char *)malloc(stop - at + 1);
        if (name == NULL || value == NULL)
            abort();
        name_length = decode_plainly(text + at, equals - at, name);
        value_length = equals == stop ? 0 : decode_plainly(text + equals + 1, stop - equals - 1, value);
        field = name_length < 0 ? 0 : field_of((flare_str){name, (size_t)name_length});
        free(name);
        at = stop + (stop < length);
        if (name_length < 0 || value_length < 0) {
            free(value);
            reading->status = 400;
            return;
        }
        if (field != 0 && came[field - 1]++ < (field == 3 ? 3 : 1)) {
            reading->steps[reading->count++] = (struct step){field, value, (size_t)value_length};
            continue;
        }
        free(value);
        reading->refusals += field != 0 && came[field - 1] == (field == 3 ? 4 : 2);
        reading->refusals += field == 0 && strict && !unknown;
        unknown = unknown || field == 0;
    }
    reading->refusals += came[0] == 0;
    reading->refusals += came[2] < 2;
}

static void check(flare_request *rq, flare_str body, bool strict)
{
    struct reading want = {{{0, NULL, 0}}, 0, 0, 0};
    uint32_t counts[3] = {0};
    struct flarei_form form;
    flare_str list[3];
    size_t steps = 0, listed = 0;
    uint32_t before, alike = 0; /* two of the list are alike */
    bool good;

    read_plainly(body.ptr, body.len, strict, &want);
    rq->body = body;
    form = flarei_form_begin(rq, &rules[strict], counts);
    while (flarei_form_next(&form)) {
        const struct step *const step = &want.steps[steps++];

        FUZZ_CHECK(steps <= want.count && form.field == step->field && form.file == NULL);
        FUZZ_CHECK(form.value.len == step->length &&
                   (step->length == 0 || memcmp(form.value.ptr, step->value, step->length) == 0));
        if (step->length == 1 && *step->value == '!') {
            flarei_form_refuse(&form, FLAREI_RULE_CHECK);
            want.refusals++;
        }
        for (size_t i = 0; i < listed && form.field == 3; i++)
            alike |= flare_str_equal(list[i], form.value);
        if (form.field == 3)
            list[listed++] = form.value;
    }
    before = rq->refusal_count;
    flarei_form_unique(&form, 3, list, listed, sizeof *list, FLAREI_ITEMS_TEXTS);
    FUZZ_CHECK(rq->refusal_count - before <= alike);
    want.refusals += rq->refusal_count - before;
    good = flarei_form_end(&form);
    FUZZ_CHECK(steps == want.count && rq->body_refusal == want.status);
    FUZZ_CHECK(want.status != 0 || rq->refusal_count == want.refusals);
    FUZZ_CHECK(good == (want.status == 0 && want.refusals == 0));
    FUZZ_PLANT(good && steps == 3); /* as if the one that is optional were there */
    if (!good)
        FUZZ_CHECK(flarei_reply_form_refused(rq).flarei_mark == rq->mark);
    for (size_t i = 0; i < want.count; i++)
        free(want.steps[i].value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const flare_limits limits = {.body_max_bytes = 1 << 20, .memory_max_bytes = 1 << 20};
    static const flare_service service = {
        .name = FLARE_STR_INIT("fuzzed"), .limits = &limits, .dispatch = dispatch};
    static flare_request rq;
    char *const copy = (char *)malloc(size + 1); /* text.len bytes from 1 on, flush with the end */
    flare_arena arena;
    flare_buffer out;

    if (copy == NULL)
        abort();
    if (size != 0)
        memcpy(copy + 1, data, size);
    flarei_arena_init(&arena, 4096, 1 << 22);
    flarei_buffer_init(&out, 1 << 20);
    for (int strict = 0; strict < 2; strict++) {
        rq.arena = &arena;
        flarei_request_begin(&rq, &service, NULL, &out);
        rq.date = FLARE_STR("Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
        check(&rq, (flare_str){copy + 1, size}, strict != 0);
        flarei_request_end(&rq);
        flarei_buffer_clear(&out);
    }
    flarei_buffer_free(&out);
    flarei_arena_free(&arena);
    free(copy);
    return 0;
}
