/* memory.c - `flarec routes --memory`: how many bytes of a request's own memory its inputs can take at most.
 *
 * Three bounds, of which the least counts:
 *   declared  what the types can hold: of a list or map 4 times its greatest count of items, since room
 * doubles and what was too small stays until the request ends; of each text a block of its own; of each
 *             optional that holds its own type, that
 *   text      what so many bytes of text can say: an item takes at least 2 of them
 *   limit     the arena's own: 1 MiB, and 8 bytes more for each byte of a body of JSON
 * Unescaped text takes no more than it was long, and once more where it is bytes; it is counted with each
 * bound but the last. The body as it came is not counted: it is collected before, up to its own limit. Nor is
 * what the user's own functions take. tests/bound compares the figures with the peaks of requests made at
 * random. */
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
#define LIST_BYTES         (32 * ALIGNMENT) /* each growth is rounded up */
#define SCALAR_BYTES       (2 * ALIGNMENT)  /* a text unescaped and decoded, each rounded up */
#define INDEX_BYTES        4                /* of an item, where no two may be alike */
#define REQUEST_ID_BYTES   32
#define PHASE_BYTES        32
#define FORM_ITEMS_MAX     1000
#define UPLOAD_BYTES       4096 /* the parser of a multipart body */
#define PART_BYTES         256  /* what is known of a part */
#define PART_MEMORY_BYTES  2048 /* its first memory, twice: it doubles */
#define PART_TEXT_BYTES    40   /* a part is not shorter */

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

static uint64_t greatest(uint64_t left, uint64_t right)
{
    return left > right ? left : right;
}

/* ---- sizes in C, on a machine of 64 bits ----------------------------------------------------------------
 */

struct size {
    uint64_t bytes, alignment;
};

/* What was found out about a declaration; by its index. */
struct known {
    struct size size; /* alignment is 0 where nobody asked */
    unsigned round;   /* of the bound that `declared` is for */
    bool busy;        /* being looked at: it holds itself */
    uint64_t declared;
};

struct memory {
    const struct model *model;
    struct known *known;
    unsigned round;
    bool *guards; /* by index: counted for the route at hand */
};

static struct size plain_size(struct memory *memory, const struct type *type);

static void append(struct size *all, struct size member)
{
    all->bytes = (all->bytes + member.alignment - 1) / member.alignment * member.alignment + member.bytes;
    all->alignment = greatest(member.alignment, all->alignment);
}

static struct size end(struct size all)
{
    all.bytes = (all.bytes + all.alignment - 1) / all.alignment * all.alignment;
    return all;
}

static struct size property_size(struct memory *memory, const struct declaration *declaration,
                                 const struct property *property)
{
    struct size size = {0, 1};

    if (property->by_pointer)
        return (struct size){8, 8};
    if (!property->type->optional && !declaration->patch)
        return plain_size(memory, property->type);
    append(&size, (struct size){declaration->patch && property->type->optional ? 2 : 1, 1});
    append(&size, plain_size(memory, property->type));
    return end(size);
}

static struct size declared_size(struct memory *memory, const struct declaration *declaration)
{
    struct size all = {0, 1}, arms = {0, 1};
    struct size *const known = &memory->known[declaration->index].size;

    if (known->alignment != 0)
        return *known;
    if (declaration->kind != DECLARATION_UNION) {
        for (size_t i = 0; i < declaration->properties_count; i++)
            append(&all, property_size(memory, declaration, &declaration->properties[i]));
        return *known = end(all);
    }
    for (size_t i = 0; i < declaration->properties_count; i++) {
        const struct size arm = plain_size(memory, declaration->properties[i].type);
        arms.bytes = greatest(arm.bytes, arms.bytes);
        arms.alignment = greatest(arm.alignment, arms.alignment);
    }
    append(&all, (struct size){4, 4});
    append(&all, arms);
    return *known = end(all);
}

/* The rest are slices, lists, maps and addresses. */
static struct size plain_size(struct memory *memory, const struct type *type)
{
    static const uint8_t sizes[] = {
        [TYPE_BOOL] = 1, [TYPE_I8] = 1,   [TYPE_U8] = 1,       [TYPE_I16] = 2,
        [TYPE_U16] = 2,  [TYPE_I32] = 4,  [TYPE_U32] = 4,      [TYPE_F32] = 4,
        [TYPE_DATE] = 4, [TYPE_IPV4] = 4, [TYPE_ENUM] = 4,     [TYPE_I64] = 8,
        [TYPE_U64] = 8,  [TYPE_F64] = 8,  [TYPE_DATETIME] = 8, [TYPE_BASIC] = 0,
    };
    const uint8_t size = sizes[type->kind];

    if (type->kind == TYPE_OBJECT || type->kind == TYPE_UNION)
        return declared_size(memory, type->declaration);
    if (type->kind == TYPE_FILE)
        return (struct size){72, 8};
    if (type->kind == TYPE_BASIC)
        return (struct size){32, 8};
    return size != 0 ? (struct size){size, size} : (struct size){16, 8};
}

/* ---- bounds ---------------------------------------------------------------------------------------------
 */

