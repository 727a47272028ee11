# Finds libnghttp2, HTTP/2's frames and HPACK: the target Nghttp2::nghttp2.
find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
    pkg_check_modules(PC_NGHTTP2 QUIET libnghttp2)
endif()
find_path(NGHTTP2_INCLUDE_DIR nghttp2/nghttp2.h HINTS ${PC_NGHTTP2_INCLUDE_DIRS})
find_library(NGHTTP2_LIBRARY nghttp2 HINTS ${PC_NGHTTP2_LIBRARY_DIRS})
mark_as_advanced(NGHTTP2_INCLUDE_DIR NGHTTP2_LIBRARY)
if(NGHTTP2_INCLUDE_DIR AND EXISTS "${NGHTTP2_INCLUDE_DIR}/nghttp2/nghttp2ver.h")
    file(STRINGS "${NGHTTP2_INCLUDE_DIR}/nghttp2/nghttp2ver.h" Nghttp2_VERSION REGEX "define NGHTTP2_VERSION \"")
    string(REGEX REPLACE ".*\"([^\"]*)\".*" "\\1" Nghttp2_VERSION "${Nghttp2_VERSION}")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Nghttp2 REQUIRED_VARS NGHTTP2_LIBRARY NGHTTP2_INCLUDE_DIR
    VERSION_VAR Nghttp2_VERSION)
if(Nghttp2_FOUND AND NOT TARGET Nghttp2::nghttp2)
    add_library(Nghttp2::nghttp2 UNKNOWN IMPORTED)
    set_target_properties(Nghttp2::nghttp2 PROPERTIES IMPORTED_LOCATION "${NGHTTP2_LIBRARY}"
        INTERFACE_INCLUDE_DIRECTORIES "${NGHTTP2_INCLUDE_DIR}")
endif()
