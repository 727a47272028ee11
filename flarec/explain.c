#include "explain.h"

#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "pack.h"

extern const struct pack_file explain_pages[];

const struct pack_file *pack_find(const struct pack_file *files, const char *name)
{
    for (; files->name != NULL; files++) {
        if (strcmp(files->name, name) == 0)
            return files;
    }
    return NULL;
}

bool explain_write(const char *code, FILE *to)
{
    const char *const digits = *code == 'F' || *code == 'f' ? code + 1 : code;
    char *end;
    const unsigned long number = strtoul(digits, &end, 10);
    const struct code_info *const info =
        *end == '\0' && end != digits && number < 10000 ? code_info((unsigned)number) : NULL;
    char name[16];

    if (info == NULL) {
        fprintf(stderr, "flarec: there is no code '%s'; 'flarec explain' lists them\n", code);
        return false;
    }
    snprintf(name, sizeof name, "%s.md", info->text);
    const struct pack_file *const page = pack_find(explain_pages, name);
    if (page == NULL)
        fprintf(to, "%s: %s\n", info->text, info->title);
    else
        fwrite(page->text, 1, page->length, to);
    return true;
}

void explain_list(FILE *to)
{
    size_t count;
    const struct code_info *const infos = code_all(&count);

    for (size_t i = 0; i < count; i++)
        fprintf(to, "%s  %s\n", infos[i].text, infos[i].title);
}
