/* A text's begin and end, its failures, names, and arrays' room. */
#include "http/json_scan.h"

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

/* A lone scalar, checked and copied so that a close stands behind it. */
static const char *begin_scalar(struct flarei_json *json, const char *at)
{
    const size_t length = (size_t)(json->end - at);
    char *copy;

    if (flarei_json_skip(json, at, FLAREI_JSON_DEPTH_MAX) != json->end)
        return NULL;
    copy = (char *)flarei_arena_alloc(json->arena, length + 1);
    if (copy == NULL)
        return flarei_json_stop(json, FLAREI_JSON_NO_MEMORY);
    memcpy(copy, at, length);
    copy[length] = '}';
    json->start = copy;
    json->last_block = length >= 16 ? copy + length - 16 : NULL;
    json->end = copy + length;
    return copy;
}

const char *flarei_json_begin(struct flarei_json *json, flare_str text, flare_arena *arena)
{
    json->arena = arena;
    json->bounded = false;
    json->depth_max = FLAREI_JSON_DEPTH_MAX;
    json->count = 0;
    json->pointers_bytes = 0;
    return flarei_json_begin_next(json, text);
}

const char *flarei_json_begin_next(struct flarei_json *json, flare_str text)
{
    const char *at = text.ptr, *end = flarei_str_end(text);

    while (end > at && is_blank(end[-1]))
        end--;
    json->start = text.ptr;
    json->end = end;
    json->last_block = end - at >= 16 ? end - 16 : NULL;
    json->verdict = FLAREI_JSON_FINE;
    json->step = 2; /* what most writers indent by */
    json->gap = 1;  /* the newline before the root's close */
    memcpy(json->blanks.bytes, "\n               ", sizeof json->blanks);
    if (at == end)
        return NULL;
    if (is_blank(*at))
        at = flarei_json_blanks_slow(at, end);
    if (FLARE_UNLIKELY(end[-1] != '}' && end[-1] != ']'))
        return begin_scalar(json, at);
    return at;
}

enum flarei_json_verdict flarei_json_end(struct flarei_json *json, const char *at)
{
    if (json->bounded)
        flarei_arena_unbound(json->arena);
    if (FLARE_UNLIKELY(at == NULL))
        return json->verdict != FLAREI_JSON_FINE ? json->verdict : FLAREI_JSON_MALFORMED;
    if (FLARE_UNLIKELY(at != json->end))
        return FLAREI_JSON_MALFORMED;
    return FLARE_LIKELY(json->count == 0) ? FLAREI_JSON_FINE : FLAREI_JSON_INVALID;
}

const char *flarei_json_stop(struct flarei_json *json, enum flarei_json_verdict why)
{
    json->verdict = why;
    return NULL;
}

/* How deep containers may nest in a member of what stands at `path`, */
static unsigned room_inside(const struct flarei_json *json, const struct flarei_json_path *path)
{
    const unsigned depth = flarei_json_depth(path);

    return depth < json->depth_max ? json->depth_max - depth : 0;
}

/* or in that itself. */
static unsigned room_around(const struct flarei_json *json, const struct flarei_json_path *path)
{
    const unsigned depth = flarei_json_depth(path) - 1;

    return depth < json->depth_max ? json->depth_max - depth : 0;
}

/* ---- Failures ---- */

/* Appends to the pointer that is being written. @return is there room? */
static bool pointer_put(struct flarei_json *json, const char *text, size_t length)
{
    if (length > sizeof json->pointers - json->pointers_bytes)
        return false;
    memcpy(json->pointers + json->pointers_bytes, text, length);
    json->pointers_bytes += (uint32_t)length;
    return true;
}

static bool pointer_put_frame(struct flarei_json *json, const struct flarei_json_path *frame)
{
    char index[1 + FLARE_U64_MAX_BYTES];

    if (frame->key != NULL)
        return *frame->key != '\0' && pointer_put(json, frame->key, strlen(frame->key));
    index[0] = '/';
    return pointer_put(json, index, 1 + flare_u64_format(frame->index, index + 1));
}

