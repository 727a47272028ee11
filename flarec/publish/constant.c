/* constant.c - defaults as JSON. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/check.h"
#include "publish/publish.h"

const char *number_text(struct arena *arena, enum type_kind kind, const struct number *number)
{
    char text[40];

    if (kind != TYPE_F32 && kind != TYPE_F64)
        return arena_format(arena, "%s%llu", number->negative ? "-" : "",
                            (unsigned long long)number->magnitude);
    if (number->real > -1e15 && number->real < 1e15 && number->real == (double)(int64_t)number->real)
        return arena_format(arena, "%lld", (long long)number->real);
    for (int precision = 1; precision <= 17; precision++) {
        snprintf(text, sizeof text, "%.*g", precision, number->real);
        if (strtod(text, NULL) == number->real)
            break;
    }
    return arena_copy(arena, text, strlen(text));
}

const char *base64_text(struct arena *arena, const char *bytes, size_t length)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *const text = arena_alloc(arena, (length + 2) / 3 * 4 + 1);
    char *to = text;

    for (size_t i = 0; i < length; i += 3) {
        const size_t count = length - i < 3 ? length - i : 3;
        uint32_t group = 0;

        for (size_t k = 0; k < 3; k++)
            group = group << 8 | (k < count ? (unsigned char)bytes[i + k] : 0u);
        for (size_t k = 0; k < 4; k++)
            *to++ = k <= count ? letters[group >> (18 - 6 * k) & 63] : '=';
    }
    *to = '\0';
    return text;
}

void constant_write(struct publisher *publisher, const char *key, const struct type *type,
                    const struct constant *constant, enum standing standing)
{
    struct writer *const writer = &publisher->writer;

    if (type->kind == TYPE_ARRAY) {
        writer_open_line(writer, key, '[');
        for (size_t i = 0; i < constant->items_count; i++)
            constant_write(publisher, NULL, type->element, &constant->items[i], standing);
        writer_close(writer, ']');
    } else if (type->kind == TYPE_BOOL) {
        writer_bool(writer, key, constant->boolean);
    } else if (type->kind == TYPE_ENUM) {
        writer_text(writer, key, constant->member->name);
    } else if (type_is_number(type->kind)) {
        const char *const text = number_text(publisher->arena, type->kind, &constant->number);
        if (type->constraints.as_text && standing == STANDING_JSON)
            writer_text(writer, key, text);
        else
            writer_raw(writer, key, text);
    } else if (type->kind == TYPE_BYTES && standing == STANDING_JSON) {
        writer_text(writer, key, base64_text(publisher->arena, constant->text, constant->length));
    } else {
        writer_text_of(writer, key, constant->text, constant->length);
    }
}