struct bound {
    struct memory *memory;
    uint64_t text;   /* bytes of text there are at most */
    uint64_t widest; /* of an item of a list or map, in C */
    uint64_t held;   /* of an optional that is held by pointer */
};

static uint64_t declared(struct bound *bound, const struct type *type);

static uint64_t declared_list(struct bound *bound, const struct type *type)
{
    const bool map = type->kind == TYPE_MAP;
    const uint64_t item = plain_size(bound->memory, type->element).bytes + (map ? 16 : 0);
    const uint64_t most = bound->text / ITEM_TEXT_BYTES + 1;
    const uint64_t count =
        greatest(type->constraints.has_length_max ? least(type->constraints.length_max, most) : most, 4);
    const uint64_t inner = add(declared(bound, type->element), map ? SCALAR_BYTES : 0);
    const uint64_t each = add(multiply(GROWTH, item), map || type->constraints.unique ? INDEX_BYTES : 0);

    bound->widest = greatest(item, bound->widest);
    return add(multiply(count, add(each, inner)), LIST_BYTES);
}

/* What a value takes beyond its own struct, by its declaration. */
static uint64_t declared(struct bound *bound, const struct type *type)
{
    const struct declaration *const declaration = type->declaration;
    struct known *known;
    uint64_t sum = 0;

    if (type->kind == TYPE_ARRAY || type->kind == TYPE_MAP)
        return declared_list(bound, type);
    if (type->kind != TYPE_OBJECT && type->kind != TYPE_UNION)
        return type->kind <= TYPE_F64 && !type->constraints.as_text ? 0 : SCALAR_BYTES;
    known = &bound->memory->known[declaration->index];
    if (known->busy)
        return UINT64_MAX;
    if (known->round == bound->memory->round)
        return known->declared;
    known->busy = true;
    for (size_t i = 0; i < declaration->properties_count; i++) {
        const struct property *const property = &declaration->properties[i];

        if (property->by_pointer) {
            const uint64_t held = plain_size(bound->memory, property->type).bytes + ALIGNMENT;
            bound->held = greatest(held, bound->held);
            sum = add(sum, held);
        }
        sum = add(sum, declared(bound, property->type));
    }
    known->busy = false;
    known->round = bound->memory->round;
    known->declared = sum;
    return sum;
}

/* What so much text can take, whatever it says: lists of the widest items, values held by pointer, texts. */
static uint64_t by_text(const struct bound *bound)
{
    const uint64_t list = add(multiply(GROWTH, add(bound->widest, ALIGNMENT)), INDEX_BYTES);

    return multiply(bound->text / ITEM_TEXT_BYTES + 4, add(list, add(bound->held, SCALAR_BYTES)));
}

/* `values` of a type, in so much text together, but for copies of the text. */
static uint64_t of_values(struct memory *memory, const struct type *type, uint64_t text, uint64_t values)
{
    struct bound bound = {memory, text, 0, 0};
    uint64_t most;

    memory->round++;
    most = multiply(values, declared(&bound, type));
    return least(most, by_text(&bound));
}

static uint64_t copies(uint64_t times, uint64_t text)
{
    return add(multiply(times, text), 2 * ALIGNMENT);
}

/* A text that is a lone scalar is copied. */
static uint64_t of_type(struct memory *memory, const struct type *type, uint64_t text, uint64_t values)
{
    return add(of_values(memory, type, text, values), copies(2, text));
}

static uint64_t limit_of(const struct route *route, enum limit_key key, uint64_t standard)
{
    return route->limits[key].set ? route->limits[key].value : standard;
}

/* Does its text become other bytes? */
static bool is_decoded(const struct type *type)
{
    return type->kind == TYPE_BYTES || type->kind == TYPE_BASIC ||
           (type->kind == TYPE_ARRAY && is_decoded(type->element));
}

static uint64_t of_inputs(struct memory *memory, const struct route *route, const struct input *inputs,
                          size_t count, struct size *in)
{
    const uint64_t uri = limit_of(route, LIMIT_URI, URI_DEFAULT_BYTES);
    const uint64_t head = limit_of(route, LIMIT_HEAD, HEAD_DEFAULT_BYTES);
    bool in_uri = false, in_head = false;
    uint64_t sum = 0;

    for (size_t i = 0; i < count; i++) {
        const struct type *const type = inputs[i].type;
        const bool escaped = inputs[i].kind == INPUT_PATH || inputs[i].kind == INPUT_QUERY;

        append(in, (struct size){1, 1});
        append(in, plain_size(memory, type));
        in_uri = in_uri || escaped;
        in_head = in_head || (!escaped && is_decoded(type));
        sum = add(sum, of_values(memory, type, escaped ? uri : head, escaped ? 2 : 1));
    }
    /* All together are in one text. What comes twice is unescaped twice, and refused; bytes are decoded too.
     */
    sum = add(sum, in_uri ? copies(2, uri) : 0);
    /* Cookies and fields are slices of the head, but for bytes. */
    return add(sum, in_head ? copies(2, head) : 0);
}