void flarei_json_fail(struct flarei_json *json, const struct flarei_json_path *path, const char *key,
                      enum flarei_rule rule)
{
    const struct flarei_json_path *frames[FLAREI_JSON_DEPTH_MAX + 1];
    const struct flarei_json_path last = {path, key, 0};
    const uint32_t start = json->pointers_bytes;
    size_t count = 0;

    if (json->count == FLAREI_REFUSALS_MAX)
        return;
    for (const struct flarei_json_path *frame = key != NULL ? &last : path;
         frame != NULL && count <= FLAREI_JSON_DEPTH_MAX; frame = frame->outer)
        frames[count++] = frame;
    while (count > 0 && pointer_put_frame(json, frames[count - 1]))
        count--;
    json->failures[json->count++] =
        (struct flarei_json_failure){rule, (uint16_t)start, (uint16_t)(json->pointers_bytes - start)};
}

void flarei_json_missing(struct flarei_json *json, const struct flarei_json_path *path,
                         const char *const *keys, uint64_t missing)
{
    for (; missing != 0; missing >>= 1, keys++)
        if ((missing & 1) != 0)
            flarei_json_fail(json, path, *keys, FLAREI_RULE_REQUIRED);
}

const char *flarei_json_drop(struct flarei_json *json, const char *at, const struct flarei_json_path *path,
                             const char *key, enum flarei_rule rule)
{
    flarei_json_fail(json, path, key, rule);
    return flarei_json_skip(json, at, key != NULL ? room_inside(json, path) : room_around(json, path));
}

const char *flarei_json_drop_items(struct flarei_json *json, const char *at,
                                   const struct flarei_json_path *path)
{
    size_t gap = json->gap;

    flarei_json_fail(json, path, NULL, FLAREI_RULE_MAX_ITEMS);
    do {
        at = flarei_json_unknown(json, at, path);
    } while (at != NULL && flarei_json_comma(json, &at, &gap));
    return at;
}

const char *flarei_json_drop_members(struct flarei_json *json, const char *at,
                                     const struct flarei_json_path *path)
{
    size_t gap = json->gap;
    flare_str key;

    flarei_json_fail(json, path, NULL, FLAREI_RULE_MAX_ITEMS);
    do {
        at = flarei_json_key(json, at, &key);
        if (at != NULL)
            at = flarei_json_unknown(json, at, path);
    } while (at != NULL && flarei_json_comma(json, &at, &gap));
    return at;
}

const char *flarei_json_drop_union(struct flarei_json *json, const char *at,
                                   const struct flarei_json_path *path, const char *key)
{
    flarei_json_fail(json, path, key, FLAREI_RULE_TAG);
    return flarei_json_skip(json, at, room_around(json, path));
}

const char *flarei_json_unknown(struct flarei_json *json, const char *at, const struct flarei_json_path *path)
{
    return flarei_json_skip(json, at, room_inside(json, path));
}

const char *flarei_json_raw_value(struct flarei_json *json, const char *at,
                                  const struct flarei_json_path *path, const char *key, flare_str *out)
{
    return flarei_json_raw(json, at, key != NULL ? room_inside(json, path) : room_around(json, path), out);
}

/* ---- Names ---- */

/* Unescapes a name that is known to be well-formed. @return is it one that a member may have? */
static bool unescape_name(struct flarei_json *json, const char *at, flare_str *key)
{
    size_t length = 0;

    while (*at != '"') {
        char bytes[4] = {*at};
        size_t count = 1;
        uint32_t scalar;

        if (*at != '\\') {
            at++;
        } else if (at[1] != 'u') {
            bytes[0] = short_escape(at[1]);
            at += 2;
        } else {
            if (!take_unit(&at, json->end, &scalar) || scalar == UINT32_MAX)
                return false;
            count = put_scalar(scalar, bytes);
        }
        if (count > sizeof json->key - length)
            return false;
        memcpy(json->key + length, bytes, count);
        length += count;
    }
    *key = (flare_str){json->key, length};
    return length <= FLAREI_JSON_KEY_MAX_BYTES;
}

