#include "wire/h2.h"

#include "wire/h1_line.h"
#include "wire/h1_parts.h"

/* What a field counts beyond its bytes (RFC 9113, section 6.5.2). */
enum { FIELD_OVERHEAD_BYTES = 32 };

enum { URGENCY_USUAL = 3 };

void flarei_h2_head_begin(struct flarei_h2_head *head)
{
    struct flarei_h1_head *const made = head->head;

    head->bytes = 0;
    head->crumbs = 0;
    head->urgency = URGENCY_USUAL;
    head->tunnel = FLAREI_H2_NO_TUNNEL;
    head->foreign_scheme = false;
    head->no_memory = false;
    head->refusal = 0;
    made->field_count = 0;
    made->method = FLARE_METHOD_UNKNOWN;
    made->target_form = FLAREI_H1_ORIGIN_FORM;
    made->method_token = made->target = made->path = made->query = made->host = (flare_str){NULL, 0};
    made->content_length = 0;
    memset(made->notable, 0, sizeof made->notable);
    made->version_minor = 1;
    made->keep_alive = true;
    made->has_content_length = made->chunked = made->has_body = made->wants_upgrade = false;
    made->expect_continue = made->expect_unknown = false;
    made->is_special = true;
    made->path_has_percent = made->path_has_dot = false;
}

static void refuse(struct flarei_h2_head *head, int refusal)
{
    if (head->refusal == 0)
        head->refusal = refusal;
}

/* Copies a name and a value into one block. */
static bool keep(struct flarei_h2_head *head, flare_str *name, flare_str *value, bool name_constant)
{
    const size_t name_bytes = name_constant ? 0 : name->len;
    char *block;

    if (name_bytes + value->len == 0) {
        value->ptr = name->ptr;
        return true;
    }
    block = flarei_arena_alloc(head->arena, name_bytes + value->len);
    if (FLARE_UNLIKELY(block == NULL)) {
        head->no_memory = true;
        return false;
    }
    if (!name_constant) {
        memcpy(block, name->ptr, name_bytes);
        name->ptr = block;
    }
    if (value->len != 0)
        memcpy(block + name_bytes, value->ptr, value->len);
    value->ptr = block + name_bytes;
    return true;
}

uint8_t flarei_h2_urgency(flare_str priority)
{
    const char *at = priority.ptr;
    const char *const end = at + priority.len;
    uint8_t urgency = URGENCY_USUAL;

    while (at < end) {
        const char *const comma = memchr(at, ',', (size_t)(end - at));
        const char *const member_end = comma ? comma : end;

        while (at < member_end && is_blank(*at))
            at++;
        if (member_end - at >= 3 && at[0] == 'u' && at[1] == '=' && at[2] >= '0' && at[2] <= '7' &&
            (member_end - at == 3 || is_blank(at[3]) || at[3] == ';'))
            urgency = (uint8_t)(at[2] - '0');
        at = member_end + 1;
    }
    return urgency;
}

static void note(struct flarei_h1_head *made, enum flarei_h1_notable which)
{
    if (made->notable[which] == 0)
        made->notable[which] = made->field_count;
}

/* Hosts, names of protocols and schemes are the same in any case. */
static bool same_word(flare_str a, flare_str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        const unsigned char x = (unsigned char)a.ptr[i], y = (unsigned char)b.ptr[i];
        const bool letter = (x | 0x20) >= 'a' && (x | 0x20) <= 'z';

        if (x != y && !(letter && (x ^ y) == 0x20))
            return false;
    }
    return true;
}

/* The field that was just stored is Host, or :authority as Host. Of both only one is kept, and they must say
 * the same (RFC 9113, section 8.3.1). */
static void host_field(struct flarei_h2_head *head, flare_str value)
{
    struct flarei_h1_head *const made = head->head;

    if (made->notable[FLAREI_H1_HOST] == 0) {
        note(made, FLAREI_H1_HOST);
        made->host = value;
        return;
    }
    made->field_count--;
    if (!same_word(made->host, value))
        refuse(head, FLAREI_H1_BAD_HOST);
}

