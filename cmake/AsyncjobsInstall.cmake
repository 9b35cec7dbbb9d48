# The package: find_package(asyncjobs COMPONENTS soci http beast auth schedules webhooks operations files testing).
# The core is always included.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/asyncjobs)
get_property(components GLOBAL PROPERTY ASYNCJOBS_COMPONENTS)
list(REMOVE_DUPLICATES components)
foreach(component IN LISTS components)
    install(EXPORT asyncjobs-${component} NAMESPACE asyncjobs:: DESTINATION ${package_dir})
endforeach()
list(JOIN components " " component_names)
get_property(soci_backends GLOBAL PROPERTY ASYNCJOBS_SOCI_BACKENDS)
configure_package_config_file(
    ${PROJECT_SOURCE_DIR}/cmake/asyncjobs-config.cmake.in
    ${PROJECT_BINARY_DIR}/asyncjobs-config.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(
    ${PROJECT_BINARY_DIR}/asyncjobs-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES
    ${PROJECT_BINARY_DIR}/asyncjobs-config.cmake
    ${PROJECT_BINARY_DIR}/asyncjobs-config-version.cmake
    DESTINATION ${package_dir})
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/doc/asyncjobs)
if(TARGET asyncjobs_soci)
    install(FILES ${PROJECT_SOURCE_DIR}/cmake/FindSOCI.cmake DESTINATION ${package_dir})
endif()
