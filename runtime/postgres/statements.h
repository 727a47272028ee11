/* postgres/statements.h - which texts a connection has prepared, and under what names. */
#ifndef FLAREI_POSTGRES_STATEMENTS_H
#define FLAREI_POSTGRES_STATEMENTS_H

#include <flare/str.h>

/** Room for a name. */
#define FLAREI_POSTGRES_STATEMENT_NAME_BYTES 16

struct flarei_postgres_statement {
    struct flarei_postgres_statement *next; /* of its chain */
    uint64_t hash;
    size_t len;
    bool prepared; /* it is, or will be when what is on its way has arrived */
    char name[FLAREI_POSTGRES_STATEMENT_NAME_BYTES];
    char sql[];
};

struct flarei_postgres_statements {
    struct flarei_postgres_statement *chains[64];
    uint32_t count;
};

/** Finds a text, or adds it, not prepared. @return NULL where there are enough, or without memory */
struct flarei_postgres_statement *
flarei_postgres_statement_find(struct flarei_postgres_statements *statements, const char *sql);

/** Frees all. */
void flarei_postgres_statements_clear(struct flarei_postgres_statements *statements);

#endif
