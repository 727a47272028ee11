/* grammar.y - the language's grammar. Lemon makes grammar.c and grammar.h of it; bootstrap/ holds copies.
 *
 * One statement form, one block form, one argument form. What stands where it has no meaning (a reply in a group) parses:
 * the checker says so in better words. */
%name FlareParse
%token_prefix TK_
%token_type {struct token}
%extra_argument {struct parse *parse}
%stack_size 256
%include {
#include <assert.h>
#include <string.h>

#include "parse.h"
#include "grammar.h"

#ifndef YYNOERRORRECOVERY
#define RECOVERED yypParser->yyerrcnt = -1
#endif
}
%syntax_error   { parse_error(parse, yypParser, TOKEN); }
%stack_overflow { parse->overflowed = true; }

/* Every keyword is contextual: where the grammar wants a name, it is one. */
%fallback NAME FLARE SERVICE LIBRARY IMPORT ENUM TYPE UNION SESSION STATE GUARD GROUP LIMITS USE
               PATH QUERY HEADER COOKIE TRAILER BODY REPLY RECEIVE SEND GIVES AFTER ERROR
               AS ASYNC BLOCKING DEFERRED STRUCT METHOD.
%token BAD.

%type stmts      {struct statement_list}
%type stmt       {struct statement *}
%type end        {struct ending}
%type target     {struct target *}
%type way        {struct token}
%type content    {struct content *}
%type wire       {struct wire}
%type members    {struct field_list}
%type fields     {struct field_list}
%type default    {struct value *}
%type ref        {struct reference}
%type type       {struct type_node *}
%type base       {struct type_node *}
%type args       {struct arguments}
%type arglist    {struct argument_list}
%type arg        {struct argument *}
%type value      {struct value *}
%type values     {struct value_list}
%type scalar     {struct value *}

%start_symbol spec
spec ::= stmts(L).                              { parse->tree->first = L.first; }

/* ---- statements: KEYWORD … ';'  or  KEYWORD … '{' … '}' ------------------------------------ */
stmts(R) ::= .                                  { memset(&R, 0, sizeof R); }
stmts(R) ::= stmts(L) stmt(S).                  { R = L; if (S != NULL) LIST_ADD(R, S); }

end(R) ::= SEMI(E).                             { R.place = E.place; R.block = NULL; }
end(R) ::= LB(A) stmts(L) RB(Z).                { R.place = Z.place; R.block = block_of(parse, A, L.first, Z); }

