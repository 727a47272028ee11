/* memory.c - `flarec routes --memory`: how many bytes of a request's own memory its inputs can take at most.
 *
 * Three bounds, of which the least counts:
 *   declared  what the types can hold: of a list or map 4 times its greatest count of items, since room
 *             doubles and what was too small stays until the request ends; of each optional that holds its
 * own type, that text      what so many bytes of text can say: an item takes at least 2 of them limit     the
 * arena's own: 1 MiB, and 8 bytes more for each byte of a body that is decoded Unescaped text takes no more
 * than it was long, and is counted with each bound but the last. The body as it came is not counted: it is
 * collected before, up to its own limit. */
#include <string.h>

#include "check/check.h"
#include "publish/publish.h"

#define BODY_DEFAULT_BYTES ((uint64_t)1 << 20)
#define URI_DEFAULT_BYTES  ((uint64_t)8 << 10)
#define HEAD_DEFAULT_BYTES ((uint64_t)16 << 10)
#define ARENA_BYTES        ((uint64_t)1 << 20)
#define ARENA_PER_BYTE     8
#define GROWTH             4
#define ITEM_TEXT_BYTES    2
#define ALIGNMENT          16

static uint64_t add(uint64_t left, uint64_t right)
{
    return left > UINT64_MAX - right ? UINT64_MAX : left + right;
}

static uint64_t multiply(uint64_t left, uint64_t right)
{
    return right != 0 && left > UINT64_MAX / right ? UINT64_MAX : left * right;
}

static uint64_t least(uint64_t left, uint64_t right)
{
    return left < right ? left : right;
}

/* ---- sizes in C, on a machine of 64 bits ------------------------------------------------------- */

struct size {
    uint64_t bytes, alignment;
};

static struct size plain_size(const struct type *type);

static void append(struct size *all, struct size member)
{
    all->bytes = (all->bytes + member.alignment - 1) / member.alignment * member.alignment + member.bytes;
    all->alignment = member.alignment > all->alignment ? member.alignment : all->alignment;
}

static struct size end(struct size all)
{
    all.bytes = (all.bytes + all.alignment - 1) / all.alignment * all.alignment;
    return all;
}

static struct size property_size(const struct declaration *declaration, const struct property *property)
{
    struct size size = {0, 1};

    if (property->by_pointer)
        return (struct size){8, 8};
    if (!property->type->optional && !declaration->patch)
        return plain_size(property->type);
    append(&size, (struct size){declaration->patch && property->type->optional ? 2 : 1, 1});
    append(&size, plain_size(property->type));
    return end(size);
}

static struct size declared_size(const struct declaration *declaration)
{
    struct size all = {0, 1}, arms = {0, 1};

    if (declaration->kind != DECLARATION_UNION) {
        for (size_t i = 0; i < declaration->properties_count; i++)
            append(&all, property_size(declaration, &declaration->properties[i]));
        return end(all);
    }
    for (size_t i = 0; i < declaration->properties_count; i++) {
        const struct size arm = plain_size(declaration->properties[i].type);
        arms.bytes = arm.bytes > arms.bytes ? arm.bytes : arms.bytes;
        arms.alignment = arm.alignment > arms.alignment ? arm.alignment : arms.alignment;
    }
    append(&all, (struct size){4, 4});
    append(&all, arms);
    return end(all);
}

/* The rest are slices, lists, maps and addresses. */
static struct size plain_size(const struct type *type)
{
    static const uint8_t sizes[] = {
        [TYPE_BOOL] = 1, [TYPE_I8] = 1,   [TYPE_U8] = 1,       [TYPE_I16] = 2,
        [TYPE_U16] = 2,  [TYPE_I32] = 4,  [TYPE_U32] = 4,      [TYPE_F32] = 4,
        [TYPE_DATE] = 4, [TYPE_IPV4] = 4, [TYPE_ENUM] = 4,     [TYPE_I64] = 8,
        [TYPE_U64] = 8,  [TYPE_F64] = 8,  [TYPE_DATETIME] = 8, [TYPE_ETAG] = 0,
    };
    const uint8_t size = sizes[type->kind];

    if (type->kind == TYPE_OBJECT || type->kind == TYPE_UNION)
        return declared_size(type->declaration);
    return size != 0 ? (struct size){size, size} : (struct size){16, 8};
}

/* ---- bounds ------------------------------------------------------------------------------------ */

struct held {
    const struct held *outer;
    const struct declaration *declaration;
};

struct bound {
    uint64_t text;            /* bytes of text there are at most */
    uint64_t widest;          /* of an item of a list or map, in C */
    uint64_t held;            /* of an optional that is held by pointer */
    const struct held *outer; /* declarations being looked at: one that holds itself has no bound */
};

