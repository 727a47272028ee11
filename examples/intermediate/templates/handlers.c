#include "templates.flare.h"

#include <pthread.h>
#include <stdlib.h>

enum { ENTRIES_MAX = 1000 };

/* Entries are added and never changed, so a page may read those below `count` without the lock. */
struct guest_book {
    pthread_mutex_t lock;
    uint32_t count;
    book_entry entries[ENTRIES_MAX];
};

struct guest_book *book_state_open(void)
{
    struct guest_book *const book = calloc(1, sizeof *book);

    if (book == NULL || pthread_mutex_init(&book->lock, NULL) != 0) {
        free(book);
        return NULL;
    }
    return book;
}

void book_state_close(struct guest_book *book)
{
    for (uint32_t i = 0; i < book->count; i++)
        free((void *)(uintptr_t)book->entries[i].name.ptr);
    pthread_mutex_destroy(&book->lock);
    free(book);
}

static uint32_t count_of(struct guest_book *book)
{
    uint32_t count;

    pthread_mutex_lock(&book->lock);
    count = book->count;
    pthread_mutex_unlock(&book->lock);
    return count;
}

static bool contains(flare_str text, flare_str part)
{
    for (size_t at = 0; at + part.len <= text.len; at++) {
        if (memcmp(text.ptr + at, part.ptr, part.len) == 0)
            return true;
    }
    return false;
}

/* The newest first. */
book_list_reply book_list(flare_request *rq, const book_list_in *in)
{
    struct guest_book *const book = book_state_of(rq);
    const uint32_t count = count_of(book);
    book_entry *const found = flare_alloc(rq, (count + 1) * sizeof *found);
    book_listing page = {.query = in->q, .total = count};

    if (found == NULL)
        return book_list_fail(rq, "no memory for the entries");
    for (uint32_t i = count; i-- > 0;) {
        const book_entry *const entry = &book->entries[i];

        if (!in->q.has || contains(entry->words, in->q.value) || contains(entry->name, in->q.value))
            found[page.entries.count++] = *entry;
    }
    page.entries.items = found;
    return book_list_ok(rq, &page);
}

/* One block for all three texts. */
static bool keep(book_entry *entry, const book_signing *signing)
{
    const flare_str parts[] = {signing->name, signing->site, signing->words};
    flare_str *const kept[] = {&entry->name, &entry->site, &entry->words};
    char *to = malloc(parts[0].len + parts[1].len + parts[2].len + 1);

    if (to == NULL)
        return false;
    for (size_t i = 0; i < 3; i++) {
        memcpy(to, parts[i].ptr, parts[i].len);
        *kept[i] = (flare_str){to, parts[i].len};
        to += parts[i].len;
    }
    entry->mood = signing->mood;
    return true;
}

book_sign_reply book_sign(flare_request *rq, const book_sign_in *in)
{
    struct guest_book *const book = book_state_of(rq);
    bool good;

    pthread_mutex_lock(&book->lock);
    good = book->count < ENTRIES_MAX && keep(&book->entries[book->count], &in->body);
    if (good) {
        book->entries[book->count].number = book->count + 1;
        book->count++;
    }
    pthread_mutex_unlock(&book->lock);
    return good ? book_sign_see_other(rq, FLARE_STR("/")) : book_sign_fail(rq, "the book is full");
}

book_show_reply book_show(flare_request *rq, const book_show_in *in)
{
    struct guest_book *const book = book_state_of(rq);
    const uint32_t count = count_of(book);
    book_page page;

    if (in->id > count)
        return book_show_not_found(rq);
    page = (book_page){.entry = book->entries[in->id - 1], .older = {in->id > 1, in->id - 1}};
    return book_show_ok(rq, &page);
}
