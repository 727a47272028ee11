/* check.h - what the checks share. Each file answers one question; check.c calls them in order:
 *
 *   shape.c    does each statement stand where it has a meaning?
 *   imports.c  which libraries are imported, and what do they declare?
 *   names.c    what is declared, and is each name declared once?
 *   types.c    what type is meant, and does each constraint fit it? (declarations.c: what is in it;
 *              recursion.c: can it be laid out?)
 *   guards.c   what does each guard read, give and answer, and which run on a route?
 *   values.c   is this constant a value of that type? (formats.c: dates, addresses and their kin)
 *   routes.c   walks groups and routes, and asks for each:
 *     path.c, inputs.c, bodies.c, replies.c, cookies.c, limits.c, uses.c
 *   symbols.c  are the C names distinct?
 *   warnings.c what is allowed and can't be meant?
 */
#ifndef FLAREC_CHECK_CHECK_H
#define FLAREC_CHECK_CHECK_H

#include "arena.h"
#include "ast.h"
#include "diag.h"
#include "model.h"
#include "template/template.h"

/* ---- table.c: names to things ------------------------------------------------------------------ */

struct table_entry {
    const char *key;
    void *thing;
};
/* Start with {0}. */
struct table {
    struct table_entry *entries; /* a power of two of them */
    size_t size, count;
};
/* What is under the key, or NULL. */
void *table_find(const struct table *table, const char *key);
/* Puts it there unless there is something already, which is returned then; else NULL. The key is not copied.
 */
void *table_add(struct table *table, struct arena *arena, const char *key, void *thing);

/* A growing array: VECTOR_ADD(arena, vector, item) over struct { T *items; size_t count, capacity; }. */
void *vector_grow(struct arena *arena, void *items, size_t count, size_t *capacity, size_t size);
#define VECTOR_ADD(arena, vector, item)                                                                      \
    do {                                                                                                     \
        if ((vector).count == (vector).capacity)                                                             \
            (vector).items = vector_grow((arena), (vector).items, (vector).count, &(vector).capacity,        \
                                         sizeof *(vector).items);                                            \
        (vector).items[(vector).count++] = (item);                                                           \
    } while (0)

/* ---- the checker's state ----------------------------------------------------------------------- */

/* A name that the spec declares. */
struct entity {
    const struct statement *statement;
    struct guard *guard; /* of a guard or a session */
    struct declaration *declaration;
    struct type *aliased; /* an alias's type, once resolved */
    enum { ENTITY_NEW, ENTITY_BUSY, ENTITY_DONE } state;
    enum { HELD_NEW, HELD_BUSY, HELD_DONE } held; /* recursion.c */
    unsigned circle, circle_met, circle_low;      /* the same; 0 is none yet */
    struct property *properties;                  /* of a type or union, as the declaration has them */
    bool used;
    struct table members; /* of an enum, by name */
};

struct entity_vector {
    struct entity **items;
    size_t count, capacity;
};

struct library_vector {
    const struct library **items;
    size_t count, capacity;
};

struct check {
    struct arena *arena;
    struct diags *diags;
    const struct tree *tree;
    struct model *model;
    bool broken; /* the tree lacks statements: what seems unknown may be in one of them */
    const struct statement *service;
    const char *prefix;            /* of the C names of what this file declares */
    const struct library *library; /* that is being checked; NULL for the file at hand */
    struct table modules;          /* what this file imports, by name: imports.c */
    struct library_vector imports; /* the same, in the order of the text */
    bool lacks_import;             /* one of them is not there: what seems unknown may be in it */
    unsigned import_depth;
    struct table units; /* files that were read, by path: imports.c */
    struct table prefixes, headers;
    struct library_vector libraries;
    struct {
        const char **items;
        size_t count, capacity;
    } files;               /* that were read */
    unsigned circles_met;  /* recursion.c */
    struct table entities; /* enums, types, aliases, unions, sessions by name */
    struct table guards;
    struct {
        struct guard **items;
        size_t count, capacity;
    } guard_list;               /* each after those it uses */
    struct table reported;      /* of guards on routes: one message for each, not for each route */
    struct entity_vector order; /* entities in the order of the text */
    struct table patterns;
    struct {
        const struct pattern **items;
        size_t count, capacity;
    } pattern_list;
    struct {
        struct patterned *items;
        size_t count, capacity;
    } patterned;
    struct {
        const struct declaration **items;
        size_t count, capacity;
    } layout; /* declarations, held ones first */
    struct {
        const struct call **items;
        size_t count, capacity;
    } calls;
    struct table calls_by_name;
    struct entity_vector declared; /* by declaration.index */
    struct table symbols;          /* C names */
    size_t suggested;              /* names compared for a "did you mean": see check_nearest */
    const char **names;            /* of all entities, once one is suggested */
    unsigned alias_depth;          /* aliases being resolved */
    bool too_deep;                 /* reported by recursion.c */
    struct templates templates;    /* of replies */
};

