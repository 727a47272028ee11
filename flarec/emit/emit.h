/* emit.h - what the emitters share. Each file writes one product:
 *
 *   header.c   X.flare.h: inputs, replies, guards, prototypes; its types (header_type.c; types.c names them)
 *   html.c     writers of pages, one for each template and type
 *   json.c     writers of JSON, one for each type that a reply holds
 *   form.c     readers of forms, one for each type that a form or multipart body has
 *   take.c     checks of one value: enums, patterns
 *   decode.c   readers of JSON, one for each type that a body holds (decode_object.c, decode_names.c)
 *   guard.c    one function a guard, what routes run before their inputs, what runs after a reply
 *   route.c    one function a route: its inputs (inputs.c; shared.c where routes have them alike), then the
 *              handler
 *   reply.c    constructors
 *   use.c      what is built in and used: settings, calls
 *   docs.c     the document and page that docs() serves
 *   files.c    the folders that files() serves
 *   proxy.c    whom proxy() asks
 *   dispatch.c the steps of the plan
 *   route_index.c  of many routes, the table of most of them
 *   service.c  the table of routes, limits, the service; main() and stubs
 *   recursion.c  which types hold themselves
 */
#ifndef FLAREC_EMIT_EMIT_H
#define FLAREC_EMIT_EMIT_H

#include "emit/template.h"
#include "outputs.h"
#include "plan/plan.h"

/* FLARE_GEN_ABI of the runtime that the emitted C is for. */
#define EMIT_GEN_ABI 5

/* A function or table of the emitted C that is not the user's. In one file it is static; in several it is
 * shared. */
struct symbol {
    const char *name;
    const char *prototype; /* with the name in it, without linkage and semicolon */
    bool *used;            /* by part */
    struct symbol *next;   /* in its bucket */
    const char *key;       /* what it was made for, or NULL */
    struct symbol *next_key;
    bool complete; /* its text is written */
    bool declared; /* before that */
};

/* What was found out about types that hold themselves; by declaration.index. */
struct recursion {
    unsigned *met;        /* the last round that met it */
    unsigned char *found; /* 2 if it holds itself, 1 if not, 0 where nobody asked */
    unsigned round;
    const struct declaration **work;
};

struct emitter {
    struct arena *arena;
    const struct model *model;
    const struct plan *plan;
    const char *service; /* prefix of every name, without the `_` */
    const char *spec;    /* file name without folders */
    unsigned parts;
    unsigned part;           /* that is being written, from 0 */
    struct text *bodies;     /* of each part */
    struct symbol **symbols; /* all, in order */
    size_t symbols_count, symbols_capacity;
    struct symbol *buckets[4096]; /* by name */
    struct symbol *keys[4096];    /* by key */
    struct symbol **routes;       /* by route index */
    unsigned *route_parts; /* by route index: the part whose dispatch calls it, so that it is static there */
    struct symbol **functions;      /* by function number - 1 */
    struct symbol *table;           /* of routes */
    struct shared_reader **readers; /* by route index; NULL: none is shared */
    struct shared_reader **reader_buckets;
    unsigned index_from; /* routes of a service that gets an index */
    struct symbol *no_route;
    struct text shared;   /* declarations for all parts */
    unsigned texts_count; /* long texts so far */
    bool *patterns_used;  /* by what is taken from text */
    bool takes_titled;    /* their section has begun */
    struct recursion recursion;
    struct memory *memory; /* bounds; NULL until one is asked for */
};

/* ---- emit.c ------------------------------------------------------------------------------------ */

/* One for a run of the pass, in its arena; its bodies are not there yet. */
struct emitter *emitter_make(struct arena *arena, const struct model *model, const struct plan *plan,
                             const struct outputs *outputs);