stmt(R) ::= error SEMI.                         { R = NULL; RECOVERED; }
stmt(R) ::= FLARE(K) INT(V) SEMI(E). {
    R = statement_of(parse, STATEMENT_FLARE, K, E.place);
    R->value = value_of(parse, VALUE_INTEGER, V);
}
stmt(R) ::= SERVICE(K) NAME(N) args(A) SEMI(E). {
    R = statement_of(parse, STATEMENT_SERVICE, K, E.place);
    R->name = name_of(parse, N);
    R->args = A;
}
stmt(R) ::= LIBRARY(K) NAME(N) SEMI(E). {
    R = statement_of(parse, STATEMENT_LIBRARY, K, E.place);
    R->name = name_of(parse, N);
}
stmt(R) ::= IMPORT(K) STRING(V) SEMI(E). {
    R = statement_of(parse, STATEMENT_IMPORT, K, E.place);
    R->value = value_of(parse, VALUE_STRING, V);
}
stmt(R) ::= STATE(K) STRUCT NAME(N) args(A) SEMI(E). {
    R = statement_of(parse, STATEMENT_STATE, K, E.place);
    R->name = name_of(parse, N);
    R->args = A;
}
stmt(R) ::= ERROR(K) ARROW NAME(N) SEMI(E). {
    R = statement_of(parse, STATEMENT_ERROR, K, E.place);
    R->name = name_of(parse, N);
}
stmt(R) ::= ERROR(K) INT(V) ARROW NAME(N) SEMI(E). {
    R = statement_of(parse, STATEMENT_ERROR, K, E.place);
    R->value = value_of(parse, VALUE_INTEGER, V);
    R->name = name_of(parse, N);
}
stmt(R) ::= AFTER(K) SEMI(E).                   { R = statement_of(parse, STATEMENT_AFTER, K, E.place); }
stmt(R) ::= LIMITS(K) args(A) SEMI(E). {
    R = statement_of(parse, STATEMENT_LIMITS, K, E.place);
    R->args = A;
}
stmt(R) ::= USE(K) ref(N) args(A) SEMI(E). {
    R = statement_of(parse, STATEMENT_USE, K, E.place);
    R->module = N.module;
    R->name = N.name;
    R->args = A;
}
stmt(R) ::= ENUM(K) NAME(N) args(A) LB(B) members(F) RB(E). {
    R = statement_fields(parse, STATEMENT_ENUM, K, N, A, B, F.first, E);
}
stmt(R) ::= TYPE(K) NAME(N) args(A) LB(B) fields(F) RB(E). {
    R = statement_fields(parse, STATEMENT_TYPE, K, N, A, B, F.first, E);
}
stmt(R) ::= UNION(K) NAME(N) args(A) LB(B) fields(F) RB(E). {
    R = statement_fields(parse, STATEMENT_UNION, K, N, A, B, F.first, E);
}
stmt(R) ::= SESSION(K) NAME(N) args(A) LB(B) fields(F) RB(E). {
    R = statement_fields(parse, STATEMENT_SESSION, K, N, A, B, F.first, E);
}
stmt(R) ::= TYPE(K) NAME(N) EQ type(T) SEMI(E). {
    R = statement_of(parse, STATEMENT_ALIAS, K, E.place);
    R->name = name_of(parse, N);
    R->type = T;
}
stmt(R) ::= GUARD(K) NAME(N) LB(B) stmts(L) RB(E). {
    R = statement_of(parse, STATEMENT_GUARD, K, E.place);
    R->name = name_of(parse, N);
    R->block = block_of(parse, B, L.first, E);
}
stmt(R) ::= GROUP(K) ROUTE(P) LB(B) stmts(L) RB(E). {
    R = statement_of(parse, STATEMENT_GROUP, K, E.place);
    R->path = name_of(parse, P);
    R->block = block_of(parse, B, L.first, E);
}
stmt(R) ::= METHOD(K) ROUTE(P) ARROW target(T) end(E). {
    R = statement_of(parse, STATEMENT_ROUTE, K, E.place);
    R->name = name_of(parse, K);
    R->path = name_of(parse, P);
    R->target = T;
    R->block = E.block;
}
stmt(R) ::= PATH(K) wire(W) COLON type(T) default(V) SEMI(E). {
    R = statement_input(parse, STATEMENT_PATH, K, W, T, V, E);
}
stmt(R) ::= QUERY(K) wire(W) COLON type(T) default(V) SEMI(E). {
    R = statement_input(parse, STATEMENT_QUERY, K, W, T, V, E);
}
stmt(R) ::= COOKIE(K) wire(W) COLON type(T) default(V) SEMI(E). {
    R = statement_input(parse, STATEMENT_COOKIE, K, W, T, V, E);
}
stmt(R) ::= COOKIE(K) wire(W) SEMI(E). {
    R = statement_input(parse, STATEMENT_COOKIE, K, W, NULL, NULL, E);
}
stmt(R) ::= HEADER(K) wire(W) COLON type(T) default(V) SEMI(E). {
    R = statement_input(parse, STATEMENT_HEADER, K, W, T, V, E);
}
stmt(R) ::= HEADER(K) wire(W) EQ value(V) SEMI(E). {
    R = statement_input(parse, STATEMENT_HEADER, K, W, NULL, V, E);
}
stmt(R) ::= TRAILER(K) wire(W) COLON type(T) SEMI(E). {
    R = statement_input(parse, STATEMENT_TRAILER, K, W, T, NULL, E);
}
stmt(R) ::= GIVES(K) NAME(N) COLON type(T) SEMI(E). {
    R = statement_of(parse, STATEMENT_GIVES, K, E.place);
    R->name = name_of(parse, N);
    R->type = T;
}
stmt(R) ::= BODY(K) content(C) SEMI(E). {
    R = statement_of(parse, STATEMENT_BODY, K, E.place);
    R->content = C;
}
stmt(R) ::= RECEIVE(K) content(C) SEMI(E). {
    R = statement_of(parse, STATEMENT_RECEIVE, K, E.place);
    R->content = C;
}
stmt(R) ::= SEND(K) content(C) SEMI(E). {
    R = statement_of(parse, STATEMENT_SEND, K, E.place);
    R->content = C;
}
stmt(R) ::= REPLY(K) INT(V) end(E).             { R = statement_reply(parse, K, V, (struct token){0}, NULL, E); }
stmt(R) ::= REPLY(K) INT(V) content(C) end(E).  { R = statement_reply(parse, K, V, (struct token){0}, C, E); }
stmt(R) ::= REPLY(K) INT(V) AS NAME(N) end(E).  { R = statement_reply(parse, K, V, N, NULL, E); }
stmt(R) ::= REPLY(K) INT(V) AS NAME(N) content(C) end(E). { R = statement_reply(parse, K, V, N, C, E); }

