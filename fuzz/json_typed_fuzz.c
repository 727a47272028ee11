/* Emitted decoders against a naive one: a tree of the text, judged type by type. A text is taken exactly if
 * the naive one takes it, and what is written of it is taken again and comes out the same.
 *
 * Target: runtime/http/json_read.c runtime/http/json_skip.c runtime/http/json_distinct.c
 */
#include "fuzz.h"
#include "json_typed.flare.h"

#include "http/request.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

enum { text_max_bytes = 1 << 16, depth_max = 64 };

/* ---- the tree ---------------------------------------------------------------------------------------- */

enum kind { NOTHING, TRUE, FALSE, NUMBER, STRING, ARRAY, OBJECT };

struct node {
    enum kind kind;
    flare_str text;             /* as it stands there */
    flare_str name;             /* of a member, unescaped */
    flare_str content;          /* of a string, unescaped */
    bool odd_name, odd_content; /* U+0000 or half a pair: texts are no strings then */
    size_t scalars;
    struct node *first, *next;
};

static struct node nodes[text_max_bytes];
static size_t nodes_count;
static char unescaped[4 * text_max_bytes];
static size_t unescaped_bytes;
static const char *at, *end;
static unsigned depth;

static struct node *value(void);

static void blanks(void)
{
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
        at++;
}

static bool eat(char byte)
{
    if (at == end || *at != byte)
        return false;
    at++;
    return true;
}

static void put(uint32_t scalar)
{
    char *const to = unescaped + unescaped_bytes;

    if (scalar < 0x80) {
        to[0] = (char)scalar;
        unescaped_bytes += 1;
    } else if (scalar < 0x800) {
        to[0] = (char)(0xc0 | scalar >> 6);
        to[1] = (char)(0x80 | (scalar & 63));
        unescaped_bytes += 2;
    } else if (scalar < 0x10000) {
        to[0] = (char)(0xe0 | scalar >> 12);
        to[1] = (char)(0x80 | (scalar >> 6 & 63));
        to[2] = (char)(0x80 | (scalar & 63));
        unescaped_bytes += 3;
    } else {
        to[0] = (char)(0xf0 | scalar >> 18);
        to[1] = (char)(0x80 | (scalar >> 12 & 63));
        to[2] = (char)(0x80 | (scalar >> 6 & 63));
        to[3] = (char)(0x80 | (scalar & 63));
        unescaped_bytes += 4;
    }
}

/* Four digits. */
static bool unit(uint32_t *out)
{
    *out = 0;
    for (int i = 0; i < 4; i++) {
        if (at == end || !isxdigit((unsigned char)*at))
            return false;
        *out = *out * 16 + (uint32_t)(isdigit((unsigned char)*at) ? *at - '0' : (*at | 32) - 'a' + 10);
        at++;
    }
    return true;
}

static bool escape(bool *odd)
{
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    uint32_t scalar, low;
    const char *letter;

    if (at == end)
        return false;
    if (*at != 'u') {
        letter = *at != '\0' ? strchr(letters, *at) : NULL;
        if (letter == NULL)
            return false;
        at++;
        put((uint32_t)(unsigned char)meanings[letter - letters]);
        return true;
    }
    at++;
    if (!unit(&scalar))
        return false;
    if (scalar >= 0xd800 && scalar <= 0xdbff && end - at >= 6 && at[0] == '\\' && at[1] == 'u') {
        const char *const here = at;

        at += 2;
        if (!unit(&low))
            return false;
        if (low >= 0xdc00 && low <= 0xdfff) {
            put(0x10000 + ((scalar - 0xd800) << 10 | (low - 0xdc00)));
            return true;
        }
        at = here;
    }
    if (scalar == 0 || (scalar >= 0xd800 && scalar <= 0xdfff)) {
        *odd = true;
        scalar = '?';
    }
    put(scalar);
    return true;
}

static bool plain(void)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char lead = (unsigned char)*at++;
    const int bytes = lead < 0x80   ? 1
                      : lead < 0xc0 ? 0
                      : lead < 0xe0 ? 2
                      : lead < 0xf0 ? 3
                      : lead < 0xf8 ? 4
                                    : 0;
    uint32_t scalar = bytes == 1 ? lead : lead & (0x7fu >> bytes);

    if (bytes == 0 || lead < 0x20)
        return false;
    for (int i = 1; i < bytes; i++) {
        if (at == end || ((unsigned char)*at & 0xc0) != 0x80)
            return false;
        scalar = scalar << 6 | ((unsigned char)*at++ & 63u);
    }
    if (scalar < least[bytes] || scalar > 0x10ffff || (scalar >= 0xd800 && scalar <= 0xdfff))
        return false;
    put(scalar);
    return true;
}