/* What stands first in a file. */
void emitter_banner(struct emitter *emitter, struct text *text, const char *file, bool with_index);
/* Lays the text out and puts it into the output. */
void emitter_write(struct emitter *emitter, struct output *output, const struct text *text);
/* Makes one. The prototype has one %s, for the name. The bare name is made distinct. The key may be NULL. */
struct symbol *symbol_make(struct emitter *emitter, const char *key, const char *bare, const char *prototype);
/* The one made for a key, or NULL. */
struct symbol *symbol_find(struct emitter *emitter, const char *key);
/* Its name, noting that the part at hand uses it. */
const char *symbol_use(struct emitter *emitter, struct symbol *symbol);
/* "static " or "", for the definition; the part at hand then knows it too. */
const char *linkage(struct emitter *emitter, struct symbol *symbol);
/* A distinct name for something static. */
const char *own_static(struct emitter *emitter, const char *bare);
/* The text of the part at hand. */
struct text *body(struct emitter *emitter);
/* `route.flare:7` */
const char *place_of(struct emitter *emitter, struct place place);
/* "GET /users/:id", fit for a comment. */
const char *route_title(struct emitter *emitter, const struct route *route);
/* Of a name with the service's prefix: without it. */
const char *bare_name(const struct emitter *emitter, const char *name);
/* The part that holds a route. */
unsigned part_of_route(const struct emitter *emitter, unsigned index);
/* A flare_str of constant bytes: as an expression, or as an initialiser. A long one gets an array before
 * `before`. */
const char *str_expression(struct emitter *emitter, struct text *before, const char *bytes, size_t length);
const char *str_initializer(struct emitter *emitter, struct text *before, const char *bytes, size_t length);
/* A comment with words of the user, or "". */
const char *doc_comment(struct emitter *emitter, const char *doc);
/* The line that starts a section. */
void section(struct emitter *emitter, struct text *text, const char *title);

/* ---- types.c ------------------------------------------------------------------------------------- */

/* "uint32_t", "flare_str_opt", "shop_color_array". */
const char *c_type(struct emitter *emitter, const struct type *type);
/* The same without its `?`. */
const char *c_type_plain(struct emitter *emitter, const struct type *type);
/* The type of what a patch says of a member that may be null: "shop_color_patch". */
const char *c_patch(struct emitter *emitter, const struct type *type);
/* The type of a member, as its struct has it: in a patch, by pointer, or plainly. */
const char *c_property(struct emitter *emitter, const struct declaration *declaration,
                       const struct property *property);
/* A declaration: "flare_str name", "const shop_node *next". */
const char *c_member(struct emitter *emitter, const char *type, const char *name);
/* The enumerator of an arm: SHOP_PAYMENT_CARD. */
const char *tag_name(struct emitter *emitter, const struct declaration *declaration,
                     const struct property *arm);
/* The word for a scalar in the names of flare's functions: "u32", "string". */
const char *scalar_word(enum type_kind kind);
/* The value as a C expression; `before` takes what must stand above. */
const char *c_constant(struct emitter *emitter, struct text *before, const struct type *type,
                       const struct constant *constant);
/* As a comment shows a type: "u32(1..100) = 20". */
const char *type_words_of(struct emitter *emitter, const struct type *type, const struct constant *fallback);

/* recursion.c: may a value of the type, or of its items, hold one of the same type again? */
bool holds_itself(struct emitter *emitter, const struct type *type);

/* ---- the products ----------------------------------------------------------------------------------- */

void emit_header(struct emitter *emitter, struct text *out);
void emit_library_header(struct emitter *emitter, const struct library *library, struct text *out);
void emit_json(struct emitter *emitter);
/* The statement that writes a value as JSON. */
void json_put(struct emitter *emitter, struct text *out, const struct type *type, const char *value);
/* html.c: writers of the pages that replies are. */
void emit_html(struct emitter *emitter);
bool has_pages(const struct emitter *emitter);
/* The statement that writes a page. */
void page_put(struct emitter *emitter, struct text *out, const struct page *page);
void emit_takes(struct emitter *emitter);
/* An expression of type enum flarei_rule that reads `raw` (a flare_str without escapes) into `*out`. */
const char *take_expression(struct emitter *emitter, const struct type *type, const char *raw,
                            const char *out);