/* What the guards before it read and give. */
static uint64_t of_uses(struct memory *memory, const struct route *route, const struct use *uses,
                        size_t count, struct size *in)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < count; i++) {
        const struct guard *const guard = uses[i].guard;
        struct size own = {0, 8};

        if (uses[i].kind == USE_REQUEST_ID)
            sum = add(sum, REQUEST_ID_BYTES);
        if (uses[i].kind != USE_GUARD || memory->guards[guard->index])
            continue;
        memory->guards[guard->index] = true;
        sum = add(sum, of_uses(memory, route, guard->uses, guard->uses_count, in));
        sum = add(sum, of_inputs(memory, route, guard->inputs, guard->inputs_count, &own));
        for (size_t k = 0; k < guard->gives_count; k++) {
            append(in, (struct size){1, 1});
            append(in, plain_size(memory, guard->gives[k].type));
            append(&own, (struct size){1, 1});
            append(&own, plain_size(memory, guard->gives[k].type));
        }
        /* An after-phase keeps what its guard gave. */
        if (guard->after)
            sum = add(sum, PHASE_BYTES + end(own).bytes);
    }
    return sum;
}

/* Bytes of text that it may be, decoded or not. */
static uint64_t body_text(const struct body *body)
{
    return greatest(body->max_bytes != 0 ? body->max_bytes : BODY_DEFAULT_BYTES, body->inflated_max_bytes);
}

static uint64_t of_body(struct memory *memory, const struct route *route, struct size *in)
{
    const struct body *const body = &route->body;
    const uint64_t most = body_text(body);
    uint64_t sum;

    if (body->type == NULL) {
        append(in, (struct size){16, 8});
        return 0;
    }
    append(in, plain_size(memory, body->type));
    sum = of_type(memory, body->type, most, body->kind == BODY_NDJSON ? most / ITEM_TEXT_BYTES + 1 : 1);
    if (body->kind == BODY_FORM)
        sum = add(sum, add(most, FORM_ITEMS_MAX * SCALAR_BYTES));
    if (body->kind == BODY_MULTIPART)
        sum = add(sum, add(UPLOAD_BYTES + multiply(GROWTH + 1, most),
                           multiply(least(FORM_ITEMS_MAX, most / PART_TEXT_BYTES),
                                    PART_BYTES + PART_MEMORY_BYTES + SCALAR_BYTES)));
    return sum;
}

uint64_t memory_bound(struct memory *memory, const struct route *route)
{
    const uint64_t body = body_text(&route->body);
    const bool raised = route->body.kind == BODY_JSON || route->body.kind == BODY_NDJSON;
    struct size in = {0, 16};
    uint64_t sum = 0;

    if (route->handler != HANDLER_FUNCTION)
        return 0;
    memset(memory->guards, 0, memory->model->guards_count * sizeof *memory->guards);
    sum = add(sum, of_uses(memory, route, memory->model->uses, memory->model->uses_count, &in));
    sum = add(sum, of_uses(memory, route, route->uses, route->uses_count, &in));
    sum = add(sum, of_inputs(memory, route, route->inputs, route->inputs_count, &in));
    /* The path with its needless escapes taken away; what a wildcard matched, unescaped. */
    sum = add(sum,
              multiply(route->wildcard ? 2 : 1, limit_of(route, LIMIT_URI, URI_DEFAULT_BYTES) + ALIGNMENT));
    if (route->body.kind != BODY_NONE) {
        sum = add(sum, of_body(memory, route, &in));
        /* A route that awaits its body keeps what it read of the head. */
        sum = add(sum, end(in).bytes + 2 * ALIGNMENT);
    }
    return least(sum, add(ARENA_BYTES, raised ? multiply(ARENA_PER_BYTE, body) : 0));
}

struct memory *memory_make(struct arena *arena, const struct model *model)
{
    struct memory *const memory = ARENA_ARRAY(arena, 1, struct memory);
    size_t indices = 1;

    for (size_t i = 0; i < model->declarations_count; i++)
        indices = (size_t)greatest(indices, (uint64_t)model->declarations[i]->index + 1);
    *memory = (struct memory){
        .model = model,
        .known = ARENA_ARRAY(arena, indices, struct known),
        .guards = ARENA_ARRAY(arena, model->guards_count + 1, bool),
    };
    return memory;
}

void routes_memory(struct arena *arena, const struct model *model, bool json, struct output *out)
{
    struct writer writer = {.out = out};
    struct memory *const memory = memory_make(arena, model);

    if (json)
        writer_open(&writer, NULL, '[');
    for (size_t i = 0; i < model->routes_count; i++) {
        const struct route *const route = &model->routes[i];
        const char *const method = route->word;

        if (!json) {
            output_format(out, "%12llu  %s %s\n", (unsigned long long)memory_bound(memory, route), method,
                          route->path);
            continue;
        }
        writer_open_line(&writer, NULL, '{');
        writer_text(&writer, "method", method);
        writer_text(&writer, "path", route->path);
        writer_whole(&writer, "bytes", memory_bound(memory, route));
        writer_close(&writer, '}');
    }
    if (json) {
        writer_close(&writer, ']');
        output_text(out, "\n");
    }
}
