#include "postgres/statements.h"

#include "base/hash.h"

#include <flare/memory.h>
#include <flare/postgres.h>

#include <stdio.h>

enum { CHAINS = sizeof((struct flarei_postgres_statements *)0)->chains / sizeof(void *) };

struct flarei_postgres_statement *
flarei_postgres_statement_find(struct flarei_postgres_statements *statements, const char *sql)
{
    const flare_str text = flare_str_of(sql);
    const uint64_t hash = flarei_hash64(text);
    struct flarei_postgres_statement **const chain = &statements->chains[hash % CHAINS];
    struct flarei_postgres_statement *statement;

    for (statement = *chain; statement != NULL; statement = statement->next)
        if (statement->hash == hash && statement->len == text.len &&
            memcmp(statement->sql, text.ptr, text.len) == 0)
            return statement;
    if (statements->count == FLARE_POSTGRES_STATEMENTS_MAX)
        return NULL;
    statement = flarei_malloc(sizeof *statement + text.len + 1);
    if (statement == NULL)
        return NULL;
    *statement = (struct flarei_postgres_statement){.next = *chain, .hash = hash, .len = text.len};
    memcpy(statement->sql, sql, text.len + 1);
    (void)snprintf(statement->name, sizeof statement->name, "flare%u", statements->count);
    *chain = statement;
    statements->count++;
    return statement;
}

void flarei_postgres_statements_clear(struct flarei_postgres_statements *statements)
{
    for (size_t i = 0; i < CHAINS; i++)
        while (statements->chains[i] != NULL) {
            struct flarei_postgres_statement *const statement = statements->chains[i];

            statements->chains[i] = statement->next;
            flarei_free(statement);
        }
    statements->count = 0;
}
