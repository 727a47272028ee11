# flare_add_service(NAME SPEC file.flare SOURCES handlers.c... [LIBRARY] [PARTS n] [OUTPUT_DIR dir])
#
# Compiles the spec with flarec and builds target NAME from what it emits and from your handlers: an executable with
# a main() of its own, or with LIBRARY an OBJECT library to link into a program that calls flare_run().
#
#   PARTS n         the emitted C in n files, which compile side by side (for hundreds of routes)
#   OUTPUT_DIR dir  where the emitted files go; the default is flare/NAME in the current binary folder
#
# For X.flare they are X.flare.h, X.flare.c, X.flare.2.c ... X.flare.N.c and X.flare.main.c; that folder is a PUBLIC
# include directory of NAME. flarec runs again when the spec, a file it imports or flarec itself changed, and keeps the
# time stamp of a file that came out the same, so a stamp file of its own says when it last ran.
#
# A spec that uses docs() gets a viewer: see FlareViewer.cmake. FLARE_DOCS_VIEWER=OFF leaves it at the plain page.
#
# Set FLARE_FLAREC_EXECUTABLE to a flarec of the building machine when cross-compiling.
include_guard(GLOBAL)
include("${CMAKE_CURRENT_LIST_DIR}/FlareViewer.cmake")
option(FLARE_DOCS_VIEWER "Bring a viewer by npm for specs that use docs()" ON)

# The function keeps the policies of here, whatever its caller's are.
cmake_policy(PUSH)
cmake_policy(VERSION 3.20)

# Sets a variable to the flarec that runs on the building machine.
function(flarei_find_flarec variable caller)
    if(FLARE_FLAREC_EXECUTABLE)
        set(flarec "${FLARE_FLAREC_EXECUTABLE}")
    elseif(TARGET flare::flarec)
        set(flarec "$<TARGET_FILE:flare::flarec>")
    else()
        message(FATAL_ERROR "${caller}: there is no flarec; set FLARE_FLAREC_EXECUTABLE to one that runs on this machine")
    endif()
    set(${variable} "${flarec}" PARENT_SCOPE)
endfunction()

function(flare_add_service name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "LIBRARY;FLAREI_MOCK" "SPEC;PARTS;OUTPUT_DIR" "SOURCES")
    if(arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "flare_add_service(${name}): '${arg_UNPARSED_ARGUMENTS}' stands under no keyword")
    endif()
    if(NOT arg_SPEC)
        message(FATAL_ERROR "flare_add_service(${name}): say which spec, as in SPEC ${name}.flare")
    endif()
    get_filename_component(spec "${arg_SPEC}" ABSOLUTE)
    get_filename_component(spec_name "${spec}" NAME)
    if(NOT spec_name MATCHES "\\.flare$")
        message(FATAL_ERROR "flare_add_service(${name}): the SPEC's name, ${spec_name}, must end in .flare")
    endif()
    if(NOT arg_OUTPUT_DIR)
        set(arg_OUTPUT_DIR "flare/${name}")
    endif()
    get_filename_component(out "${arg_OUTPUT_DIR}" ABSOLUTE BASE_DIR "${CMAKE_CURRENT_BINARY_DIR}")
    if(NOT arg_PARTS)
        set(arg_PARTS 1)
    elseif(NOT arg_PARTS MATCHES "^[1-9][0-9]*$")
        message(FATAL_ERROR "flare_add_service(${name}): PARTS is '${arg_PARTS}'; it must be a whole number from 1")
    endif()

    set(base "${out}/${spec_name}")
    set(stamp "${base}.stamp")
    set(emitted "${base}.h" "${base}.c")
    foreach(part RANGE 1 ${arg_PARTS})
        if(part GREATER 1)
            list(APPEND emitted "${base}.${part}.c")
        endif()
    endforeach()
    set(main "")
    if(NOT arg_LIBRARY)
        set(main --main)
        list(APPEND emitted "${base}.main.c")
    endif()

    set(comment "flarec")
    set(command build "${spec}" --output-dir "${out}" --parts ${arg_PARTS} ${main})
    if(arg_FLAREI_MOCK)
        set(comment "flarec mock")
        set(command mock "${spec}" --output-dir "${out}")
        string(REGEX REPLACE "\\.flare$" ".mock.c" handlers "${base}")
        list(APPEND emitted "${handlers}")
    endif()

    flarei_find_flarec(flarec "flare_add_service(${name})")

    # Whether it uses docs() is read below.
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${spec}")
    # The emitted files are BYPRODUCTS, since an OUTPUT that keeps its time stamp would make every build run flarec.
    file(MAKE_DIRECTORY "${out}")
    add_custom_command(OUTPUT "${stamp}" BYPRODUCTS ${emitted}
        COMMAND "${flarec}" ${command} --depfile "${base}.d"
        COMMAND "${CMAKE_COMMAND}" "-DDEPFILE=${base}.d" "-DSTAMP=${stamp}" -P
            "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/FlareStamp.cmake"
        DEPENDS "${spec}" "${flarec}" DEPFILE "${base}.d"
        COMMENT "${comment} ${spec_name}" VERBATIM)
    set_source_files_properties(${emitted} PROPERTIES GENERATED TRUE)

    if(arg_LIBRARY)
        add_library(${name} OBJECT)
    else()
        add_executable(${name})
        if(APPLE)
            target_link_options(${name} PRIVATE LINKER:-dead_strip)
        else()
            target_link_options(${name} PRIVATE LINKER:--gc-sections)
        endif()
    endif()
    target_sources(${name} PRIVATE ${arg_SOURCES} ${emitted} "${stamp}")
    target_include_directories(${name} PUBLIC "${out}")
    target_link_libraries(${name} PUBLIC flare::runtime)
    file(STRINGS "${spec}" docs REGEX "->[ \t]*docs\\(")
    if(docs AND FLARE_DOCS_VIEWER)
        flare_docs_viewer()
        target_link_libraries(${name} PUBLIC flare_docs_viewer)
        target_compile_definitions(${name} PRIVATE FLARE_DOCS_VIEWER)
    endif()
    file(READ "${spec}" spec_text)
    if(spec_text MATCHES "use[ \t\r\n]+(compress|inflate)[ \t\r\n]*\\([^)]*br[ \t\r\n]*[,)]")
        if(NOT TARGET flare::brotli)
            message(FATAL_ERROR "flare_add_service(${name}): ${spec_name} names br, which needs brotli "
                "(Debian: libbrotli-dev) where flare is built")
        endif()
        target_link_libraries(${name} PUBLIC flare::brotli)
    endif()
    if(spec_text MATCHES "store[ \t\r\n]*:[ \t\r\n]*redis[ \t\r\n]*[,)]")
        if(NOT TARGET flare::redis)
            message(FATAL_ERROR "flare_add_service(${name}): ${spec_name} has sessions in Redis, which needs hiredis "
                "(Debian: libhiredis-dev) where flare is built")
        endif()
        target_link_libraries(${name} PUBLIC flare::redis)
    endif()
    # A handler that falls off its end, or was never declared, is an error and no warning.
    target_compile_options(${name} PRIVATE -Werror=return-type -ffunction-sections -fdata-sections
        $<$<COMPILE_LANGUAGE:C>:-Werror=implicit-function-declaration>)
    # A broken assertion names its file as the project does, not where this machine has it.
    target_compile_options(${name} PRIVATE "-fmacro-prefix-map=${CMAKE_CURRENT_SOURCE_DIR}/="
        "-fmacro-prefix-map=${out}/=")
