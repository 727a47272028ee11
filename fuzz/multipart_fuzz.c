/* multipart/form-data: a plain reading of the whole body finds the same parts as the parser does, given the
 * bytes at once, one by one, and in pieces that the input chooses.
 *
 * Target: runtime/http/multipart.c runtime/http/multipart_head.c
 */
#include "fuzz.h"

#include "http/multipart.h"

/* The first byte chooses among these. */
static const char *const content_types[] = {
    "multipart/form-data; boundary=B",
    "multipart/form-data;boundary=\"--\"",
    "multipart/form-data; charset=utf-8; boundary=a:b ; x=y",
    "multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxk",
    "multipart/form-data; boundary=B; boundary=B",
    "multipart/form-data; boundary=",
};
static const char *const boundaries[] = {"B", "--", "a:b", "----WebKitFormBoundary7MA4YWxk", NULL, NULL};

#define KINDS (sizeof boundaries / sizeof *boundaries)

/* What was found, as text: parts as `P name|filename|type|content`. */
struct found {
    char *text;
    size_t length, capacity;
    int result; /* END, MORE or an error */
    size_t parts;
};

static void add(struct found *found, flare_str text)
{
    if (found->capacity - found->length < text.len) {
        found->capacity = 2 * (found->capacity + text.len);
        found->text = (char *)realloc(found->text, found->capacity);
        if (found->text == NULL)
            abort();
    }
    if (text.len != 0)
        memcpy(found->text + found->length, text.ptr, text.len);
    found->length += text.len;
}

static void add_part(struct found *found, const struct flarei_multipart_out *out)
{
    add(found, FLARE_STR("P "));
    add(found, out->name);
    add(found, out->has_filename ? FLARE_STR("|f ") : FLARE_STR("|t "));
    add(found, out->filename);
    add(found, FLARE_STR("|"));
    add(found, out->content_type);
    add(found, FLARE_STR("|"));
    found->parts++;
}

/* ---- The plain reading ---- */

static const char *find(flare_str text, flare_str word)
{
    for (size_t i = 0; text.len >= word.len && i <= text.len - word.len; i++) {
        if (memcmp(text.ptr + i, word.ptr, word.len) == 0)
            return text.ptr + i;
    }
    return NULL;
}

static flare_str from(const char *at, const char *end)
{
    return (flare_str){at, (size_t)(end - at)};
}

/* Behind a boundary. @return where a part's head begins; NULL: `result` says why there is none */
static const char *behind_boundary(const char *at, const char *end, int *result)
{
    *result = FLAREI_MULTIPART_MORE;
    if (at != end && *at == '-') {
        if (end - at >= 2)
            *result = at[1] == '-' ? FLAREI_MULTIPART_END : FLAREI_MULTIPART_MALFORMED;
        return NULL;
    }
    while (at != end && (*at == ' ' || *at == '\t'))
        at++;
    if ((at != end && *at != '\r') || (end - at >= 2 && at[1] != '\n')) {
        *result = FLAREI_MULTIPART_MALFORMED;
        return NULL;
    }
    return end - at >= 2 ? at + 2 : NULL;
}

/* @param text the body with a line's end before it */
static void read_plainly(flare_str text, flare_str delimiter, struct found *found)
{
    const char *const end = text.ptr + text.len;
    const char *at = find(text, delimiter);

    found->result = FLAREI_MULTIPART_MORE;
    while (at != NULL) {
        struct flarei_multipart_out out;
        const char *const head = behind_boundary(at + delimiter.len, end, &found->result);
        const char *stop, *next;
        char *copy;
        bool good;

        if (head == NULL)
            return;
        stop = end - head >= 2 && memcmp(head, "\r\n", 2) == 0 ? head - 2
                                                               : find(from(head, end), FLARE_STR("\r\n\r\n"));
        if ((stop == NULL ? end : stop + 4) - head > FLAREI_PART_HEAD_MAX_BYTES) {
            found->result = FLAREI_MULTIPART_HEAD_TOO_LARGE;
            return;
        }
        if (stop == NULL)
            return;
        stop += 4;
        copy = (char *)malloc((size_t)(stop - head));
        if (copy == NULL)
            abort();
        memcpy(copy, head, (size_t)(stop - head));
        good = flarei_multipart_head(copy, (size_t)(stop - head), &out);
        if (good)
            add_part(found, &out);
        free(copy);
        found->result = good ? FLAREI_MULTIPART_MORE : FLAREI_MULTIPART_MALFORMED;
        next = good ? find(from(stop - 2, end), delimiter) : NULL;
        if (good && (next == NULL || next > stop))
            add(found, from(stop, next != NULL ? next : end));
        if (next != NULL)
            add(found, FLARE_STR("\n"));
        at = next;
    }
}