/* What the field that was just stored means to the server. */
static void look_at(struct flarei_h2_head *head, flare_str name, flare_str value)
{
    struct flarei_h1_head *const made = head->head;
    unsigned said;

    switch (name.len) {
    case 4:
        if (memcmp(name.ptr, "host", 4) == 0)
            host_field(head, value);
        return;
    case 6:
        if (memcmp(name.ptr, "cookie", 6) == 0) {
            head->crumbs++;
            note(made, FLAREI_H1_COOKIE);
        } else if (memcmp(name.ptr, "expect", 6) == 0) {
            note(made, FLAREI_H1_EXPECT);
            said = flarei_h1_read_expect(value);
            made->expect_continue |= (said & H1_SAID_CONTINUE) != 0;
            made->expect_unknown |= (said & H1_SAID_UNKNOWN_EXPECT) != 0;
        }
        return;
    case 8:
        if (memcmp(name.ptr, "priority", 8) == 0)
            head->urgency = flarei_h2_urgency(value);
        return;
    case 12:
        if (memcmp(name.ptr, "content-type", 12) == 0)
            note(made, FLAREI_H1_CONTENT_TYPE);
        return;
    case 14:
        if (memcmp(name.ptr, "content-length", 14) != 0)
            return;
        if (made->has_content_length)
            refuse(head, FLAREI_H1_REPEATED_CONTENT_LENGTH);
        else if (flarei_h1_read_content_length(value, &made->content_length) != 0)
            refuse(head, FLAREI_H1_BAD_CONTENT_LENGTH);
        made->has_content_length = true;
        note(made, FLAREI_H1_CONTENT_LENGTH);
        return;
    default:
        return;
    }
}

/* Stores a field whose bytes live on. @return false: there are too many */
static bool add_field(struct flarei_h2_head *head, flare_str name, flare_str value)
{
    struct flarei_h1_head *const made = head->head;

    if (made->field_count == made->field_capacity || made->field_count == head->limits->field_max_count) {
        refuse(head, FLAREI_H1_TOO_MANY_FIELDS);
        return false;
    }
    made->fields[made->field_count++] = (flare_field){name, value};
    return true;
}

/* libnghttp2 lets each pseudo field come once, in front, and no other than these. */
static void pseudo_field(struct flarei_h2_head *head, flare_str name, flare_str value)
{
    struct flarei_h1_head *const made = head->head;
    flare_str *to;

    if (name.len == 7 && name.ptr[1] == 'm') {
        if (value.len > FLAREI_H1_METHOD_MAX_BYTES) {
            refuse(head, FLAREI_H1_METHOD_TOO_LONG);
            return;
        }
        made->method = flare_method_of(value);
        to = &made->method_token;
    } else if (name.len == 5) {
        if (value.len > head->limits->target_max_bytes) {
            refuse(head, FLAREI_H1_TARGET_TOO_LONG);
            return;
        }
        to = &made->target;
    } else if (name.len == 10) {
        name = FLARE_STR("Host"); /* as which handlers find it */
        if (keep(head, &name, &value, true) && add_field(head, name, value))
            host_field(head, value);
        return;
    } else {
        if (name.len == 9)
            head->tunnel =
                same_word(value, FLARE_STR("websocket")) ? FLAREI_H2_WEBSOCKET : FLAREI_H2_UNKNOWN_TUNNEL;
        else
            head->foreign_scheme =
                !same_word(value, FLARE_STR("https")) && !same_word(value, FLARE_STR("http"));
        return;
    }
    if (keep(head, &name, &value, true))
        *to = value;
}

void flarei_h2_head_field(struct flarei_h2_head *head, flare_str name, flare_str value, bool name_constant)
{
    const size_t bytes = name.len + value.len + FIELD_OVERHEAD_BYTES;

    if (FLARE_UNLIKELY(bytes > head->limits->head_max_bytes - head->bytes)) {
        head->bytes = head->limits->head_max_bytes;
        refuse(head, FLAREI_H1_HEAD_TOO_LARGE);
        return;
    }
    head->bytes += (uint32_t)bytes;
    if (FLARE_UNLIKELY(head->refusal != 0 || head->no_memory))
        return;
    if (name.len != 0 && name.ptr[0] == ':')
        pseudo_field(head, name, value);
    else if (keep(head, &name, &value, name_constant) && add_field(head, name, value))
        look_at(head, name, value);
}