/* Does the runtime check the type by itself? */
bool take_is_plain(const struct type *type);
/* ", 1, 100" of what has a range or a length; else "". */
const char *take_bounds(struct emitter *emitter, const struct type *type);
/* `flarei_read_…(rq, &input, bounds, out)`, where the runtime checks the type by itself; else NULL. */
const char *read_expression(struct emitter *emitter, const struct type *type, const char *input,
                            const char *out);
/* Which enum flarei_items an array's items are. */
const char *items_kind(const struct type *element);
/* A length as a C expression; none is 0 or SIZE_MAX. */
const char *length_bound(struct emitter *emitter, const struct constraints *constraints, bool max);
/* Calls for each scalar type that a JSON body holds as text, with the name of what holds it. */
void decode_scalars(struct emitter *emitter,
                    void (*visit)(struct emitter *emitter, const struct type *type, const char *name));
/* decode_names.c: writes the function `name` that says which of several names one can be. */
void decode_names(struct emitter *emitter, const char *name, const char *const *names, size_t count);
void emit_decoders(struct emitter *emitter);
bool has_decoders(const struct emitter *emitter);
/* The same for forms: their scalar types, and their readers. */
void form_scalars(struct emitter *emitter,
                  void (*visit)(struct emitter *emitter, const struct type *type, const char *name));
void emit_forms(struct emitter *emitter);
bool has_forms(const struct emitter *emitter);
void emit_form_resume(struct emitter *emitter, const struct route *route, const char *name, const char *call);
/* The name of what the runtime knows of a multipart body's fields. */
const char *form_rule(struct emitter *emitter, const struct route *route);
/* The function that goes on with a route once its body is there. `call` calls the handler with `in`. */
void emit_stream_next(struct emitter *emitter, const struct route *route);
void emit_json_resume(struct emitter *emitter, const struct route *route, const char *name, const char *call);
/* Names the routes' functions, which dispatch then calls, and so says in which part each is. */
void name_routes(struct emitter *emitter);
void emit_routes(struct emitter *emitter);
/* What errors call each input: one constant for all routes that have it. */
void emit_input_constants(struct emitter *emitter);
/* The inputs with the fields of a type in place of one that is spread over the query. */
const struct input *spread_inputs(struct emitter *emitter, const struct input *inputs, size_t *count);
/* The constant that an input is found by. */
const char *input_constant(struct emitter *emitter, const struct input *input);
/* The inputs of a route or guard: declarations, reading, checks. */
struct inputs_text {
    struct text declarations, reading, defaults;
    bool can_fail;
    bool shared; /* set by the caller: the values go where `out_NAME` points to, not to members of `in` */
};
void emit_inputs(struct emitter *emitter, const struct input *inputs, size_t count, bool wildcard,
                 struct inputs_text *text);
/* Are all inputs strings of the path as they stand there? Each is set before the handler may see it. */
bool only_plain_inputs(const struct route *route);
/* Emits the functions that read what several routes of a part have alike. */
void emit_shared_readers(struct emitter *emitter);
/* The call of the one for a route's inputs, an expression of type bool; NULL where it reads them itself. */
const char *shared_read(struct emitter *emitter, const struct route *route);
/* Whether that call sets rq->route as well: no use comes before it. */
bool shared_sets_route(struct emitter *emitter, const struct route *route);
/* Input names: "id, page" or "id_page". */
const char *reader_names(struct emitter *emitter, const struct route *route, const char *between);
/* The reader that the routes of the index with these inputs have; the same one for all. */
struct shared_reader *indexed_reader(struct emitter *emitter, const struct route *route);
/* How many of them have it. */
size_t reader_routes(const struct shared_reader *reader);
/* Its call where `found` is a route of the index and `part` its captured segments. */
const char *indexed_read(struct emitter *emitter, struct shared_reader *reader, const struct route *route);
/* docs.c: a route of docs(). `uses` are the statements before it. */
/* stream.c: replies that are sent piece by piece. */
bool reply_is_streamed(const struct reply *reply);
bool route_streams(const struct route *route);
bool has_streams(const struct model *model);
bool has_file_replies(const struct model *model);
void declare_stream(struct emitter *emitter, struct text *out, const char *type, const struct reply *reply);
void emit_stream(struct emitter *emitter, const char *type, const struct reply *reply, const char *head,
                 const char *headers);
