# The viewer that docs() serves: Swagger UI, brought by npm when something that needs it is built, never at configuring.
#
# Included by FlareAddService.cmake it defines flare_docs_viewer(), which makes the library flare_docs_viewer once.
# Run as a script it writes the library's C: cmake -DOUT=viewer.c -P FlareViewer.cmake. Where npm or node is missing,
# or npm can't bring the package, that holds no viewer, docs() shows a plain page, and the build goes on.

# The one place that says which. The hash is of the package as npm serves it, and is what `npm view
# swagger-ui-dist@VERSION dist.integrity` says, in hex.
set(FLARE_VIEWER_PACKAGE swagger-ui-dist)
set(FLARE_VIEWER_VERSION 5.35.0)
set(FLARE_VIEWER_SHA512
    "534eaba4cb56f55dd73c638179a993512af4674f63317e0826e00da44fc465b0"
    "21c341bc0a0c2bcd4e18997927fe1d3008336c5dd19aad334d1c2dec53cc9551")
list(JOIN FLARE_VIEWER_SHA512 "" FLARE_VIEWER_SHA512)

function(flare_docs_viewer)
    if(TARGET flare_docs_viewer)
        return()
    endif()
    set(out "${CMAKE_BINARY_DIR}/flare/viewer/viewer.c")
    set(here "${CMAKE_CURRENT_FUNCTION_LIST_DIR}")
    add_custom_command(OUTPUT "${out}"
        COMMAND "${CMAKE_COMMAND}" "-DOUT=${out}" -P "${here}/FlareViewer.cmake"
        DEPENDS "${here}/FlareViewer.cmake" "${here}/viewer/pack.mjs" "${here}/viewer/index.html" "${here}/viewer/start.js"
        COMMENT "The viewer for docs(): ${FLARE_VIEWER_PACKAGE} ${FLARE_VIEWER_VERSION}" VERBATIM)
    add_library(flare_docs_viewer STATIC EXCLUDE_FROM_ALL "${out}")
    target_link_libraries(flare_docs_viewer PUBLIC flare::runtime)
endfunction()

# without(WHY): the library without a viewer.
function(without why)
    message(STATUS "docs() shows a plain page, since ${why}")
    file(WRITE "${OUT}" "#include <flare/gen.h>\n\nconst struct flarei_docs_viewer flarei_docs_viewer = {NULL, 0};\n")
endfunction()

function(bring)
    get_filename_component(folder "${OUT}" DIRECTORY)
    set(package "${folder}/${FLARE_VIEWER_PACKAGE}-${FLARE_VIEWER_VERSION}.tgz")
    file(MAKE_DIRECTORY "${folder}")
    find_program(FLARE_NPM npm)
    find_program(FLARE_NODE node)
    if(NOT FLARE_NPM OR NOT FLARE_NODE)
        without("npm or node is missing")
        return()
    endif()
    if(NOT EXISTS "${package}")
        execute_process(COMMAND "${FLARE_NPM}" pack --silent --prefer-offline --ignore-scripts --fetch-retries=1
                --fetch-timeout=60000 "${FLARE_VIEWER_PACKAGE}@${FLARE_VIEWER_VERSION}"
            WORKING_DIRECTORY "${folder}" TIMEOUT 120 RESULT_VARIABLE failed OUTPUT_QUIET ERROR_QUIET)
        if(failed OR NOT EXISTS "${package}")
            without("npm can't bring ${FLARE_VIEWER_PACKAGE}@${FLARE_VIEWER_VERSION}")
            return()
        endif()
    endif()
    file(SHA512 "${package}" hash)
    if(NOT hash STREQUAL FLARE_VIEWER_SHA512)
        file(REMOVE "${package}")
        message(FATAL_ERROR "${FLARE_VIEWER_PACKAGE}@${FLARE_VIEWER_VERSION} is not the package that is expected: its "
            "SHA-512 is ${hash}")
    endif()
    file(ARCHIVE_EXTRACT INPUT "${package}" DESTINATION "${folder}")
    execute_process(COMMAND "${FLARE_NODE}" "${CMAKE_CURRENT_LIST_DIR}/viewer/pack.mjs" "${folder}/package"
        "${CMAKE_CURRENT_LIST_DIR}/viewer" "${OUT}" RESULT_VARIABLE failed)
    file(REMOVE_RECURSE "${folder}/package")
    if(failed)
        without("node can't pack it")
    endif()
endfunction()

if(CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
    bring()
endif()
