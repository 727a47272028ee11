/* table.h - the last value of each series. Handlers of all workers share one table; its lock is theirs to
 * take. */
#ifndef TABLE_H
#define TABLE_H

#include "ingest.flare.h"

enum { TABLE_SERIES_MAX = 4096 };

struct table;

struct table *table_new(void);
void table_free(struct table *table);

void table_lock(struct table *table);
void table_unlock(struct table *table);

/* Between table_lock() and table_unlock(). */

/* Makes room for a series; false where there is none. */
bool table_reserve(struct table *table, flare_str name);
/* Of a series that has room: keeps its latest point, less the offset, and returns how many points it brought.
 */
uint64_t table_add(struct table *table, const ingest_series *series, double offset);

#endif
