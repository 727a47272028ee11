/* base/shared.h - memory that the processes of a supervisor have in common: counters and other plain words,
 * without pointers into a process. What is asked for by the same key is the same memory in all of them, and
 * outlives the process that asked first. Without a supervisor there is none, and callers have their own.
 *
 * A process may end at any instruction, so there is no lock: an area is written before it is shown, by one
 * store.
 */
#ifndef FLAREI_BASE_SHARED_H
#define FLAREI_BASE_SHARED_H

#include <flare/str.h>

/** Shares memory out from here on, and draws the seeds of hashes, which processes must have alike. In the
 * supervisor, before the first fork.
 *  @param memory zeroed, at a page's beginning, and the same for what is forked; borrowed until
 * flarei_shared_end() @param bytes of it, 64 KiB or more @param processes how many there
 * will be at a time */
void flarei_shared_begin(void *memory, size_t bytes, unsigned processes);

/** Nothing is shared any more, for this process. */
void flarei_shared_end(void);

/** In a process of the supervisor's, once: which one it is, from 0; one that replaces another has its number.
 */
void flarei_shared_enter(unsigned process);

/** @return how many processes there are, 0: nothing is shared. Any thread. */
unsigned flarei_shared_processes(void);

/** @return which one this is. Any thread. */
unsigned flarei_shared_process(void);

/** Finds or makes an area, zeroed and aligned as a cache line is.
 *  @param key an address that all processes have alike, as that of an object they had before the fork
 *  @param index tells several areas of a key @param bytes the same in every call for an area
 *  @return NULL if nothing is shared, or all is given out. Any thread. */
void *flarei_shared_make(const void *key, unsigned index, size_t bytes);

/** @return an area that some process has made, or NULL. Any thread. */
void *flarei_shared_find(const void *key, unsigned index);

#endif