void put_trailer(struct emitter *emitter, struct text *out, const struct reply_header *trailer);
/* ", TYPE NAME" for each typed header and cookie of a reply. */
void add_head_parameters(struct emitter *emitter, struct text *text, const struct reply *reply);

/* files.c: a route of files(). */
void emit_files(struct emitter *emitter, const struct route *route, struct symbol *symbol);
bool has_files(const struct model *model);

/* proxy.c: a route of proxy(). */
void emit_proxy(struct emitter *emitter, const struct route *route, struct symbol *symbol);
bool has_proxies(const struct model *model);
/* Does it pass on WebSockets? Then it takes the CONNECT of HTTP/2 that asks for one (RFC 8441). */
bool passes_websockets(const struct route *route);
bool has_passed_websockets(const struct model *model);

/* route.c: a limit of a route that is not the service's, as a member. */
void own_time(struct emitter *emitter, const struct route *route, enum limit_key kind, const char *member,
              struct text *members);

void emit_docs(struct emitter *emitter, const struct route *route, struct symbol *symbol, const char *uses);
/* websocket.c: the functions of a WebSocket's route; what its route function declares, and does at its end.
 */
bool has_websockets(const struct model *model);
bool has_socket_ways(const struct model *model);
/* Is there a handler that is async, blocking or deferred? */
bool has_ways(const struct model *model);
void emit_websocket(struct emitter *emitter, const struct route *route, struct text *declarations,
                    struct text *call);
/* What takes a message: "const shop_said *message". */
const char *socket_parameter(struct emitter *emitter, const struct messages *message);
void emit_websocket_types(struct emitter *emitter, const struct route *route, struct text *out);
void emit_websocket_stubs(struct emitter *emitter, const struct route *route, struct text *out);
void emit_replies(struct emitter *emitter);
/* The function that gives an enum's text as a flare_str; it is written now unless it was before. */
struct symbol *enum_text(struct emitter *emitter, const struct declaration *declaration);
/* What constructors make: a reply or a verdict. */
struct made {
    const char *type;
    const char *zero;    /* how one is initialised */
    const char *linkage; /* of its constructors: "", or "FLAREI_SHARED " */
};
/* The constructors of a type, and its `_fail`. */
void emit_constructors(struct emitter *emitter, const struct made *made, const char *name,
                       const struct reply *replies, size_t count);
void emit_dispatch(struct emitter *emitter);
/* After the routes: what the service has as its dispatch. */
void emit_dispatch_entry(struct emitter *emitter);
/* FLARE_METHOD_GET */
const char *method_constant(struct emitter *emitter, const char *name);
/* The table of most routes where there are many; the statements that look into it, or "". */
const char *emit_route_index(struct emitter *emitter);
void emit_service_table(struct emitter *emitter);
/* Adds a flag to an expression that joins them, if it is set. */
void add_flag(struct text *flags, bool set, const char *flag);
void emit_stubs(struct emitter *emitter, struct text *out);

/* header.c: the prototypes of handlers and constructors, without the semicolon. */
const char *result_type(struct emitter *emitter, const struct route *route);
const char *handler_prototype(struct emitter *emitter, const struct route *route);
const char *constructor_prototype(struct emitter *emitter, const char *type, const struct reply *reply);
/* Whether a constructor takes content of that type by pointer. */
bool reply_by_pointer(const struct type *type);
/* What takes the items of an NDJSON body. */
const char *next_prototype(struct emitter *emitter, const struct route *route);
/* What the hook that opens a worker's state takes. */
const char *worker_parameter(struct emitter *emitter);
/* How many headers and cookies a constructor takes; three or more come as one struct. */
size_t typed_headers(const struct reply *reply);
#define HEADERS_STRUCT_MIN 3
/* A header's or cookie's name as a parameter of a constructor. */
const char *header_parameter(struct emitter *emitter, const char *c_name);
bool has_in(const struct route *route);
/* reply.c: "; Max-Age=60; Path=/", as Set-Cookie has them. */
const char *cookie_attributes_of(struct emitter *emitter, const struct reply_cookie *cookie);