target(R) ::= NAME(N) args(A).                  { R = target_of(parse, N, N, A); }
target(R) ::= way(W) NAME(N). {
    R = target_of(parse, W, N, (struct arguments){0});
    R->way = W.kind == TK_ASYNC ? WAY_ASYNC : W.kind == TK_BLOCKING ? WAY_BLOCKING : WAY_DEFERRED;
}
target(R) ::= way(N) args(A).                   { R = target_of(parse, N, N, A); } /* `-> async;` names it so */
way(R) ::= ASYNC(W).                            { R = W; }
way(R) ::= BLOCKING(W).                         { R = W; }
way(R) ::= DEFERRED(W).                         { R = W; }

content(R) ::= NAME(N) args(A).                 { R = content_of(parse, N, A, NULL); }
content(R) ::= NAME(N) args(A) type(T).         { R = content_of(parse, N, A, T); }

/* ---- names, fields, types ------------------------------------------------------------------- */
wire(R) ::= NAME(N) args(A).                    { R = (struct wire){.start = N, .name = name_of(parse, N), .args = A}; }
wire(R) ::= NAME(N) AS NAME(C) args(A). {
    R = (struct wire){.start = N, .name = name_of(parse, N), .c_name = name_of(parse, C), .args = A};
}
wire(R) ::= STRING(N) AS NAME(C) args(A). {
    R = (struct wire){.start = N, .name = name_of(parse, N), .c_name = name_of(parse, C), .args = A};
}

members(R) ::= .                                { memset(&R, 0, sizeof R); }
members(R) ::= members(L) wire(W) SEMI(E). {
    struct field *const field = field_of(parse, W, NULL, NULL, E);
    R = L;
    LIST_ADD(R, field);
}
members(R) ::= members(L) error SEMI.           { R = L; RECOVERED; }

fields(R) ::= .                                 { memset(&R, 0, sizeof R); }
fields(R) ::= fields(L) wire(W) COLON type(T) default(V) SEMI(E). {
    struct field *const field = field_of(parse, W, T, V, E);
    R = L;
    LIST_ADD(R, field);
}
fields(R) ::= fields(L) error SEMI.             { R = L; RECOVERED; }

default(R) ::= .                                { R = NULL; }
default(R) ::= EQ value(V).                     { R = V; }

ref(R) ::= NAME(N).                             { R = (struct reference){.name = name_of(parse, N)}; }
ref(R) ::= NAME(M) DOT NAME(N). {
    R = (struct reference){.module = name_of(parse, M), .name = name_of(parse, N)};
}