/* A string of at most the length of a name; else *name is empty and NULL. */
static const char *take_name(struct flarei_json *json, const char *at, flare_str *name)
{
    const char *const start = at + 1, *behind;

    if (*at != '"')
        return NULL;
    behind = flarei_json_skip(json, at, 0);
    if (behind == NULL || behind == json->end)
        return NULL;
    *name = (flare_str){start, (size_t)(behind - start - 1)};
    if (FLARE_UNLIKELY(memchr(name->ptr, '\\', name->len) != NULL) && !unescape_name(json, start, name))
        *name = (flare_str){NULL, 0};
    return behind;
}

/* Past a colon and the blanks around it. */
static const char *take_colon(struct flarei_json *json, const char *at)
{
    if (at == NULL || at == json->end)
        return NULL;
    at = flarei_json_blanks(at, json->end);
    return *at == ':' ? flarei_json_blanks(at + 1, json->end) : NULL;
}

const char *flarei_json_key(struct flarei_json *json, const char *at, flare_str *key)
{
    return take_colon(json, take_name(json, at, key));
}

const char *flarei_json_map_key(struct flarei_json *json, const char *at, const struct flarei_json_path *path,
                                flare_str *key)
{
    *key = (flare_str){at, 0};
    if (*at != '"')
        return NULL;
    return take_colon(json, flarei_json_string(json, at, path, NULL, 0, SIZE_MAX, key));
}

bool flarei_json_tag(struct flarei_json *json, const char *at, const struct flarei_json_path *path,
                     flare_str name, flare_str *tag)
{
    const size_t gap = json->gap;
    const char *const place = flarei_json_find(json, at, name, room_inside(json, path));
    bool found = false;

    if (place != NULL && *place == '"')
        found = take_name(json, place, tag) != NULL && tag->ptr != NULL;
    /* What stopped the search is met again. */
    json->verdict = FLAREI_JSON_FINE;
    json->gap = gap;
    return found;
}

bool flarei_json_key_is(flare_str key, const char *member)
{
    size_t at = 0;

    while (*++member != '\0') {
        char letter = *member;

        if (letter == '~')
            letter = *++member == '0' ? '~' : '/';
        if (at == key.len || key.ptr[at++] != letter)
            return false;
    }
    return at == key.len && key.ptr != NULL;
}

/* ---- Arrays ---- */

void *flarei_json_grow(struct flarei_json *json, void *items, size_t *room, size_t max, size_t item_bytes)
{
    flare_arena *const arena = json->arena;
    const size_t before = *room * item_bytes;
    size_t wanted = *room < 4 ? 4 : *room * 2;
    void *moved;

    wanted = wanted > max ? max : wanted;
    *room = wanted;
    if (items != NULL && wanted <= arena->max_bytes / item_bytes && before % FLAREI_ARENA_ALIGN == 0 &&
        (char *)items + before == arena->next && wanted * item_bytes - before <= arena->room) {
        moved = flarei_arena_alloc(arena, wanted * item_bytes - before);
        return moved != NULL ? items : NULL;
    }
    moved = flarei_arena_alloc_array(arena, wanted, item_bytes);
    if (FLARE_UNLIKELY(moved == NULL)) {
        (void)flarei_json_stop(json, FLAREI_JSON_NO_MEMORY);
        return NULL;
    }
    if (items != NULL)
        memcpy(moved, items, before);
    return moved;
}

void *flarei_json_hold(struct flarei_json *json, size_t bytes)
{
    void *const block = flarei_arena_alloc(json->arena, bytes);

    if (FLARE_UNLIKELY(block == NULL))
        (void)flarei_json_stop(json, FLAREI_JSON_NO_MEMORY);
    return block;
}
