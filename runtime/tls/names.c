#include "tls/names.h"

#include <flare/memory.h>

#include <stdlib.h>

/* RFC 1035, section 2.3.4 */
enum { NAME_MAX_BYTES = 255 };

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* A star stands for the whole of the first label, or for nothing that can match. */
static bool usable(flare_str text)
{
    if (text.len == 0 || text.len > NAME_MAX_BYTES || memchr(text.ptr, '\0', text.len) != NULL)
        return false;
    const char *const star = memchr(text.ptr, '*', text.len);

    return star == NULL || (star == text.ptr && text.len > 2 && text.ptr[1] == '.' &&
                            memchr(text.ptr + 1, '*', text.len - 1) == NULL);
}

bool flarei_tls_names_add(struct flarei_tls_names *names, flare_str text, uint32_t value)
{
    char *copy;

    if (!usable(text))
        return true;
    if (names->count == names->capacity) {
        const size_t capacity = names->capacity ? names->capacity * 2 : 8;
        struct flarei_tls_name *const grown = flarei_realloc(names->items, capacity * sizeof *grown);

        if (grown == NULL)
            return false;
        names->items = grown;
        names->capacity = capacity;
    }
    copy = flarei_malloc(text.len);
    if (copy == NULL)
        return false;
    for (size_t i = 0; i < text.len; i++)
        copy[i] = lower(text.ptr[i]);
    names->items[names->count++] = (struct flarei_tls_name){{copy, text.len}, value};
    return true;
}

static int compare_texts(flare_str a, flare_str b)
{
    const size_t shorter = a.len < b.len ? a.len : b.len;
    const int order = memcmp(a.ptr, b.ptr, shorter);

    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare(const void *a, const void *b)
{
    const struct flarei_tls_name *const one = a, *const other = b;
    const int order = compare_texts(one->text, other->text);

    return order != 0 ? order : (one->value > other->value) - (one->value < other->value);
}

void flarei_tls_names_sort(struct flarei_tls_names *names)
{
    if (names->count > 1)
        qsort(names->items, names->count, sizeof *names->items, compare);
}

/* The first of those equal to `text`. */
static bool find(const struct flarei_tls_names *names, flare_str text, uint32_t *value)
{
    size_t from = 0, to = names->count;

    while (from < to) {
        const size_t middle = from + (to - from) / 2;

        if (compare_texts(names->items[middle].text, text) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    if (from == names->count || compare_texts(names->items[from].text, text) != 0)
        return false;
    *value = names->items[from].value;
    return true;
}

bool flarei_tls_names_find(const struct flarei_tls_names *names, flare_str asked, uint32_t *value)
{
    char text[NAME_MAX_BYTES + 1];
    const char *dot;

    if (asked.len > 0 && asked.ptr[asked.len - 1] == '.')
        asked.len--;
    if (asked.len == 0 || asked.len > NAME_MAX_BYTES || memchr(asked.ptr, '*', asked.len) != NULL)
        return false;
    for (size_t i = 0; i < asked.len; i++)
        text[i] = lower(asked.ptr[i]);
    if (find(names, (flare_str){text, asked.len}, value))
        return true;
    dot = memchr(text, '.', asked.len);
    if (dot == NULL || dot == text)
        return false;
    text[dot - text - 1] = '*';
    return find(names, (flare_str){dot - 1, asked.len - (size_t)(dot - 1 - text)}, value);
}

void flarei_tls_names_free(struct flarei_tls_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        flarei_free((void *)(uintptr_t)names->items[i].text.ptr);
    flarei_free(names->items);
    *names = (struct flarei_tls_names){NULL, 0, 0};
}