/* What a value takes beyond its own struct, by its declaration. */
static uint64_t declared(struct bound *bound, const struct type *type)
{
    uint64_t sum = 0;

    if (type->kind == TYPE_ARRAY || type->kind == TYPE_MAP) {
        const uint64_t item = plain_size(type->element).bytes + (type->kind == TYPE_MAP ? 16 : 0);
        const uint64_t most = bound->text / ITEM_TEXT_BYTES + 1;
        uint64_t count = type->constraints.has_length_max ? least(type->constraints.length_max, most) : most;
        const uint64_t inner = declared(bound, type->element);

        bound->widest = item > bound->widest ? item : bound->widest;
        count = count < 4 ? 4 : count;
        sum = add(multiply(multiply(GROWTH, count), item), multiply(count, inner));
    } else if (type->kind == TYPE_OBJECT || type->kind == TYPE_UNION) {
        const struct declaration *const declaration = type->declaration;
        const struct held own = {bound->outer, declaration};

        for (const struct held *outer = bound->outer; outer != NULL; outer = outer->outer) {
            if (outer->declaration == declaration)
                return UINT64_MAX;
        }
        bound->outer = &own;
        for (size_t i = 0; i < declaration->properties_count; i++) {
            const struct property *const property = &declaration->properties[i];
            if (property->by_pointer) {
                const uint64_t held = plain_size(property->type).bytes + ALIGNMENT;
                bound->held = held > bound->held ? held : bound->held;
                sum = add(sum, held);
            }
            sum = add(sum, declared(bound, property->type));
        }
        bound->outer = own.outer;
    }
    return sum;
}

/* What so much text can take, whatever it says: lists of the widest items, or values held by pointer. */
static uint64_t by_text(const struct bound *bound)
{
    const uint64_t lists =
        multiply(bound->text / ITEM_TEXT_BYTES + 4, multiply(GROWTH, bound->widest + ALIGNMENT));

    return add(lists, multiply(bound->text / ITEM_TEXT_BYTES, bound->held));
}

static uint64_t of_type(const struct type *type, uint64_t text)
{
    struct bound bound = {.text = text};
    const uint64_t most = declared(&bound, type);

    return add(least(most, by_text(&bound)), text);
}

static uint64_t limit_of(const struct route *route, enum limit_key key, uint64_t standard)
{
    return route->limits[key].set ? route->limits[key].value : standard;
}

static uint64_t of_route(const struct route *route)
{
    const uint64_t uri = limit_of(route, LIMIT_URI, URI_DEFAULT_BYTES);
    const uint64_t head = limit_of(route, LIMIT_HEAD, HEAD_DEFAULT_BYTES);
    const uint64_t body = route->body.max_bytes != 0 ? route->body.max_bytes : BODY_DEFAULT_BYTES;
    const bool decoded = route->body.type != NULL;
    struct size in = {0, 8};
    uint64_t sum = 0;

    if (route->handler != HANDLER_FUNCTION)
        return 0;
    for (size_t i = 0; i < route->inputs_count; i++) {
        const struct input *const input = &route->inputs[i];
        append(&in, (struct size){1, 1});
        append(&in, plain_size(input->type));
        /* Cookies and fields are slices of the head: only lists of them take memory. */
        if (input->kind == INPUT_PATH || input->kind == INPUT_QUERY)
            sum = add(sum, of_type(input->type, uri));
        else if (input->type->kind == TYPE_ARRAY)
            sum = add(sum, of_type(input->type, head));
    }
    if (route->wildcard)
        sum = add(sum, uri);
    /* A route that awaits its body keeps what it read of the head. */
    if (route->body.kind != BODY_NONE)
        sum = add(sum, end(in).bytes + 2 * ALIGNMENT);
    if (decoded)
        sum = add(sum, add(plain_size(route->body.type).bytes, of_type(route->body.type, body)));
    return least(sum, add(ARENA_BYTES, decoded ? multiply(ARENA_PER_BYTE, body) : 0));
}

void routes_memory(const struct model *model, bool json, struct output *out)
{
    struct writer writer = {.out = out};

    if (json)
        writer_open(&writer, NULL, '[');
    for (size_t i = 0; i < model->routes_count; i++) {
        const struct route *const route = &model->routes[i];
        const char *const method = route->method != NULL ? route->method : "ANY";

        if (!json) {
            output_format(out, "%12llu  %s %s\n", (unsigned long long)of_route(route), method, route->path);
            continue;
        }
        writer_open_line(&writer, NULL, '{');
        writer_text(&writer, "method", method);
        writer_text(&writer, "path", route->path);
        writer_whole(&writer, "bytes", of_route(route));
        writer_close(&writer, '}');
    }
    if (json) {
        writer_close(&writer, ']');
        output_text(out, "\n");
    }
}
