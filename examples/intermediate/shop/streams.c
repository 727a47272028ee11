/* streams.c - a table, a page and prices: replies that take their time. */
#include "state.h"
#include "store.h"

#include <flare/time.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- a table of all products ---- */

enum { ROWS = 32, LINE_BYTES = 1024 };

/* RFC 4180: in quotes, and quotes twice. */
static size_t put_quoted(char *to, const char *text)
{
    size_t at = 0;

    to[at++] = '"';
    for (; *text != '\0'; text++) {
        if (*text == '"')
            to[at++] = '"';
        to[at++] = *text;
    }
    to[at++] = '"';
    return at;
}

static const char *currency_name(money_currency currency)
{
    switch (currency) {
    case MONEY_CURRENCY_EUR:
        return "EUR";
    case MONEY_CURRENCY_USD:
        return "USD";
    case MONEY_CURRENCY_GBP:
        return "GBP";
    }
    return "";
}

static flare_str line_of(const struct store_row *row, char line[LINE_BYTES])
{
    size_t at = flare_uuid_format(row->id, line);

    line[at++] = ',';
    at += put_quoted(line + at, row->name);
    at += (size_t)snprintf(line + at, LINE_BYTES - at, ",%s,%lld.%02lld,%s,%d\n", row->sku,
                           (long long)(row->cents / 100), (long long)(row->cents % 100),
                           currency_name(row->currency), (int)row->stock);
    return (flare_str){line, at};
}

/* Some rows at a time: who reads slowly keeps this thread, but no snapshot of the database. */
shop_export_reply shop_export(flare_request *rq)
{
    struct store *const store = store_here(shop_state_of(rq));
    shop_export_ok_stream *stream;
    struct store_row rows[ROWS];
    char line[LINE_BYTES];
    size_t count = 0;
    bool open;

    if (store_rows(store, NULL, rows, ROWS, &count) != STORED)
        return shop_export_fail(rq, "the products could not be read");
    stream = shop_export_ok_open(rq);
    open = shop_export_ok_send(stream, FLARE_STR("id,name,sku,price,currency,stock\n"));
    while (open && count != 0) {
        const flare_uuid last = rows[count - 1].id;

        for (size_t i = 0; i < count && open; i++)
            open = shop_export_ok_send(stream, line_of(&rows[i], line));
        if (open && store_rows(store, &last, rows, ROWS, &count) != STORED)
            return shop_export_fail(rq, "not all products could be read");
    }
    return shop_export_ok(stream);
}

/* ---- a page to print ---- */

enum { OBJECTS = 5, PDF_BYTES = 1024 };

/* The least that a viewer takes (ISO 32000-1): a catalog, a list of one page, the page, its text, a font. */
static flare_str pdf_of(flare_request *rq, const char *text)
{
    static const char *const fixed[OBJECTS] = {
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        NULL,
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    };
    char *const pdf = (char *)flare_alloc(rq, PDF_BYTES);
    size_t at = 0, begins[OBJECTS];
    char content[256];

    if (pdf == NULL)
        return FLARE_STR("");
    (void)snprintf(content, sizeof content, "BT /F 18 Tf 72 760 Td (%s) Tj ET", text);
    at += (size_t)snprintf(pdf, PDF_BYTES, "%%PDF-1.4\n");
    for (size_t i = 0; i < OBJECTS; i++) {
        begins[i] = at;
        at += (size_t)snprintf(pdf + at, PDF_BYTES - at, "%zu 0 obj", i + 1);
        at += fixed[i] != NULL
                  ? (size_t)snprintf(pdf + at, PDF_BYTES - at, "%s", fixed[i])
                  : (size_t)snprintf(pdf + at, PDF_BYTES - at, "<</Length %zu>>stream\n%s\nendstream",
                                     strlen(content), content);
        at += (size_t)snprintf(pdf + at, PDF_BYTES - at, " endobj\n");
    }
    const size_t table = at;
    at += (size_t)snprintf(pdf + at, PDF_BYTES - at, "xref\n0 %d\n0000000000 65535 f \n", OBJECTS + 1);
    for (size_t i = 0; i < OBJECTS; i++)
        at += (size_t)snprintf(pdf + at, PDF_BYTES - at, "%010zu 00000 n \n", begins[i]);
    at += (size_t)snprintf(pdf + at, PDF_BYTES - at,
                           "trailer<</Size %d/Root 1 0 R>>\nstartxref\n%zu\n%%%%EOF\n", OBJECTS + 1, table);
    return (flare_str){pdf, at};
}

struct counting {
    struct shop_state *state;
    uint64_t products, pieces;
    enum stored stored;
};

static void count(void *argument)
{
    struct counting *const counting = (struct counting *)argument;

    counting->stored = store_count(store_here(counting->state), &counting->products, &counting->pieces);
}

/* What blocks goes to a thread; meanwhile this worker serves others. */
shop_report_reply shop_report(flare_request *rq)
{
    struct counting counting = {.state = shop_state_of(rq), .stored = STORE_BROKEN};
    char text[128];
    flare_str pdf;

    if (flare_run_blocking(count, &counting) != FLARE_OK || counting.stored != STORED)
        return shop_report_fail(rq, "the products could not be counted");
    (void)snprintf(text, sizeof text, "%llu products, %llu pieces in stock",
                   (unsigned long long)counting.products, (unsigned long long)counting.pieces);
    pdf = pdf_of(rq, text);
    return pdf.len != 0 ? shop_report_ok(rq, pdf) : shop_report_fail(rq, "no memory for the page");
}

/* ---- prices ---- */

enum { KEPT_S = 60 };

/* Nobody knows why it is what it is, but all see the same. */
static double price_at(uint64_t second)
{
    return 40 + (double)(second * 0x9e3779b97f4a7c15u >> 54) / 100;
}

/* An event's id is its second, so what a client has missed is known without keeping anything. */
shop_ticks_reply shop_ticks(flare_request *rq, const shop_ticks_in *in)
{
    shop_ticks_ok_stream *const stream = shop_ticks_ok_open(rq);
    uint64_t now = (uint64_t)time(NULL), next = now;

    if (in->last.has && in->last.value < now)
        next = in->last.value + KEPT_S > now ? in->last.value + 1 : now - KEPT_S + 1;
    for (uint32_t sent = 0; sent < in->count; sent++, next++) {
        const shop_tick tick = {.at = (flare_time)next * FLARE_TIME_SECOND, .price = price_at(next)};
        char digits[24];
        flare_event event = {0};

        while (next > now) {
            if (flare_sleep(100) != FLARE_OK)
                return shop_ticks_ok(stream);
            now = (uint64_t)time(NULL);
        }
        event.id =
            (flare_str){digits, (size_t)snprintf(digits, sizeof digits, "%llu", (unsigned long long)next)};
        if (!shop_ticks_ok_send_event(stream, &tick, &event))
            break;
    }
    return shop_ticks_ok(stream);
}