/* Cookie crumbs become one field (RFC 9113, section 8.2.3), in the place of the first. */
static void join_crumbs(struct flarei_h2_head *head)
{
    struct flarei_h1_head *const made = head->head;
    const unsigned first = made->notable[FLAREI_H1_COOKIE] - 1u;
    const flare_str name = made->fields[first].name;
    unsigned kept = first + 1;
    size_t bytes = 0;
    char *joined, *to;

    for (unsigned i = first; i < made->field_count; i++)
        if (is_word(made->fields[i].name, name))
            bytes += made->fields[i].value.len + 2;
    joined = to = flarei_arena_alloc(head->arena, bytes);
    if (joined == NULL) {
        head->no_memory = true;
        return;
    }
    for (unsigned i = first; i < made->field_count; i++) {
        const flare_field field = made->fields[i];

        if (!is_word(field.name, name)) {
            made->fields[kept++] = field;
            for (unsigned which = 0; which < FLAREI_H1_NOTABLE_COUNT; which++)
                if (made->notable[which] == i + 1)
                    made->notable[which] = (uint16_t)kept;
            continue;
        }
        memcpy(to, field.value.ptr, field.value.len);
        memcpy(to + field.value.len, "; ", 2);
        to += field.value.len + 2;
    }
    made->fields[first].value = (flare_str){joined, bytes - 2};
    made->field_count = (uint16_t)kept;
}

/* Path and query of an origin-form, or the asterisk of OPTIONS: the only forms of :path. */
static void read_path(struct flarei_h2_head *head)
{
    struct flarei_h1_head *const made = head->head;
    const char *const start = made->target.ptr;
    const char *const end = start + made->target.len;
    const char *question = NULL;

    if (made->target.len == 1 && *start == '*') {
        made->target_form = FLAREI_H1_ASTERISK_FORM;
        made->path = made->target;
        if (made->method != FLARE_METHOD_OPTIONS)
            refuse(head, FLAREI_H1_BAD_TARGET_FORM);
        return;
    }
    if (made->target.len == 0 || *start != '/') {
        refuse(head, FLAREI_H1_BAD_TARGET);
        return;
    }
    for (const char *at = start; at < end; at++) {
        if (FLARE_UNLIKELY(!is_class(*at, H1_TARGET))) {
            refuse(head, FLAREI_H1_BAD_TARGET);
            return;
        }
        if (question != NULL)
            continue;
        if (*at == '?')
            question = at;
        else if (*at == '%')
            made->path_has_percent = true;
        else if (*at == '.' && at[-1] == '/')
            made->path_has_dot = true;
    }
    made->path = (flare_str){start, (size_t)((question ? question : end) - start)};
    if (question != NULL)
        made->query = (flare_str){question + 1, (size_t)(end - question - 1)};
}

static void read_host(struct flarei_h2_head *head)
{
    struct flarei_h1_head *const made = head->head;
    const bool connect = made->method == FLARE_METHOD_CONNECT && head->tunnel == FLAREI_H2_NO_TUNNEL;

    if (connect) {
        made->target_form = FLAREI_H1_AUTHORITY_FORM;
        made->target = made->host;
    }
    if (made->notable[FLAREI_H1_HOST] == 0)
        refuse(head, FLAREI_H1_MISSING_HOST);
    else if (!flarei_h1_authority_valid(made->host, connect))
        refuse(head, FLAREI_H1_BAD_HOST);
}

int flarei_h2_head_end(struct flarei_h2_head *head, bool ended)
{
    struct flarei_h1_head *const made = head->head;

    const bool tunnel = head->tunnel != FLAREI_H2_NO_TUNNEL;

    made->has_body = !ended && !tunnel;
    made->chunked = made->has_body && !made->has_content_length;
    made->expect_continue &= made->has_body;
    if (FLARE_UNLIKELY(head->refusal != 0 || head->no_memory))
        return head->refusal;
    if (FLARE_UNLIKELY(head->crumbs > 1))
        join_crumbs(head);
    read_host(head);
    if (tunnel && made->method != FLARE_METHOD_CONNECT)
        refuse(head, FLAREI_H1_BAD_TARGET_FORM);
    if (tunnel && head->foreign_scheme)
        refuse(head, FLAREI_H1_BAD_TARGET);
    if (made->method != FLARE_METHOD_CONNECT || tunnel)
        read_path(head);
    return head->refusal;
}
