/* Files of options: every line is an option, a comment, empty or told to be none, and what is read is where
 * it stands in the file.
 *
 * Target: runtime/server/config.c
 */
#include "fuzz.h"

#include "server/config.h"

static unsigned lines_in(const uint8_t *data, size_t size)
{
    unsigned lines = 1;

    for (size_t i = 0; i < size; i++)
        lines += data[i] == '\n';
    return lines;
}

static bool bare(const char *text)
{
    const size_t length = strlen(text);

    return length == 0 || (strchr(" \t\r", text[0]) == NULL && strchr(" \t\r", text[length - 1]) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *const text = (char *)malloc(size + 1);
    struct flarei_config config = {.at = text};
    const char *name, *value;
    unsigned line = 0, options = 0;

    if (text == NULL)
        abort();
    for (size_t i = 0; i < size; i++)
        text[i] = data[i] == 0 ? ' ' : (char)data[i];
    text[size] = '\0';
    while (flarei_config_next(&config, &name, &value)) {
        FUZZ_CHECK(config.line > line && config.line <= lines_in(data, size));
        line = config.line;
        FUZZ_CHECK(name >= text && name < value && value <= text + size);
        FUZZ_CHECK(name[0] != '\0' && name[0] != '#' && strpbrk(name, "=\n") == NULL);
        FUZZ_CHECK(strchr(value, '\n') == NULL && bare(name) && bare(value));
        FUZZ_PLANT(++options == 3 && strcmp(name, "workers") == 0);
    }
    FUZZ_CHECK(config.wrong != NULL || *config.at == '\0');
    free(text);
    (void)options;
    return 0;
}