static bool string(flare_str *content, bool *odd, size_t *scalars)
{
    const size_t start = unescaped_bytes;

    *odd = false;
    *scalars = 0;
    if (!eat('"'))
        return false;
    while (at < end && *at != '"') {
        if (!(eat('\\') ? escape(odd) : plain()))
            return false;
        ++*scalars;
    }
    *content = (flare_str){unescaped + start, unescaped_bytes - start};
    return eat('"');
}

static bool digits(void)
{
    const char *const start = at;

    while (at < end && isdigit((unsigned char)*at))
        at++;
    return at > start;
}

static bool number(void)
{
    (void)eat('-');
    if (!eat('0') && !digits())
        return false;
    if (eat('.') && !digits())
        return false;
    if (eat('e') || eat('E')) {
        if (!eat('+'))
            (void)eat('-');
        return digits();
    }
    return true;
}

static bool word(struct node *node, enum kind kind, const char *text)
{
    node->kind = kind;
    if ((size_t)(end - at) < strlen(text) || memcmp(at, text, strlen(text)) != 0)
        return false;
    at += strlen(text);
    return true;
}

static bool members(struct node *node, bool object)
{
    struct node **last = &node->first;
    size_t ignored;

    node->kind = object ? OBJECT : ARRAY;
    at++;
    if (++depth > depth_max)
        return false;
    blanks();
    if (!eat(object ? '}' : ']')) {
        do {
            flare_str name = {NULL, 0};
            bool odd = false;

            blanks();
            if (object) {
                if (!string(&name, &odd, &ignored))
                    return false;
                blanks();
                if (!eat(':'))
                    return false;
                blanks();
            }
            *last = value();
            if (*last == NULL)
                return false;
            (*last)->name = name;
            (*last)->odd_name = odd;
            last = &(*last)->next;
            blanks();
        } while (eat(','));
        if (!eat(object ? '}' : ']'))
            return false;
    }
    depth--;
    return true;
}

static struct node *value(void)
{
    struct node *const node = &nodes[nodes_count++];
    const char *const start = at;
    bool fine;

    *node = (struct node){.kind = NUMBER};
    if (at == end)
        return NULL;
    switch (*at) {
    case '{':
    case '[':
        fine = members(node, *at == '{');
        break;
    case '"':
        node->kind = STRING;
        fine = string(&node->content, &node->odd_content, &node->scalars);
        break;
    case 't':
        fine = word(node, TRUE, "true");
        break;
    case 'f':
        fine = word(node, FALSE, "false");
        break;
    case 'n':
        fine = word(node, NOTHING, "null");
        break;
    default:
        fine = number();
    }
    node->text = (flare_str){start, (size_t)(at - start)};
    return fine ? node : NULL;
}

static struct node *parse(flare_str text)
{
    struct node *root;

    nodes_count = unescaped_bytes = depth = 0;
    at = text.ptr;
    end = at + text.len;
    blanks();
    root = value();
    blanks();
    return at == end ? root : NULL;
}

/* ---- types ------------------------------------------------------------------------------------------- */

static bool is(flare_str text, const char *word_)
{
    return text.len == strlen(word_) && memcmp(text.ptr, word_, text.len) == 0;
}

/* Finds a member, whose name comes `times`. */
static const struct node *member(const struct node *object, const char *name, unsigned *times)
{
    const struct node *found = NULL;

    *times = 0;
    for (const struct node *node = object->first; node != NULL; node = node->next) {
        if (!node->odd_name && is(node->name, name)) {
            found = node;
            ++*times;
        }
    }
    return found;
}

/* A member that comes once, or need not: `absent` says so, and whether null is as good. */
enum presence { NEEDED, MAY_BE_NULL, MAY_BE_ABSENT };

static bool field(const struct node *object, const char *name, enum presence presence,
                  bool (*judge)(const struct node *))
{
    unsigned times;
    const struct node *const node = member(object, name, &times);

    if (times != 1)
        return times == 0 && presence != NEEDED;
    return (presence == MAY_BE_NULL && node->kind == NOTHING) || judge(node);
}

static bool only(const struct node *object, const char *const *names)
{
    for (const struct node *node = object->first; node != NULL; node = node->next) {
        bool known = false;

        for (size_t i = 0; names[i] != NULL; i++)
            known = known || (!node->odd_name && is(node->name, names[i]));
        if (!known)
            return false;
    }
    return true;
}

