/* The template compiler over any bytes, in up to four files between bytes 0x1e: it ends, and either says what
 * is wrong or makes a page, whose C is written. A place in HTML does not depend on how the text before it was
 * cut.
 *
 * Target: flarec/template flarec/emit/html.c
 */
#include <string.h>

#include "compile.h"
#include "fuzz.h"
#include "template/html.h"
#include "template/template.h"

enum { INPUT_MAX_BYTES = 4096, FILES_MAX = 4 };

static const char spec[] =
    "service s;\n"
    "enum Status { new; shipped; }\n"
    "union Payment(tag: kind) { card: Card; cash: Cash; }\n"
    "type Card { last4: string; }\n"
    "type Cash { amount: u32; }\n"
    "type Item { name: string; count: u8; note: string?; status: Status; tags: [string]?; paid: Payment; }\n"
    "type Page { title: string; link: url; made: date; big: i64; real: f64; ready: bool; first: Item?;\n"
    "    items: [Item]; names: map[string]; }\n"
    "GET / -> home { reply 200 json Page; }\n";

/* Byte by byte it ends where it ends in one piece. */
static void cut_anywhere(const char *text, size_t length)
{
    struct html whole = {.state = HTML_TEXT}, cut = whole;
    const char *help;
    size_t at, one, here = 0;
    const char *const wrong = html_text(&whole, text, length, &at, &help);

    while (here < length && html_text(&cut, text + here, 1, &one, &help) == NULL)
        here++;
    FUZZ_CHECK((wrong == NULL) == (here == length));
    FUZZ_CHECK(wrong != NULL ? at == here : html_same(&whole, &cut));
}

static void write_page(struct arena *arena, const struct model *model, const struct plan *plan,
                       const struct page *page)
{
    struct outputs outputs = {0};
    struct model copy = *model;
    struct route route = model->routes[0];
    struct reply reply = route.replies[0];

    reply.content = CONTENT_HTML;
    reply.media_type = "text/html; charset=utf-8";
    reply.page = page;
    route.replies = &reply;
    copy.routes = &route;
    outputs_plan(&outputs, arena, "s.flare", ".", 1, false, NULL);
    FUZZ_CHECK(emit_service(&copy, plan, &outputs) == 0);
    outputs_free(&outputs);
}

/* Loops of the page that have nothing in them. */
static size_t empty_loops(const struct piece *piece)
{
    size_t count = 0;

    for (; piece != NULL; piece = piece->next)
        count += empty_loops(piece->first) + empty_loops(piece->otherwise) +
                 (piece->kind == PIECE_FOR && piece->first == NULL);
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[FILES_MAX] = {"a.html", "b.html", "c.html", "d.html"};
    static FILE *nowhere;
    struct arena arena = {0};
    struct diags diags = {.arena = &arena};
    struct templates templates = {.arena = &arena, .diags = &diags};
    const char *text = (const char *)data;
    size_t left = size < INPUT_MAX_BYTES ? size : INPUT_MAX_BYTES;

    if (nowhere == NULL)
        nowhere = fopen("/dev/null", "w");
    cut_anywhere(text, left);
    const struct source *const source = source_from_bytes(&arena, "s.flare", spec, sizeof spec - 1);
    const struct model *const model = check_tree(&arena, parse_source(&arena, source, &diags), &diags);
    FUZZ_CHECK(model != NULL);
    const struct plan *const plan = plan_service(&arena, model, &diags);
    for (size_t i = 0; i < FILES_MAX; i++) {
        const char *const mark = left != 0 ? memchr(text, 0x1e, left) : NULL;
        const size_t length = mark != NULL ? (size_t)(mark - text) : left;

        template_add(&templates, source_from_bytes(&arena, names[i], text, length));
        text += mark != NULL ? length + 1 : length;
        left -= mark != NULL ? length + 1 : length;
    }
    const struct page *const page =
        template_page(&templates, names[0], (struct place){source, 0, 1}, model->routes[0].replies[0].type);
    FUZZ_CHECK(page != NULL || diags.errors > 0);
    if (page != NULL)
        write_page(&arena, model, plan, page);
    const size_t empty = page != NULL ? empty_loops(page->first) : 0;
    FUZZ_PLANT(empty != 0); /* as if a loop always had something in it */
    diag_render(&diags, nowhere, size % 2 == 0);
    arena_free(&arena);
    return 0;
}
