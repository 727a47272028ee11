/* imports.c - which libraries does a file import, and what do they declare? Each file is read and checked
 * once, before the one that imports it. */
#include <stdlib.h>
#include <string.h>

#include "check/check.h"
#include "passes.h"

/* Libraries that import libraries. */
#define DEPTH_MAX 50

/* A file that was read. */
struct unit {
    const struct statement *declared; /* its `library` or `service` statement */
    struct library *library;          /* NULL for what is not one */
    bool busy;                        /* being checked: who imports it now closes a circle */
    const struct statement *imported; /* the first import of it; NULL for the file at hand */
    struct table entities, guards;
};

/* Its name without folders. */
static const char *file_name(const char *path)
{
    const char *const slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

/* What the file is called wherever it is imported from. */
static const char *identity(struct arena *arena, const char *path)
{
    char *const whole = realpath(path, NULL);
    const char *const copy =
        arena_copy(arena, whole != NULL ? whole : path, strlen(whole != NULL ? whole : path));

    free(whole);
    return copy;
}

static bool path_allowed(struct check *check, const struct value *value)
{
    const size_t length = value->length;
    bool good = length > 6 && strcmp(value->text + length - 6, ".flare") == 0 && value->text[0] != '/' &&
                value->text[length - 7] != '/';

    for (size_t i = 0; i < length; i++)
        good = good && (unsigned char)value->text[i] >= ' ' && value->text[i] != 0x7f;
    if (!good)
        diag_help(diag_report(check->diags, CODE_IMPORT, value->place,
                              "this is not the path of a .flare file beside this one"),
                  "write a relative path, such as \"money.flare\" or \"../common/money.flare\"");
    return good;
}

/* As seen from the folder of the file that imports it. */
const char *path_from_here(struct check *check, const char *path)
{
    const char *const here = check->tree->source->name;
    const size_t folder = (size_t)(file_name(here) - here);

    while (strncmp(path, "./", 2) == 0)
        path += 2;
    return arena_format(check->arena, "%.*s%s", (int)folder, here, path);
}

static void not_a_library(struct check *check, const struct statement *statement,
                          const struct statement *declared)
{
    struct diagnostic *const diagnostic = diag_report(check->diags, CODE_IMPORT_KIND, statement->value->place,
                                                      "'%s' is not a library", statement->value->text);

    diag_also(diagnostic, declared->place, "it is a service");
    diag_help(diagnostic, "move what is shared into a file that starts with 'library NAME;'");
}

static void circle(struct check *check, const struct statement *statement, const struct unit *unit)
{
    struct diagnostic *const diagnostic =
        diag_report(check->diags, CODE_IMPORT_CIRCLE, statement->place, "'%s' imports itself in the end",
                    statement->value->text);

    diag_label(diagnostic, "it is being read because of this file");
    if (unit->imported != NULL && unit->imported != statement)
        diag_also(diagnostic, unit->imported->place, "imported first here");
    diag_help(diagnostic, "move what both need into a third library");
}

/* ---- names ------------------------------------------------------------------------------------------- */

/* Names in C begin with the library's, headers are called after its file: neither may be another's. */
static void keep_apart(struct check *check, const struct statement *statement, struct library *library)
{
    const char *const file = file_name(library->source->name);
    const bool name_clashes = table_add(&check->prefixes, check->arena, library->c_name, library) != NULL;

    if (!name_clashes && table_add(&check->headers, check->arena, file, library) == NULL)
        return;
    diag_help(diag_report(check->diags, CODE_C_NAME_CLASH, statement->place,
                          name_clashes ? "another library or service is called '%s'"
                                       : "another file is called '%s'",
                          name_clashes ? library->name : file),
              "their C would clash: give one of them another name");
}

static void read_library(struct check *check, const struct statement *statement, struct library *library)
{
    const struct statement *const declared = check->service;
    const struct name none = {0};

    library->name = declared->name.text;
    library->c_name = name_snake(check->arena, declared->name.text);
    if (name_in_c(check, &declared->name, &none) != NULL)
        name_reserved(check, &declared->name, library->c_name);
    library->doc = declared->doc != NULL ? declared->doc->text : NULL;
    library->source = check->tree->source;
    library->header = arena_format(check->arena, "%s.h", file_name(library->source->name));
    keep_apart(check, statement, library);
    check->prefix = library->c_name;
    check->library = library;
}

/* ---- reading ----------------------------------------------------------------------------------- */

/* All that is of one file starts anew, all that is of the compilation goes on. */
static void check_file(struct check *check, const struct statement *statement, const struct tree *tree,
                       struct unit *unit)
{
    struct check inner = *check;

    inner.tree = tree;
    inner.broken = tree->broken;
    inner.service = NULL;
    inner.entities = inner.guards = inner.modules = (struct table){0};
    inner.order = (struct entity_vector){0};
    inner.imports = (struct library_vector){0};
    inner.names = NULL;
    inner.alias_depth = 0;
    inner.import_depth++;
    check_shape(&inner);
    unit->declared = inner.service;
    if (inner.service != NULL && inner.service->kind == STATEMENT_LIBRARY) {
        struct library *const library = ARENA_NEW(check->arena, struct library);
        read_library(&inner, statement, library);
        check_imports(&inner);
        check_names(&inner);
        check_types(&inner);
        check_recursion(&inner);
        check_guards(&inner);
        library->imports = inner.imports.items;
        library->imports_count = inner.imports.count;
        VECTOR_ADD(check->arena, inner.libraries, library);
        unit->library = library;
        unit->entities = inner.entities;
        unit->guards = inner.guards;
    }
    inner.tree = check->tree;
    inner.broken = check->broken;
    inner.service = check->service;
    inner.entities = check->entities;
    inner.guards = check->guards;
    inner.modules = check->modules;
    inner.order = check->order;
    inner.imports = check->imports;
    inner.names = check->names;
    inner.alias_depth = check->alias_depth;
    inner.import_depth = check->import_depth;
    inner.prefix = check->prefix;
    inner.library = check->library;
    *check = inner;
}

/* The file's unit, read if it was not yet; NULL, reported, where that fails. */
static struct unit *unit_of(struct check *check, const struct statement *statement)
{
    const char *const path = path_from_here(check, statement->value->text);
    const char *const key = identity(check->arena, path);
    struct unit *unit = table_find(&check->units, key);
    const struct source *source;
    const char *why = "";

    if (unit != NULL && unit->busy) {
        circle(check, statement, unit);
        return NULL;
    }
    if (unit != NULL)
        return unit;
    if (check->import_depth == DEPTH_MAX) {
        diag_report(check->diags, CODE_TOO_DEEP, statement->place, "this goes through too many libraries");
        return NULL;
    }
    source = source_open(check->arena, path, &why);
    if (source == NULL) {
        diag_label(diag_report(check->diags, CODE_IMPORT, statement->value->place, "'%s' can't be read",
                               statement->value->text),
                   "%s", why);
        return NULL;
    }
    unit = ARENA_NEW(check->arena, struct unit);
    unit->busy = true;
    unit->imported = statement;
    table_add(&check->units, check->arena, key, unit);
    VECTOR_ADD(check->arena, check->files, source->name);
    check_file(check, statement, parse_source(check->arena, source, check->diags), unit);
    unit->busy = false;
    return unit;
}

void check_imports(struct check *check)
{
    if (check->import_depth == 0) {
        struct unit *const own = ARENA_NEW(check->arena, struct unit);
        const char *const name = check->tree->source->name;
        own->busy = true;
        own->declared = check->service;
        table_add(&check->units, check->arena, identity(check->arena, name), own);
        table_add(&check->prefixes, check->arena, check->prefix, own);
        table_add(&check->headers, check->arena, file_name(name), own);
        VECTOR_ADD(check->arena, check->files, name);
    }
    for (const struct statement *statement = check->tree->first; statement != NULL;
         statement = statement->next) {
        if (statement->kind != STATEMENT_IMPORT)
            continue;
        struct unit *const unit = path_allowed(check, statement->value) ? unit_of(check, statement) : NULL;
        check->lacks_import = check->lacks_import || unit == NULL || unit->library == NULL;
        if (unit == NULL)
            continue;
        if (unit->library == NULL && unit->declared != NULL)
            not_a_library(check, statement, unit->declared);
        if (unit->library == NULL)
            continue;
        if (table_add(&check->modules, check->arena, unit->library->name, unit) != NULL)
            diag_report(check->diags, CODE_DUPLICATE, statement->place, "the library '%s' is imported twice",
                        unit->library->name);
        else
            VECTOR_ADD(check->arena, check->imports, unit->library);
    }
}

/* ---- what they declare ------------------------------------------------------------------------- */

static void unknown_module(struct check *check, const struct name *module)
{
    struct diagnostic *diagnostic;

    if (check->lacks_import || check->broken)
        return;
    diagnostic = diag_report(check->diags, CODE_UNKNOWN_MODULE, module->place,
                             "no library '%s' is imported here", module->text);
    diag_help(diagnostic, "import it: import \"%s.flare\";", module->text);
}

struct entity *import_type(struct check *check, const struct name *module, const struct name *name)
{
    const struct unit *const unit = table_find(&check->modules, module->text);
    struct entity *entity;

    if (unit == NULL) {
        unknown_module(check, module);
        return NULL;
    }
    entity = table_find(&unit->entities, name->text);
    if (entity == NULL && !check->lacks_import)
        diag_report(check->diags, CODE_UNKNOWN_TYPE, name->place, "the library '%s' declares no type '%s'",
                    module->text, name->text);
    return entity;
}

struct entity *import_guard(struct check *check, const struct name *module, const struct name *name)
{
    const struct unit *const unit = table_find(&check->modules, module->text);
    struct entity *entity;

    if (unit == NULL) {
        unknown_module(check, module);
        return NULL;
    }
    entity = table_find(&unit->guards, name->text);
    if (entity == NULL && !check->lacks_import)
        diag_report(check->diags, CODE_UNKNOWN_GUARD, name->place, "the library '%s' declares no guard '%s'",
                    module->text, name->text);
    return entity;
}