/* A whole number as the language writes it, from min to max. */
static bool whole_text(flare_str text, __int128 min, __int128 max)
{
    const bool negative = text.len != 0 && text.ptr[0] == '-';
    __int128 sum = 0;

    if (text.len == negative || (text.ptr[negative] == '0' && text.len != 1))
        return false;
    for (size_t i = negative; i < text.len; i++) {
        if (!isdigit((unsigned char)text.ptr[i]))
            return false;
        if (sum < (__int128)1 << 100)
            sum = sum * 10 + (text.ptr[i] - '0');
    }
    sum = negative ? -sum : sum;
    return sum >= min && sum <= max;
}

static bool whole(const struct node *node, __int128 min, __int128 max)
{
    return node->kind == NUMBER && whole_text(node->text, min, max);
}

static bool words_of(const struct node *node, size_t min, size_t max)
{
    return node->kind == STRING && !node->odd_content && node->scalars >= min && node->scalars <= max;
}

static size_t count(const struct node *node)
{
    size_t sum = 0;

    for (node = node->first; node != NULL; node = node->next)
        sum++;
    return sum;
}

static bool each(const struct node *array, size_t max, bool (*judge)(const struct node *))
{
    if (array->kind != ARRAY || count(array) > max)
        return false;
    for (const struct node *node = array->first; node != NULL; node = node->next)
        if (!judge(node))
            return false;
    return true;
}

static bool judge_lives(const struct node *node)
{
    return whole(node, 0, 9);
}
static bool judge_u8(const struct node *node)
{
    return whole(node, 0, 255);
}
static bool judge_i16(const struct node *node)
{
    return whole(node, -300, 300);
}
static bool judge_i64(const struct node *node)
{
    return whole(node, INT64_MIN, INT64_MAX);
}
static bool judge_u64_text(const struct node *node)
{
    return words_of(node, 0, SIZE_MAX) && whole_text(node->content, 0, UINT64_MAX);
}
static bool judge_name(const struct node *node)
{
    return words_of(node, 1, 4);
}
static bool judge_word(const struct node *node)
{
    return words_of(node, 0, 3);
}
static bool judge_bool(const struct node *node)
{
    return node->kind == TRUE || node->kind == FALSE;
}
static bool judge_any(const struct node *node)
{
    return node->kind <= OBJECT;
}
static bool judge_color(const struct node *node)
{
    return words_of(node, 0, SIZE_MAX) &&
           (is(node->content, "red") || is(node->content, "green") || is(node->content, "off-white"));
}
static bool judge_f64(const struct node *node)
{
    static char text[text_max_bytes];

    if (node->kind != NUMBER)
        return false;
    memcpy(text, node->text.ptr, node->text.len);
    text[node->text.len] = '\0';
    return strtod(text, NULL) - strtod(text, NULL) == 0;
}

static bool judge_pet(const struct node *node)
{
    static const char *const dog[] = {"kind", "barks", "color", NULL};
    static const char *const pack[] = {"kind", "leader", "members", NULL};
    unsigned times;
    const struct node *tag;

    if (node->kind != OBJECT)
        return false;
    tag = member(node, "kind", &times);
    if (times != 1 || !words_of(tag, 0, SIZE_MAX))
        return false;
    if (is(tag->content, "cat"))
        return field(node, "lives", NEEDED, judge_lives) && field(node, "name", MAY_BE_NULL, judge_name);
    if (is(tag->content, "dog"))
        return only(node, dog) && field(node, "barks", NEEDED, judge_bool) &&
               field(node, "color", MAY_BE_ABSENT, judge_color);
    if (!is(tag->content, "pack") || !only(node, pack) || !field(node, "leader", MAY_BE_NULL, judge_pet))
        return false;
    tag = member(node, "members", &times);
    return times == 1 && each(tag, 4, judge_pet);
}

static bool judge_names(const struct node *map)
{
    if (map->kind != OBJECT || count(map) > 3)
        return false;
    for (const struct node *node = map->first; node != NULL; node = node->next) {
        if (node->odd_name || !whole(node, -128, 127))
            return false;
        for (const struct node *other = node->next; other != NULL; other = other->next)
            if (flare_str_equal(node->name, other->name))
                return false;
    }
    return true;
}

static bool judge_words(const struct node *array)
{
    if (!each(array, 12, judge_word))
        return false;
    for (const struct node *node = array->first; node != NULL; node = node->next)
        for (const struct node *other = node->next; other != NULL; other = other->next)
            if (flare_str_equal(node->content, other->content))
                return false;
    return true;
}