/* ---- the checks, in order ------------------------------------------------------------------------ */

void check_shape(struct check *check);
/* Reads and checks all that the file imports. */
void check_imports(struct check *check);
/* `name` of the library `module`. NULL where there is none, which is reported. */
struct entity *import_type(struct check *check, const struct name *module, const struct name *name);
struct entity *import_guard(struct check *check, const struct name *module, const struct name *name);
void check_names(struct check *check);
void check_types(struct check *check);
void check_recursion(struct check *check);
void check_guards(struct check *check);
void check_routes(struct check *check);
/* Files where no multipart body brings them. */
void check_files(struct check *check);
void check_symbols(struct check *check);
void check_warnings(struct check *check);

/* diag_nearest() within a budget: a spec of nothing but mistakes is not worth the time. */
const char *check_nearest(struct check *check, const char *text, const char *const *names, size_t count);

/* ---- names ---------------------------------------------------------------------------------------- */

/* snake_case of a wire name: createdAt, created-at and Created-At are created_at. */
const char *name_snake(struct arena *arena, const char *name);
/* The bare C name of a field or input: after `as`, else snake_case; a keyword gets a `_`. NULL after an
 * error. */
const char *name_in_c(struct check *check, const struct name *name, const struct name *c_name);
/* In capitals. */
const char *name_upper(struct arena *arena, const char *name);
/* Reports the name of a service or library that the runtime keeps for itself. */
void name_reserved(struct check *check, const struct name *name, const char *c_name);
/* Whether it can stand in C as it is: for structs and functions of the user's own. */
bool name_is_c(const char *name);
/* A complete one: `service_name`. */
const char *name_complete(struct check *check, const struct name *name, const char *prefix);
/* Whether two statements or fields of one scope have one C name. True: reported. `what` is "field" or the
 * like. */
bool name_taken(struct check *check, struct table *scope, const char *c_name, const struct name *name,
                const char *what);

/* ---- types and values -------------------------------------------------------------------------------- */

/* NULL where it has no meaning, which is reported. */
struct type *type_resolve(struct check *check, const struct type_node *node);
/* "string", "an array": for messages. */
const char *type_words(const struct type *type);
bool type_is_integer(enum type_kind kind);
bool type_is_number(enum type_kind kind);
/* A value of one piece: not an array, not an object. */
bool type_is_scalar(const struct type *type);
/* Whether it is an input only: of C, or the value of a header. */
bool type_is_of_head(const struct type *type);
/* A word such as string or u8. */
bool type_is_builtin(const char *name);
/* Cuts the type to what its settings allow. constraints.c */
void constraints_apply(struct check *check, struct type *type, const struct arguments *args);
/* A whole or real value as a number. */
struct number number_of(const struct value *value);
/* The least and greatest of an integer type. */
struct number type_least(enum type_kind kind);
struct number type_greatest(enum type_kind kind);
/* Whether f32 or f64 holds the value, rounded. */
bool real_fits(enum type_kind kind, double real);
/* Says that this can't be of that type. `what` is "a field" or the like. */
void value_misplaced(struct check *check, const struct type *type, const char *what);
/* What an enum, a type or a union has in it: declarations.c */
void declare_members(struct check *check, struct entity *entity);
void declare_properties(struct check *check, struct entity *entity);
void declare_arms(struct check *check, struct entity *entity);
/* Whether an arm of a union hides its tag. */
void check_tag(struct check *check, const struct declaration *declaration);
/* The entity that a declaration is of. */
struct entity *entity_of(const struct check *check, const struct declaration *declaration);
/* The nearest built-in or declared type, or NULL. */
const char *type_nearest(struct check *check, const char *name);

/* The constant that a value is for a type, which it must obey. NULL, reported, where it does not. */
const struct constant *constant_of(struct check *check, const struct type *type, const struct value *value);
/* -1, 0, 1 */
int number_compare(struct number left, struct number right);
/* Whether the text is a value of a string-like kind: uuid, date, datetime, email, url, ipv4, ipv6. */
bool format_fits(enum type_kind kind, const char *text);
/* The same of a type: a url may be told to have other schemes than http and https. */
bool text_fits(const struct type *type, const char *text);
/* Whether it is an absolute URI with a host, of any scheme. */
bool url_fits(const char *text);
/* A text that is a datetime, since the epoch. False where 64 bits of nanoseconds can't hold it. */
bool datetime_read(const char *text, int64_t *nanoseconds);
/* Code points of UTF-8 text. */
uint64_t text_length(const char *text, size_t length);
/* The bytes of a place. */
const char *place_text(struct arena *arena, struct place place);

