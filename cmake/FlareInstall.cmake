# The install rules: the library, its headers, flarec, a package for find_package(flare), flare.pc, and CPack.
include(CMakePackageConfigHelpers)

set(flare_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/flare")
set(flare_install_targets flare_runtime)
if(TARGET flarec)
    list(APPEND flare_install_targets flarec)
endif()
foreach(part flare_brotli flare_psl flare_postgres flare_redis)
    if(TARGET ${part})
        list(APPEND flare_install_targets ${part})
    endif()
endforeach()
install(TARGETS ${flare_install_targets} EXPORT flareTargets
    ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
    RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}"
    INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(EXPORT flareTargets NAMESPACE flare:: DESTINATION "${flare_package_dir}")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/runtime/include/flare" "${PROJECT_BINARY_DIR}/runtime/include/flare"
    DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.h")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")

configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/flareConfig.cmake.in" "${PROJECT_BINARY_DIR}/flareConfig.cmake"
    INSTALL_DESTINATION "${flare_package_dir}" NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/flareConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/flareConfig.cmake" "${PROJECT_BINARY_DIR}/flareConfigVersion.cmake"
    "${CMAKE_CURRENT_LIST_DIR}/FlareAddService.cmake" "${CMAKE_CURRENT_LIST_DIR}/FlareStamp.cmake"
    "${CMAKE_CURRENT_LIST_DIR}/FlareViewer.cmake" "${CMAKE_CURRENT_LIST_DIR}/FindNghttp2.cmake"
    DESTINATION "${flare_package_dir}")
install(DIRECTORY "${CMAKE_CURRENT_LIST_DIR}/viewer" DESTINATION "${flare_package_dir}")

# flare.pc finds its prefix from where it stands, so the installed tree can be moved.
file(RELATIVE_PATH flare_pc_prefix "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" "${CMAKE_INSTALL_PREFIX}")
string(REGEX REPLACE "/$" "" flare_pc_prefix "${flare_pc_prefix}")
get_target_property(flare_pc_defines flare_runtime INTERFACE_COMPILE_DEFINITIONS)
list(TRANSFORM flare_pc_defines PREPEND -D)
list(JOIN flare_pc_defines " " flare_pc_defines)
set(flare_pc_requires "openssl >= 3.0, zlib")
if(FLARE_HTTP2)
    string(APPEND flare_pc_requires ", libnghttp2 >= 1.50")
endif()
configure_file("${CMAKE_CURRENT_LIST_DIR}/flare.pc.in" "${PROJECT_BINARY_DIR}/flare.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/flare.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")

foreach(part postgres redis)
    if(TARGET flare_${part})
        configure_file("${CMAKE_CURRENT_LIST_DIR}/flare-${part}.pc.in" "${PROJECT_BINARY_DIR}/flare-${part}.pc" @ONLY)
        install(FILES "${PROJECT_BINARY_DIR}/flare-${part}.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
    endif()
endforeach()

if(flare_is_top)
    set(CPACK_PACKAGE_VENDOR "flare")
    set(CPACK_PACKAGE_CONTACT "the flare project")
    set(CPACK_RESOURCE_FILE_LICENSE "${PROJECT_SOURCE_DIR}/LICENSE")
    set(CPACK_GENERATOR TGZ)
    set(CPACK_STRIP_FILES ON)
    include(CPack)
endif()
