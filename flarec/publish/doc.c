/* doc.c - doc comments: words and examples. */
#include <string.h>

#include "publish/publish.h"

#define EXAMPLE        "@example"
#define EXAMPLE_LENGTH (sizeof EXAMPLE - 1)

/* The example on a line, or NULL. */
static const char *example_of(const char *line, size_t length)
{
    while (length != 0 && (*line == ' ' || *line == '\t')) {
        line++;
        length--;
    }
    if (length < EXAMPLE_LENGTH || memcmp(line, EXAMPLE, EXAMPLE_LENGTH) != 0)
        return NULL;
    line += EXAMPLE_LENGTH;
    length -= EXAMPLE_LENGTH;
    return length == 0 || *line == ' ' || *line == '\t' ? line : NULL;
}

static size_t line_length(const char *line)
{
    return strcspn(line, "\n");
}

const char *doc_words(struct arena *arena, const char *doc)
{
    char *const words = doc != NULL ? arena_alloc(arena, strlen(doc) + 2) : NULL;
    size_t length = 0;

    if (doc == NULL)
        return NULL;
    while (*doc != '\0') {
        const size_t line = line_length(doc);

        if (example_of(doc, line) == NULL) {
            memcpy(words + length, doc, line);
            length += line;
            words[length++] = '\n';
        }
        doc += line + (doc[line] == '\n');
    }
    while (length != 0 && (words[length - 1] == '\n' || words[length - 1] == ' '))
        length--;
    words[length] = '\0';
    return length != 0 ? words : NULL;
}

const char *doc_example(struct arena *arena, const char **at)
{
    while (*at != NULL && **at != '\0') {
        const char *const line = *at;
        const size_t length = line_length(line);
        const char *start = example_of(line, length);

        *at = line + length + (line[length] == '\n');
        if (start == NULL)
            continue;
        const char *end = line + length;
        while (start != end && (*start == ' ' || *start == '\t'))
            start++;
        while (end != start && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
            end--;
        return arena_copy(arena, start, (size_t)(end - start));
    }
    return NULL;
}

void doc_split(struct arena *arena, const char *doc, const char **summary, const char **description)
{
    const char *const words = doc_words(arena, doc);

    *summary = *description = NULL;
    if (words == NULL)
        return;
    const size_t length = line_length(words);
    *summary = arena_copy(arena, words, length);
    if (words[length] != '\0')
        *description = words;
}
