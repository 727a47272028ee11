/* warnings.c - what is allowed and can't be meant. Each is so wherever it stands: a warning is never a matter
 * of taste. */
#include <string.h>

#include "check/check.h"

/* ---- ranges --------------------------------------------------------------------------------------- */

/* The integer type of a word; TYPE_BOOL for any other. */
static enum type_kind integer_of(const struct name *name)
{
    for (enum type_kind kind = TYPE_I8; kind <= TYPE_U64; kind++) {
        const struct type type = {.kind = kind};
        if (strcmp(type_words(&type), name->text) == 0)
            return kind;
    }
    return TYPE_BOOL;
}

static bool takes_all(const struct type_node *type, const struct value *range)
{
    const enum type_kind kind = integer_of(&type->name);
    const struct value *const low = range->low, *const high = range->high;

    if (kind != TYPE_BOOL)
        return (low == NULL ||
                (low->kind == VALUE_INTEGER && number_compare(number_of(low), type_least(kind)) == 0)) &&
               (high == NULL ||
                (high->kind == VALUE_INTEGER && number_compare(number_of(high), type_greatest(kind)) == 0));
    return strcmp(type->name.text, "string") == 0 && high == NULL && low != NULL &&
           low->kind == VALUE_INTEGER && low->whole == 0;
}

static void warn_ranges(struct check *check, const struct type_node *type)
{
    for (; type != NULL; type = type->element) {
        if (type->form != FORM_NAME || type->module.text != NULL)
            continue;
        for (const struct argument *argument = type->args.first; argument != NULL;
             argument = argument->next) {
            const struct value *const value = argument->value;
            if (argument->label.text == NULL && value->kind == VALUE_RANGE && takes_all(type, value))
                diag_help(diag_report(check->diags, CODE_IDLE_RANGE, value->place,
                                      "every %s is in this range", type->name.text),
                          "remove it, or narrow it");
        }
    }
}

/* ---- statements --------------------------------------------------------------------------------------- */

static bool holds_route(const struct statement *group)
{
    for (const struct statement *at = group->block->first; at != NULL; at = at->next) {
        if (at->kind == STATEMENT_ROUTE || (at->kind == STATEMENT_GROUP && holds_route(at)))
            return true;
    }
    return false;
}

/* `within`: an outer group is empty, which is said already. */
static void warn_statements(struct check *check, const struct statement *statement, bool within)
{
    for (; statement != NULL; statement = statement->next) {
        const bool empty = statement->kind == STATEMENT_GROUP && !holds_route(statement);
        if (empty && !within)
            diag_help(diag_report(check->diags, CODE_EMPTY_GROUP, statement->path.place,
                                  "the group %s has no routes", statement->path.text),
                      "add one, or remove the group");
        warn_ranges(check, statement->type);
        if (statement->content != NULL)
            warn_ranges(check, statement->content->type);
        for (const struct field *field = statement->fields; field != NULL; field = field->next)
            warn_ranges(check, field->type);
        if (statement->block != NULL)
            warn_statements(check, statement->block->first, within || empty);
    }
}

void check_warnings(struct check *check)
{
    if (check->broken || check->diags->errors > 0)
        return;
    warn_statements(check, check->tree->first, false);
}