/* ---- The parser ---- */

static void parse(struct flarei_multipart *parser, flare_str body, size_t piece, uint32_t seed,
                  struct found *found)
{
    struct flarei_multipart_out out;
    int event = FLAREI_MULTIPART_MORE;

    found->result = FLAREI_MULTIPART_MORE;
    while (body.len != 0 && event >= 0) {
        size_t length = piece != 0 ? piece : (seed = seed * 1664525u + 1013904223u) >> 24;
        char *copy;
        flare_str bytes;

        length = length == 0 ? 1 : length > body.len ? body.len : length;
        copy = (char *)malloc(length); /* flush with its end, so that a byte too far is seen */
        if (copy == NULL)
            abort();
        memcpy(copy, body.ptr, length);
        bytes = (flare_str){copy, length};
        while ((event = flarei_multipart_next(parser, &bytes, &out)) > 0) {
            if (event == FLAREI_MULTIPART_PART)
                add_part(found, &out);
            else if (event == FLAREI_MULTIPART_DATA)
                add(found, out.data);
            else if (event == FLAREI_MULTIPART_PART_END)
                add(found, FLARE_STR("\n"));
            else
                found->result = event;
            FUZZ_CHECK(event != FLAREI_MULTIPART_DATA || out.data.len != 0);
        }
        FUZZ_CHECK(event < 0 || bytes.len == 0);
        free(copy);
        body = (flare_str){body.ptr + length, body.len - length};
    }
    if (event < 0)
        found->result = event;
    FUZZ_CHECK(flarei_multipart_ended(parser) == (found->result == FLAREI_MULTIPART_END));
}

/* Of a body that breaks off, the parser may hold back what could become a boundary. */
static void check_same(const struct found *want, const struct found *got, size_t delimiter_length)
{
    FUZZ_CHECK(want->result == got->result && want->parts == got->parts);
    FUZZ_CHECK(got->length <= want->length && memcmp(want->text, got->text, got->length) == 0);
    FUZZ_CHECK(got->length == want->length ||
               (got->result == FLAREI_MULTIPART_MORE && want->length - got->length < delimiter_length));
    /* As if a boundary could stand within a line. */
    FUZZ_PLANT(got->result == FLAREI_MULTIPART_END && got->parts > 1 && got->length > 5 &&
               memmem(got->text, got->length, "--B--", 5) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t pieces[] = {SIZE_MAX, 1, 0};
    static struct flarei_multipart parser;
    const size_t kind = size == 0 ? 0 : data[0] % KINDS;
    const flare_str body = {(const char *)data + 1, size == 0 ? 0 : size - 1};
    struct found want = {NULL, 0, 0, 0, 0};
    char delimiter[80];
    char *text;

    FUZZ_CHECK(flarei_multipart_begin(&parser, flare_str_of(content_types[kind])) ==
               (boundaries[kind] != NULL));
    if (boundaries[kind] == NULL || size == 0)
        return 0;
    text = (char *)malloc(body.len + 2);
    if (text == NULL)
        abort();
    memcpy(text, "\r\n", 2);
    memcpy(text + 2, body.ptr, body.len);
    snprintf(delimiter, sizeof delimiter, "\r\n--%s", boundaries[kind]);
    add(&want, FLARE_STR(" "));
    read_plainly((flare_str){text, body.len + 2}, flare_str_of(delimiter), &want);
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        struct found got = {NULL, 0, 0, 0, 0};

        add(&got, FLARE_STR(" "));
        FUZZ_CHECK(flarei_multipart_begin(&parser, flare_str_of(content_types[kind])));
        parse(&parser, body, pieces[i], (uint32_t)(size * 31 + data[size / 2]), &got);
        check_same(&want, &got, strlen(delimiter));
        free(got.text);
    }
    free(want.text);
    free(text);
    return 0;
}