static bool judge_numbers(const struct node *array)
{
    return each(array, 4, judge_f64);
}
static bool judge_bytes(const struct node *array)
{
    return each(array, 2, judge_u8);
}
static bool judge_change(const struct node *node)
{
    return node->kind == OBJECT && field(node, "a", MAY_BE_ABSENT, judge_i16) &&
           field(node, "b", MAY_BE_NULL, judge_word) && field(node, "c", MAY_BE_NULL, judge_bytes);
}

static bool judge_all(const struct node *node)
{
    return node->kind == OBJECT && field(node, "pet", MAY_BE_NULL, judge_pet) &&
           field(node, "names", MAY_BE_NULL, judge_names) && field(node, "words", MAY_BE_NULL, judge_words) &&
           field(node, "numbers", MAY_BE_NULL, judge_numbers) &&
           field(node, "wide", MAY_BE_NULL, judge_i64) && field(node, "text", MAY_BE_NULL, judge_u64_text) &&
           field(node, "any", MAY_BE_NULL, judge_any) && field(node, "change", MAY_BE_NULL, judge_change);
}

/* ---- the service ------------------------------------------------------------------------------------- */

static bool taken_deep;

typed_take_all_reply typed_take_all(flare_request *rq, const typed_take_all_in *in)
{
    taken_deep = in->body.pet.has && in->body.pet.value.tag == TYPED_PET_PACK &&
                 in->body.names.value.count == 2 &&
                 in->body.names.value.items[0].value == 0; /* as if that were one that is not there */
    return typed_take_all_ok(rq, &in->body);
}

/* Sends a body. @return the status; *content is what came back */
static unsigned post(flare_str text, flare_buffer *out, flare_str *content)
{
    static flare_arena arena;
    static const flare_limits limits = {.body_max_bytes = text_max_bytes, .memory_max_bytes = 1 << 20};
    flare_request rq;
    flare_str reply;
    const char *body;

    memset(&rq, 0, sizeof rq);
    /* Of so small a first chunk that what flarec says of the route's memory bounds it to the byte: more is a
     * 500, which no text should get. */
    if (arena.max_bytes == 0)
        flarei_arena_init(&arena, 16, 1 << 20);
    flarei_arena_reset(&arena);
    rq.arena = &arena;
    flarei_request_begin(&rq, &typed_service, NULL, out);
    rq.limits = &limits;
    rq.date = FLARE_STR("Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
    rq.method = FLARE_METHOD_POST;
    rq.path = FLARE_STR("/");
    rq.path_plain = true;
    rq.version_minor = 1;
    rq.keep_alive = true;
    rq.has_body = true;
    rq.body_complete = true;
    rq.body_length = text.len;
    rq.body = text;
    rq.content_type = FLARE_STR("application/json");
    flarei_request_dispatch(&rq);
    FUZZ_CHECK(!flarei_arena_overran(&arena));
    reply = flarei_buffer_str(out);
    FUZZ_CHECK(rq.state == FLAREI_REQUEST_REPLIED && reply.len > 12);
    body = (const char *)memmem(reply.ptr, reply.len, "\r\n\r\n", 4);
    FUZZ_CHECK(body != NULL);
    *content = (flare_str){body + 4, (size_t)(reply.ptr + reply.len - body - 4)};
    return (unsigned)strtoul(reply.ptr + 9, NULL, 10);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    flare_buffer out, again;
    flare_str content, second;
    char *text;
    unsigned status, wanted;
    const struct node *root;

    if (size >= text_max_bytes)
        return 0;
    /* A copy that ends where it ends. */
    text = malloc(size + 1);
    memcpy(text, data, size);
    text = realloc(text, size != 0 ? size : 1);
    flarei_buffer_init(&out, 1 << 22);
    flarei_buffer_init(&again, 1 << 22);
    root = parse((flare_str){text, size});
    wanted = root == NULL ? 400 : judge_all(root) ? 200 : 422;
    taken_deep = false;
    status = post((flare_str){text, size}, &out, &content);
    FUZZ_CHECK(status == wanted);
    FUZZ_PLANT(taken_deep);
    if (status == 200) {
        FUZZ_CHECK(parse(content) != NULL);
        FUZZ_CHECK(post(content, &again, &second) == 200);
        FUZZ_CHECK(flare_str_equal(content, second));
    }
    flarei_buffer_free(&out);
    flarei_buffer_free(&again);
    free(text);
    return 0;
}
