# asyncjobs_tidy: checks the sources of the core and the adapters by .clang-tidy. Made where clang-tidy is
# installed, and in builds file by file (the preset dev), whose compile commands name the sources.
find_program(ASYNCJOBS_RUN_CLANG_TIDY NAMES run-clang-tidy-14 run-clang-tidy
    DOC "The script of clang-tidy that runs it on a compile database")
mark_as_advanced(ASYNCJOBS_RUN_CLANG_TIDY)
if(NOT ASYNCJOBS_RUN_CLANG_TIDY OR CMAKE_UNITY_BUILD OR NOT CMAKE_EXPORT_COMPILE_COMMANDS)
    return()
endif()
add_custom_target(asyncjobs_tidy
    COMMAND ${ASYNCJOBS_RUN_CLANG_TIDY} -quiet -p ${PROJECT_BINARY_DIR}
        -extra-arg=-Wno-unknown-warning-option "^${PROJECT_SOURCE_DIR}/(src/[a-z_]+.cpp|adapters/[a-z]+/src/)"
    COMMENT "clang-tidy of the core and the adapters" VERBATIM USES_TERMINAL)