endfunction()

# flare_add_mock(NAME SPEC file.flare [LIBRARY] [OUTPUT_DIR dir])
#
# Builds a mock of the spec, target NAME: the service with handlers that reply its examples, as flare_add_service() builds
# one with yours.
function(flare_add_mock name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "LIBRARY" "SPEC;OUTPUT_DIR" "")
    if(arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "flare_add_mock(${name}): '${arg_UNPARSED_ARGUMENTS}' stands under no keyword")
    endif()
    if(NOT arg_SPEC)
        message(FATAL_ERROR "flare_add_mock(${name}): say which spec, as in SPEC ${name}.flare")
    endif()
    flare_add_service(${name} FLAREI_MOCK ${ARGN})
endfunction()

# flare_add_client(NAME SPEC file.flare [OUTPUT_DIR dir])
#
# Compiles a client of the spec with flarec: a static library NAME to link with, for <X.client.h>. Its folder, flare/NAME
# in the current binary folder unless OUTPUT_DIR says another, is a PUBLIC include directory of NAME.
function(flare_add_client name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "SPEC;OUTPUT_DIR" "")
    if(arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "flare_add_client(${name}): '${arg_UNPARSED_ARGUMENTS}' stands under no keyword")
    endif()
    if(NOT arg_SPEC)
        message(FATAL_ERROR "flare_add_client(${name}): say which spec, as in SPEC ${name}.flare")
    endif()
    get_filename_component(spec "${arg_SPEC}" ABSOLUTE)
    get_filename_component(spec_name "${spec}" NAME)
    if(NOT spec_name MATCHES "\\.flare$")
        message(FATAL_ERROR "flare_add_client(${name}): the SPEC's name, ${spec_name}, must end in .flare")
    endif()
    string(REGEX REPLACE "\\.flare$" "" bare "${spec_name}")
    if(NOT arg_OUTPUT_DIR)
        set(arg_OUTPUT_DIR "flare/${name}")
    endif()
    get_filename_component(out "${arg_OUTPUT_DIR}" ABSOLUTE BASE_DIR "${CMAKE_CURRENT_BINARY_DIR}")
    flarei_find_flarec(flarec "flare_add_client(${name})")

    set(base "${out}/${bare}.client")
    set(emitted "${base}.h" "${base}.c" "${out}/${spec_name}.h")
    file(MAKE_DIRECTORY "${out}")
    add_custom_command(OUTPUT "${base}.stamp" BYPRODUCTS ${emitted}
        COMMAND "${flarec}" client "${spec}" --output-dir "${out}" --depfile "${base}.d"
        COMMAND "${CMAKE_COMMAND}" "-DDEPFILE=${base}.d" "-DSTAMP=${base}.stamp" -P
            "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/FlareStamp.cmake"
        DEPENDS "${spec}" "${flarec}" DEPFILE "${base}.d"
        COMMENT "flarec client ${spec_name}" VERBATIM)
    set_source_files_properties(${emitted} PROPERTIES GENERATED TRUE)
    add_library(${name} STATIC "${base}.c" "${base}.h" "${base}.stamp")
    target_include_directories(${name} PUBLIC "${out}")
    target_link_libraries(${name} PUBLIC flare::runtime)
endfunction()

cmake_policy(POP)