/* ---- routes ------------------------------------------------------------------------------------ */

struct input_vector {
    struct input *items;
    size_t count, capacity;
};
struct use_vector {
    struct use *items;
    size_t count, capacity;
};
struct segment_vector {
    struct segment *items;
    size_t count, capacity;
};

/* A block that routes stand in: the service or a group; and, while it is checked, a route. */
struct scope {
    const struct scope *parent;
    struct segment_vector segments;
    const char *path; /* "" at the top */
    struct input_vector inputs;
    struct table wire_names; /* of the inputs */
    struct table c_names;
    struct use_vector uses;
    struct limit limits[LIMIT_COUNT];
};

/* Adds the segments of a path as written; false where it is refused. */
bool path_segments(struct check *check, const struct name *path, bool group, struct segment_vector *segments);
/* Segments as a path: "/t/:tenant". */
const char *path_text(struct arena *arena, const struct segment_vector *segments);
/* Adds the input that the statement declares. */
void input_add(struct check *check, const struct statement *statement, struct scope *scope);
/* Whether a name is an HTTP token (RFC 9110 section 5.6.2). */
bool is_http_token(const char *name);
/* messages.c: `receive` and `send` of a route; deflate()'s settings. */
void message_check(struct check *check, const struct statement *route, const struct statement *statement,
                   struct messages *message);
void deflate_check(struct check *check, const struct statement *statement, struct use *use);
/* And of subprotocol(): names, the best first. */
void subprotocol_check(struct check *check, const struct statement *statement, struct use *use);
void body_check(struct check *check, const struct statement *statement, struct body *body);
/* What a form is read into, and its settings. forms.c */
void form_check(struct check *check, const struct content *content, struct body *body);
/* Adds one to what a file may be. */
void file_media_type(struct check *check, struct type *type, const struct value *value);
/* How large it may be in the end: what it says itself, else the limit of its block, else what its files need.
 * An inherited limit gives way to files that say how large they are. */
void body_limit_settle(struct check *check, struct body *body, const struct limit *limit, bool inherited);
/* Media type text, checked, in lower case; NULL after an error. */
const char *media_type_of(struct check *check, const struct value *value);
/* The input of a parameter in the path, declared in this scope or one around it; or NULL. */
const struct input *path_input_find(const struct scope *scope, const char *name);
/* Adds an input that is declared elsewhere. */
void input_adopt(struct check *check, const struct input *input, struct scope *scope);
/* The replies of the block of a route or guard, whose C name may be NULL. `what` is "route" or "guard". */
struct reply *replies_check(struct check *check, const struct statement *block, const char *c_name,
                            const char *what, size_t *count);
/* The cookies of a reply's block. `names` has the C names of its headers. cookies.c */
void reply_cookies(struct check *check, const struct statement *block, struct table *names,
                   struct reply *reply);
/* The settings of a cookie that have to do with the cookie alone, of which it has the name and the place. */
void cookie_attributes(struct check *check, const struct arguments *args, struct reply_cookie *cookie);
/* sessions.c: how a session is kept, and the guard that reads it. */
void session_check(struct check *check, const struct entity *entity);
/* RFC 9110 and the IANA registry; NULL for a status without a name there. */
const char *status_reason(uint64_t status);
void limits_add(struct check *check, const struct statement *statement, struct limit limits[LIMIT_COUNT],
                bool service);
/* Contradictions among the limits of a service. */
void limits_agree(struct check *check, const struct limit limits[LIMIT_COUNT]);
/* Does it use inflate()? */
bool route_inflates(const struct route *route);
/* The limit 'inflated' of a block, unless it is that of the one around it, in which no route inflates
 * anything. */
void inflated_counts(struct check *check, const struct limit *limit, const struct limit *outer,
                     const struct route *routes, size_t count);
/* depth.c: a type of JSON, or NULL, that no client could send within the limit. */
void depth_agrees(struct check *check, const struct limit *limit, const struct type *type,
                  struct place place);
void use_add(struct check *check, const struct statement *statement, struct scope *scope);
/* The guard that a bare `use` names; NULL, reported, where there is none. */
struct entity *guard_find(struct check *check, const struct statement *statement);
/* Adds a use behind the guards that it needs, each once. */
void uses_expand(struct check *check, struct use_vector *all, const struct use *use);
/* Path parameters of the route that only a guard declares are the route's, too. */
void guards_adopt_path(struct check *check, const struct use_vector *uses,
                       const struct segment_vector *segments, struct scope *scope);
