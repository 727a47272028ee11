/* yyjson as a contender on texts of megabytes: parses into a pool and reads every value. */
#include "contender.h"

#include "yyjson.h"

static char *pool;
static const size_t pool_bytes = (size_t)256 << 20;
static uint64_t total;

/* Values in the order of the text; a null is none. */
static uint64_t digest_value(uint64_t digest, yyjson_val *value)
{
    size_t index, count;
    yyjson_val *name, *item;

    switch (yyjson_get_type(value)) {
    case YYJSON_TYPE_STR:
        return digest_bytes(digest, yyjson_get_str(value), yyjson_get_len(value));
    case YYJSON_TYPE_BOOL:
        return digest_u64(digest, yyjson_get_bool(value));
    case YYJSON_TYPE_NUM:
        return yyjson_is_real(value) ? digest_f64(digest, yyjson_get_real(value))
                                     : digest_u64(digest, yyjson_get_uint(value));
    case YYJSON_TYPE_ARR:
        yyjson_arr_foreach(value, index, count, item) digest = digest_value(digest, item);
        return digest;
    case YYJSON_TYPE_OBJ:
        yyjson_obj_foreach(value, index, count, name, item) digest = digest_value(digest, item);
        return digest;
    default:
        return digest;
    }
}

static uint64_t read_value(yyjson_val *value)
{
    uint64_t sum = 0;
    size_t index, count;
    yyjson_val *name, *item;
    double real;

    switch (yyjson_get_type(value)) {
    case YYJSON_TYPE_STR:
        return (uint64_t)(uintptr_t)yyjson_get_str(value) + yyjson_get_len(value);
    case YYJSON_TYPE_BOOL:
        return yyjson_get_bool(value);
    case YYJSON_TYPE_NUM:
        if (!yyjson_is_real(value))
            return yyjson_get_uint(value);
        real = yyjson_get_real(value);
        memcpy(&sum, &real, sizeof sum);
        return sum;
    case YYJSON_TYPE_ARR:
        yyjson_arr_foreach(value, index, count, item) sum += read_value(item);
        return sum;
    case YYJSON_TYPE_OBJ:
        yyjson_obj_foreach(value, index, count, name, item) sum += read_value(item);
        return sum;
    default:
        return 0;
    }
}

static yyjson_doc *parse(const struct text *text)
{
    yyjson_alc allocator;

    yyjson_alc_pool_init(&allocator, pool, pool_bytes);
    return yyjson_read_opts(text->bytes, text->length, 0, &allocator, NULL);
}

static bool decode(const struct text *text)
{
    yyjson_doc *const parsed = parse(text);

    if (parsed == NULL)
        return false;
    total += read_value(yyjson_doc_get_root(parsed));
    keep(&total);
    return true;
}

int main(int count, char **arguments)
{
    struct text text;

    if (count != 3)
        return 2;
    text = text_load(arguments[1]);
    pool = malloc(pool_bytes);
    if (pool == NULL || !decode(&text)) {
        fprintf(stderr, "the text is refused\n");
        return 1;
    }
    return contend(&text, decode,
                   digest_value(UINT64_C(14695981039346656037), yyjson_doc_get_root(parse(&text))));
}