/* ---- session.c ---------------------------------------------------------------------------------------- */

bool has_sessions(const struct emitter *emitter);
/* All that emitted C has of sessions but their types; before the guards. */
void emit_sessions(struct emitter *emitter);
void emit_session_types(struct emitter *emitter, const struct guard *guard, struct text *out);
/* The function that reads it for a route. */
struct symbol *session_symbol(struct emitter *emitter, const struct guard *guard);
/* The name of the service's table of sessions. */
#define SESSIONS_TABLE "sessions"

/* ---- guard.c ------------------------------------------------------------------------------------------ */

/* Has it a function that judges? Else it is an after-phase, or a name for the guards that it uses. */
bool guard_has_verdict(const struct guard *guard);
/* Values that the guards among the uses give. */
size_t gives_count(const struct use *uses, size_t count);
/* "struct shop_user *user", "uint64_t id": what is given is declared so. */
const char *declared_as(struct emitter *emitter, const struct type *type, const char *name);
/* Prototypes without the semicolon: the user's, `_pass`, and the after-phase. */
const char *guard_prototype(struct emitter *emitter, const struct guard *guard);
const char *pass_prototype(struct emitter *emitter, const struct guard *guard);
const char *after_prototype(struct emitter *emitter, const struct guard *guard);
/* One function a guard: inputs, then the user's. */
void emit_guards(struct emitter *emitter);
void emit_guard_replies(struct emitter *emitter);
/* What a route runs before its inputs: declarations and calls; `gives` fills the members of its `in`. */
struct uses_text {
    struct text declarations, calls, gives;
};
void emit_uses(struct emitter *emitter, const struct route *route, struct uses_text *text);
/* Those of them that wait, and so run where the handler does, with its inputs in `in`. */
void emit_waiting_uses(struct emitter *emitter, const struct route *route, struct uses_text *text);
bool route_waits(const struct route *route);
/* use.c: the use of a kind that the service has at its top, or that a route has; NULL: none. */
const struct use *service_use(const struct model *model, enum use_kind kind);
const struct use *route_use(const struct route *route, enum use_kind kind);
bool used_anywhere(const struct model *model, enum use_kind kind);
/* May a value of the type hold what is secret? */
bool holds_secret(struct emitter *emitter, const struct type *type);
/* The calls of what the service uses at its top, for dispatch; `find` is the function that looks for a route,
 * where preflights have to; else NULL. */
const char *emit_service_uses(struct emitter *emitter, const char *find);
/* The constants with the settings of all uses. */
void emit_use_constants(struct emitter *emitter);
/* What a route's function does before its uses, and the call of one of them. */
void emit_route_uses_begin(struct emitter *emitter, const struct route *route, struct text *calls);
void emit_builtin_use(struct emitter *emitter, const struct use *use, struct text *calls);
/* The name of the constant with its settings, noting that the part at hand uses it. */
const char *use_constant(struct emitter *emitter, const struct use *use);

/* ---- cache.c ----------------------------------------------------------------------------------- */

/* What stands before the call of a route's handler where replies are kept, or are of before a change. `work`
 * is how it is run, or NULL. Returns whether that calls the handler, too. */
bool emit_cache(struct emitter *emitter, const struct route *route, const char *work,
                struct text *declarations, struct text *calls);
/* Does the function of the route take this part of the path? */
bool takes_capture(const struct route *route, const struct segment *segment);
/* Is the route's log line written without having been entered: do no guards stand before `use log()`? */
bool logs_always(const struct route *route);
/* The service's function for what runs after a reply, written; false if nothing does. */
bool emit_after(struct emitter *emitter);

#endif
