/* meter.h - how much the server holds, and a call for memory that fails. */
#ifndef METER_H
#define METER_H

#include <stddef.h>

/** Counts from here on: before anything is allocated. */
void meter_install(void);
/** What is held now. */
size_t meter_live(void);
/** The peak is what is held now. */
void meter_begin(void);
/** The most since then. */
size_t meter_peak(void);
/** The nth call from now on gets NULL; 0: none. @return how many there were since the last time */
size_t meter_fail(size_t nth);

#endif