/* Are the path parameters that guards read in the route's path, and do the names of what they give clash? */
void guards_in_path(struct check *check, const struct route *route);
void guards_members(struct check *check, const struct route *route);
/* The built-in handler of a target with parentheses. */
/* files.c */
void files_handler(struct check *check, const struct statement *statement, struct route *route);

/* proxy.c */
void proxy_handler(struct check *check, const struct statement *statement, struct route *route);
void handler_builtin(struct check *check, const struct statement *statement, struct route *route);
/* Are the uses there that a built-in handler needs? */
void handler_needs(struct check *check, const struct statement *statement, const struct route *route);

/* Reports each argument whose label is not among `labels` (NULL-terminated), or that has none though only
 * labels may. */
void arguments_known(struct check *check, const struct arguments *args, const char *thing,
                     const char *const *labels);
/* The argument of a label, or NULL. A second one is reported. */
/* Whether a reply's content is sent piece by piece. */
bool reply_streams(const struct reply *reply);
/* What is streamed needs an async handler; a guard streams nothing. */
void streams_check(struct check *check, struct route *route);
void streams_refuse(struct check *check, const struct guard *guard);
/* A session that is waited for, or a guard that uses one, is for async handlers; such a guard reads no path.
 */
void waits_check(struct check *check, const struct route *route);
void waits_refuse(struct check *check, const struct guard *guard);

/* imports.c: a path that is written in the spec, as this program opens it. */
const char *path_from_here(struct check *check, const char *path);

const struct argument *argument_find(struct check *check, const struct arguments *args, const char *label);

/* settings.c: the value of a `use`'s setting; false or `usual` where it is absent, or wrong and reported. */
bool setting_written(const struct arguments *args, const char *label);
bool setting_flag(struct check *check, const struct arguments *args, const char *label, bool usual);
bool setting_number(struct check *check, const struct arguments *args, const char *label, uint64_t least,
                    uint64_t most, uint64_t *number);
bool setting_size(struct check *check, const struct arguments *args, const char *label, uint64_t most,
                  uint64_t *bytes);
bool setting_duration(struct check *check, const struct arguments *args, const char *label,
                      uint64_t most_seconds, uint64_t *milliseconds);
bool setting_seconds(struct check *check, const struct arguments *args, const char *label,
                     uint64_t most_seconds, uint64_t *seconds);
/* The value of a header field. */
const char *setting_text(struct check *check, const struct arguments *args, const char *label,
                         const char *usual);
/* One of these words. */
const char *setting_word(struct check *check, const struct arguments *args, const char *label,
                         const char *const *words, const char *usual);
/* The first of a list's strings. */
const struct value *setting_strings(struct check *check, const struct arguments *args, const char *label);
/* HTTP tokens as one text, "A, B"; none of `refused`, which may be NULL. */
const char *setting_tokens(struct check *check, const struct arguments *args, const char *label,
                           const char *const *refused);
/* The words that stand without a label, each one of `known` and once. arguments_known() for the rest. */
const char *const *setting_names(struct check *check, const struct arguments *args, const char *thing,
                                 const char *const *labels, const char *const *known, size_t *count);
/* Says that a setting is something else. */
void setting_wrong(struct check *check, const struct value *value, const char *label, const char *what,
                   const char *help);
/* Settings that contradict each other: false. */
bool use_contradiction(struct check *check, struct place place, const char *why, const char *help);
/* The settings of each. */
void compress_check(struct check *check, const struct statement *statement, struct use *use);
void inflate_check(struct check *check, const struct statement *statement, struct use *use);
void security_headers_check(struct check *check, const struct statement *statement, struct use *use);
void rate_limit_check(struct check *check, const struct statement *statement, struct use *use);
void log_check(struct check *check, const struct statement *statement, struct use *use);
void etag_check(struct check *check, const struct statement *statement, struct use *use);
void cache_check(struct check *check, const struct statement *statement, struct use *use);
/* Is a cache() of the route's own of use? */
void cache_settle(struct check *check, const struct route *route);
void csrf_check(struct check *check, const struct statement *statement, struct use *use);
/* A list of origins as browsers send them. cors.c */
const char *const *origins_read(struct check *check, const char *label, const struct value *first,
                                size_t *count);
void cors_check(struct check *check, const struct statement *statement, struct use *use);

/* One of the C names that the emitter will write. `what` says of what. False where it is taken, which is
 * reported. */
bool symbol_add(struct check *check, const char *c_name, struct place place, const char *what);

#endif
