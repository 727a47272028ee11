/* session/table.h - texts by digest, bounded in number, each until a time: what sessions are kept in. Any
 * thread.
 *
 * The digests are of names that only clients know. So how long a lookup takes tells nothing of a name, and
 * who reads the memory learns no name.
 */
#ifndef FLAREI_SESSION_TABLE_H
#define FLAREI_SESSION_TABLE_H

#include <flare/arena.h>
#include <flare/err.h>

#define FLAREI_DIGEST_BYTES 32u

struct flarei_table;

/** How long a text lives, in seconds: from its beginning, and from its last use (0: that does not count). */
struct flarei_lifetime {
    uint32_t max_age_s, idle_s;
};

/** @param max texts at once; the one that was longest unused, of one in 16 where there are many, gives way to
 * one more @return NULL without memory */
struct flarei_table *flarei_table_new(size_t max, struct flarei_lifetime lifetime) FLARE_MUST_USE;
void flarei_table_free(struct flarei_table *table);

/** Finds a text, which counts as its use. @param text a copy, in the arena
 *  @return FLARE_OK, FLARE_ERR_NOT_FOUND, FLARE_ERR_MEMORY */
flare_err flarei_table_find(struct flarei_table *table, const unsigned char *digest, int64_t now_s,
                            flare_arena *arena, flare_str *text) FLARE_MUST_USE;
/** Adds a text that begins now. @return FLARE_OK, FLARE_ERR_MEMORY */
flare_err flarei_table_add(struct flarei_table *table, const unsigned char *digest, int64_t now_s,
                           flare_str text) FLARE_MUST_USE;
/** Puts another text in the place of one, which began when it did. @return FLARE_OK, FLARE_ERR_NOT_FOUND,
 * FLARE_ERR_MEMORY */
flare_err flarei_table_replace(struct flarei_table *table, const unsigned char *digest, int64_t now_s,
                               flare_str text) FLARE_MUST_USE;
/** Removes it, if it is there. */
void flarei_table_remove(struct flarei_table *table, const unsigned char *digest);
/** @return texts that are held, those included whose time is over */
size_t flarei_table_count(struct flarei_table *table);

#endif
