/* codes.h - every diagnostic's code. A code is never used again for another meaning; explain/F0123.md tells
 * its story.
 *
 *   F01xx text and syntax   F02xx names          F03xx types, values   F035x patterns    F04xx routes, inputs
 *   F045x route conflicts   F05xx replies        F06xx limits, use, state                F07xx warnings
 *   F08xx templates       F091x clients, mocks
 */
#ifndef FLAREC_CODES_H
#define FLAREC_CODES_H

/* X(number, NAME, severity, title) in the order of numbers. */
#define FLAREC_CODES(X)                                                                                      \
    X(101, BAD_CHARACTER, ERROR, "a character that the language does not use")                               \
    X(102, BAD_TOKEN, ERROR, "a number or word that is not one")                                             \
    X(103, BAD_STRING, ERROR, "a string that does not end, or a bad escape in it")                           \
    X(104, BAD_REGEX_TOKEN, ERROR, "a pattern that does not end")                                            \
    X(105, BAD_UTF8, ERROR, "text that is not UTF-8")                                                        \
    X(106, BLOCK_COMMENT, ERROR, "a block comment")                                                          \
    X(110, SYNTAX, ERROR, "a statement that does not parse")                                                 \
    X(111, OPEN_BRACE, ERROR, "a brace that is never closed")                                                \
    X(112, STRAY_BRACE, ERROR, "a closing brace without an opening one")                                     \
    X(113, TOO_DEEP, ERROR, "nesting that is too deep")                                                      \
    X(114, MISPLACED, ERROR, "a statement in a place where it has no meaning")                               \
    X(115, BAD_VERSION, ERROR, "a language version that this compiler does not know")                        \
    X(116, SERVICE, ERROR, "a file that does not declare exactly one service or library")                    \
    X(201, DUPLICATE, ERROR, "a name declared twice")                                                        \
    X(202, UNKNOWN_TYPE, ERROR, "a type that nothing declares")                                              \
    X(203, UNKNOWN_ARGUMENT, ERROR, "a setting that the thing does not have")                                \
    X(204, C_NAME_CLASH, ERROR, "two names that are one in C")                                               \
    X(205, BAD_NAME, ERROR, "a name that can't be used here")                                                \
    X(206, RESERVED_NAME, ERROR, "a name that the language keeps for itself")                                \
    X(207, UNKNOWN_BUILTIN, ERROR, "a built-in that does not exist")                                         \
    X(208, UNKNOWN_GUARD, ERROR, "a guard that nothing declares")                                            \
    X(220, IMPORT, ERROR, "an import that can't be read")                                                    \
    X(221, IMPORT_KIND, ERROR, "an import of what is not a library")                                         \
    X(222, IMPORT_CIRCLE, ERROR, "libraries that import each other")                                         \
    X(223, UNKNOWN_MODULE, ERROR, "a library that is not imported")                                          \
    X(301, RECURSIVE, ERROR, "a type that holds itself")                                                     \
    X(302, BAD_CONSTRAINT, ERROR, "a constraint that the type does not take")                                \
    X(303, EMPTY_RANGE, ERROR, "a range that nothing is in")                                                 \
    X(304, OUT_OF_TYPE, ERROR, "a bound that the type can't hold")                                           \
    X(305, BAD_DEFAULT, ERROR, "a default of another type")                                                  \
    X(306, DEFAULT_REFUSED, ERROR, "a default that its own constraints refuse")                              \
    X(307, OPTIONAL_DEFAULT, ERROR, "an optional with a default")                                            \
    X(308, OPTIONAL_TWICE, ERROR, "an optional of an optional")                                              \
    X(309, EMPTY_TYPE, ERROR, "an enum, type or union with nothing in it")                                   \
    X(310, BAD_ARGUMENT, ERROR, "an argument of the wrong kind")                                             \
    X(311, UNION_TAG, ERROR, "a union whose tag is not one")                                                 \
    X(312, UNION_ARM, ERROR, "an arm of a union that has no fields")                                         \
    X(313, TAG_CLASH, ERROR, "a field that a union's tag hides")                                             \
    X(314, VALUE_PLACE, ERROR, "a type in a place that can't hold it")                                       \
    X(315, CALL_CLASH, ERROR, "a C function for two kinds of values")                                        \
    X(340, BAD_EXAMPLE, ERROR, "an example that is no value of its type")                                    \
    X(350, BAD_PATTERN, ERROR, "a pattern that does not compile")                                            \
    X(351, PATTERN_UNSUPPORTED, ERROR, "a pattern that no automaton can match")                              \
    X(352, PATTERN_TOO_LARGE, ERROR, "a pattern that needs too many states")                                 \
    X(401, PATH_UNDECLARED, ERROR, "a path parameter whose type is not declared")                            \
    X(402, PATH_NOT_IN_PATH, ERROR, "a declared parameter that the path does not have")                      \
    X(403, PATH_SYNTAX, ERROR, "a path that can't match a request")                                          \
    X(404, PATH_DUPLICATE, ERROR, "a parameter twice in a path")                                             \
    X(405, WILDCARD_NOT_LAST, ERROR, "a wildcard that is not last")                                          \
    X(406, BODY_NOT_ALLOWED, ERROR, "a body on a method that has none")                                      \
    X(407, INPUT_TYPE, ERROR, "an input of a type that its place can't hold")                                \
    X(408, INPUT_TWICE, ERROR, "an input declared twice")                                                    \
    X(409, HEADER_NAME, ERROR, "a header or cookie name that HTTP does not allow")                           \
    X(410, METHOD, ERROR, "a method that HTTP does not know")                                                \
    X(411, HANDLER_SHARED, ERROR, "one handler for routes that differ")                                      \
    X(412, HANDLER_ARGUMENTS, ERROR, "a built-in handler with the wrong arguments")                          \
    X(413, BODY_KIND, ERROR, "a body or content of an unknown kind")                                         \
    X(414, PATH_PRESENCE, ERROR, "a path parameter that could be absent")                                    \
    X(415, FORM_TYPE, ERROR, "a form whose type has no fields")                                              \
    X(416, FORM_FIELD, ERROR, "a field that no form can bring")                                              \
    X(417, FILE_PLACE, ERROR, "a file where no multipart body brings it")                                    \
    X(418, MESSAGE, ERROR, "a message that no WebSocket route has")                                          \
    X(430, FOLDER, ERROR, "a folder that can't be served")                                                   \
    X(431, UPSTREAM, ERROR, "an upstream that requests can't be passed on to")                               \
    X(440, STREAM_WAY, ERROR, "a stream that its handler can't wait for")                                    \
    X(441, SOCKET_WAY, ERROR, "a WebSocket whose handler is deferred")                                       \
    X(450, ROUTE_CONFLICT, ERROR, "two routes that match the same request")                                  \
    X(451, ROUTE_SHADOWED, ERROR, "a route that is never reached")                                           \
    X(452, ROUTE_OVERLAPS, ERROR, "paths that overlap in too many ways")                                     \
    X(501, STATUS, ERROR, "a status that a reply can't have")                                                \
    X(502, REPLY_CLASH, ERROR, "two replies with one constructor")                                           \
    X(503, REPLY_CONTENT, ERROR, "a reply content that is not one")                                          \
    X(504, REPLY_NO_CONTENT, ERROR, "content on a status that has none")                                     \
    X(505, REPLY_HEADER, ERROR, "a reply header that can't be declared")                                     \
    X(506, REPLY_COOKIE, ERROR, "a reply cookie that can't be set")                                          \
    X(601, UNKNOWN_LIMIT, ERROR, "a limit that does not exist")                                              \
    X(602, LIMIT_UNIT, ERROR, "a limit in the wrong unit")                                                   \
    X(603, LIMIT_CONTRADICTION, ERROR, "limits that contradict each other")                                  \
    X(604, LIMIT_RANGE, ERROR, "a limit that is out of range")                                               \
    X(605, LIMIT_PLACE, ERROR, "a limit where it can't be set")                                              \
    X(606, USE_AFTER_ROUTE, ERROR, "a use after a route")                                                    \
    X(607, USE_TWICE, ERROR, "a built-in used twice on one route")                                           \
    X(608, STATE_TWICE, ERROR, "a second state")                                                             \
    X(609, GUARD_USE, ERROR, "a guard that uses what is no guard")                                           \
    X(610, GUARD_CYCLE, ERROR, "guards that need each other")                                                \
    X(611, GUARD_PATH, ERROR, "a guard that reads a parameter which the path does not have")                 \
    X(612, USE_SETTINGS, ERROR, "settings of a use that contradict each other")                              \
    X(613, USE_PLACE, ERROR, "a use in a place where it can't work")                                         \
    X(614, USE_MISSING, ERROR, "a built-in that needs a use which is not there")                             \
    X(620, SESSION, ERROR, "a session that can't be kept")                                                   \
    X(621, SESSION_SECRET, ERROR, "a secret in a session that the client can read")                          \
    X(622, SESSION_WAITS, ERROR, "a session that is waited for where nobody can wait")                       \
    X(701, DOC_NOTHING, WARNING, "a doc comment that documents nothing")                                     \
    X(702, UNUSED_TYPE, WARNING, "a type that nothing uses")                                                 \
    X(703, NO_ROUTES, WARNING, "a service without routes")                                                   \
    X(704, IDLE_RANGE, WARNING, "a range that leaves nothing out")                                           \
    X(705, EMPTY_GROUP, WARNING, "a group without routes")                                                   \
    X(706, UNUSED_GUARD, WARNING, "a guard that no route uses")                                              \
    X(801, TEMPLATE_FILE, ERROR, "a template that can't be read")                                            \
    X(802, TEMPLATE_SYNTAX, ERROR, "a tag of a template that does not parse")                                \
    X(803, TEMPLATE_NAME, ERROR, "a name that a template's value does not have")                             \
    X(804, TEMPLATE_TYPE, ERROR, "a value of the wrong type in a template")                                  \
    X(805, TEMPLATE_ABSENT, ERROR, "a value in a template that may be absent")                               \
    X(806, TEMPLATE_PLACE, ERROR, "a value where no escaping makes it safe")                                 \
    X(807, TEMPLATE_URL, ERROR, "a value that would choose where a URL leads")                               \
    X(808, TEMPLATE_HTML, ERROR, "HTML of a template that is not clear")                                     \
    X(809, TEMPLATE_BLOCK, ERROR, "a layout, block or include that does not fit")                            \
    X(910, MOCK_VALUE, ERROR, "a type that a mock has no value of")                                          \
    X(911, LIBRARY_ALONE, ERROR, "a library where a service is wanted")

#endif
