# An overlay port: it builds the checkout that contains it. In a registry, vcpkg_from_github() takes the
# place of this line.
cmake_path(SET SOURCE_PATH NORMALIZE "${CURRENT_PORT_DIR}/../../../..")

vcpkg_check_features(OUT_FEATURE_OPTIONS FEATURE_OPTIONS
    FEATURES
        auth ASYNCJOBS_AUTH
        beast ASYNCJOBS_BEAST
        cli ASYNCJOBS_CLI
        files ASYNCJOBS_FILES
        http ASYNCJOBS_HTTP
        mysql ASYNCJOBS_MYSQL
        operations ASYNCJOBS_OPERATIONS
        postgresql ASYNCJOBS_POSTGRESQL
        schedules ASYNCJOBS_SCHEDULES
        soci ASYNCJOBS_SOCI
        testing ASYNCJOBS_TESTING
        webhooks ASYNCJOBS_WEBHOOKS
)
vcpkg_cmake_configure(
    SOURCE_PATH "${SOURCE_PATH}"
    OPTIONS
        ${FEATURE_OPTIONS}
        -DASYNCJOBS_BENCH=OFF
        -DASYNCJOBS_EXAMPLES=OFF
        -DASYNCJOBS_INSTALL=ON
        -DASYNCJOBS_TESTS=OFF
    MAYBE_UNUSED_VARIABLES
        ASYNCJOBS_MYSQL
        ASYNCJOBS_POSTGRESQL
)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH lib/cmake/asyncjobs)
vcpkg_fixup_pkgconfig()
if("cli" IN_LIST FEATURES)
    vcpkg_copy_tools(TOOL_NAMES asyncjobs AUTO_CLEAN)
endif()
file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/debug/include" "${CURRENT_PACKAGES_DIR}/debug/share")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
file(INSTALL "${CURRENT_PORT_DIR}/usage" DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")