type(R) ::= base(B) args(A).                    { R = type_settings(B, A, (struct token){0}); }
type(R) ::= base(B) args(A) QM(Q).              { R = type_settings(B, A, Q); }
base(R) ::= NAME(N).                            { R = type_of(parse, FORM_NAME, N, N); R->name = name_of(parse, N); }
base(R) ::= NAME(M) DOT NAME(N). {
    R = type_of(parse, FORM_NAME, M, N);
    R->module = name_of(parse, M);
    R->name = name_of(parse, N);
}
base(R) ::= STRUCT(S) NAME(N).                  { R = type_of(parse, FORM_STRUCT, S, N); R->name = name_of(parse, N); }
base(R) ::= LS(A) type(T) RS(Z).                { R = type_of(parse, FORM_ARRAY, A, Z); R->element = T; }
base(R) ::= NAME(N) LS type(T) RS(Z). {
    R = type_of(parse, FORM_MAP, N, Z);
    R->name = name_of(parse, N);
    R->element = T;
}

/* ---- arguments -------------------------------------------------------------------------------- */
args(R) ::= .                                   { memset(&R, 0, sizeof R); }
args(R) ::= LP(A) RP(Z).                        { R = arguments_of(A, (struct argument_list){0}, Z); }
args(R) ::= LP(A) arglist(L) comma RP(Z).       { R = arguments_of(A, L, Z); }
arglist(R) ::= arg(A).                          { R.first = A; R.last = A; }
arglist(R) ::= arglist(L) COMMA arg(A).         { R = L; LIST_ADD(R, A); }
comma ::= .
comma ::= COMMA.
arg(R) ::= value(V).                            { R = argument_of(parse, (struct name){0}, V); }
arg(R) ::= NAME(N) COLON value(V).              { R = argument_of(parse, name_of(parse, N), V); }

value(R) ::= scalar(V).                         { R = V; }
value(R) ::= scalar(L) DOTDOT(D).               { R = value_range(parse, L, D, NULL); }
value(R) ::= scalar(L) DOTDOT(D) scalar(H).     { R = value_range(parse, L, D, H); }
value(R) ::= DOTDOT(D) scalar(H).               { R = value_range(parse, NULL, D, H); }
value(R) ::= LS(A) RS(Z).                       { R = value_list(parse, A, (struct value_list){0}, Z); }
value(R) ::= LS(A) values(L) comma RS(Z).       { R = value_list(parse, A, L, Z); }
values(R) ::= value(V).                         { R.first = V; R.last = V; }
values(R) ::= values(L) COMMA value(V).         { R = L; LIST_ADD(R, V); }
scalar(R) ::= INT(V).                           { R = value_of(parse, VALUE_INTEGER, V); }
scalar(R) ::= FLOAT(V).                         { R = value_of(parse, VALUE_FLOAT, V); }
scalar(R) ::= SIZE(V).                          { R = value_of(parse, VALUE_SIZE, V); }
scalar(R) ::= DURATION(V).                      { R = value_of(parse, VALUE_DURATION, V); }
scalar(R) ::= STRING(V).                        { R = value_of(parse, VALUE_STRING, V); }
scalar(R) ::= REGEX(V).                         { R = value_of(parse, VALUE_REGEX, V); }
scalar(R) ::= NAME(V).                          { R = value_of(parse, VALUE_NAME, V); }

%code {
/* Runs the reductions that a token would cause over a copy of the states, up to its shift or refusal. */
bool FlareParseAccepts(const void *opaque, int kind)
{
    const yyParser *const parser = opaque;
    YYACTIONTYPE states[YYSTACKDEPTH + 8];
    long top = parser->yytos - parser->yystack;

    for (long i = 0; i <= top; i++)
        states[i] = parser->yystack[i].stateno;
    for (;;) {
        const int at = states[top] <= YY_MAX_SHIFT ? yy_shift_ofst[states[top]] + kind : 0;
        YYACTIONTYPE action = states[top];
        if (action <= YY_MAX_SHIFT)
            action = yy_lookahead[at] == kind ? yy_action[at] : yy_default[states[top]];
        if (action < YY_MIN_REDUCE)
            return action <= YY_MAX_SHIFTREDUCE || action == YY_ACCEPT_ACTION;
        const unsigned rule = action - YY_MIN_REDUCE;
        top += yyRuleInfoNRhs[rule];
        action = yy_find_reduce_action(states[top], (YYCODETYPE)yyRuleInfoLhs[rule]);
        if (++top >= YYSTACKDEPTH)
            return false;
        states[top] = action;
    }
}
}
