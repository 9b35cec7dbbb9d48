# Settings of all test binaries of this project.

# asyncjobs_add_tests(NAME [FOLDERS ...] [EXCLUDE REGEX] LINK ... [INCLUDE ...] [PCH ...]
#                     [LABELS ...] [TIMEOUT seconds] [ENVIRONMENT ...])
#
# One doctest binary NAME_tests of all sources below the folders, and an entry in ctest for each file
# *_test.cpp in it. The target LABEL_checks, if it exists, builds it. Does nothing without
# sources. Builds with a sanitizer define SANITIZED.
function(asyncjobs_add_tests name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "EXCLUDE;TIMEOUT"
        "FOLDERS;LINK;INCLUDE;PCH;LABELS;ENVIRONMENT")
    set(patterns ${arg_FOLDERS})
    list(TRANSFORM patterns PREPEND ${PROJECT_SOURCE_DIR}/tests/)
    list(TRANSFORM patterns APPEND /*.cpp)
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${patterns})
    list(FILTER sources EXCLUDE REGEX "/tests/unit/main\\.cpp$")
    if(arg_EXCLUDE)
        list(FILTER sources EXCLUDE REGEX ${arg_EXCLUDE})
    endif()
    if(NOT sources)
        return()
    endif()

    set(target ${name}_tests)
    add_executable(${target} ${sources} $<TARGET_OBJECTS:test_main>)
    asyncjobs_compile_options(${target})
    target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests ${arg_INCLUDE})
    target_link_libraries(${target} PRIVATE ${arg_LINK} doctest::doctest)
    if(arg_PCH)
        target_precompile_headers(${target} PRIVATE ${arg_PCH})
    endif()
    foreach(label IN LISTS arg_LABELS)
        if(TARGET ${label}_checks)
            add_dependencies(${label}_checks ${target})
        endif()
    endforeach()
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 120)
    endif()
    if(ASYNCJOBS_SANITIZE)
        target_compile_definitions(${target} PRIVATE SANITIZED)
        math(EXPR arg_TIMEOUT "3 * ${arg_TIMEOUT}")
    endif()
    list(FILTER sources INCLUDE REGEX "_test\\.cpp$")
    foreach(source IN LISTS sources)
        cmake_path(RELATIVE_PATH source BASE_DIRECTORY ${PROJECT_SOURCE_DIR}/tests
            OUTPUT_VARIABLE file)
        string(REGEX REPLACE "^[^/]*/(adapters/|examples/)?|_test\\.cpp$" "" title ${file})
        add_test(NAME "${name}: ${title}" COMMAND ${target} "--source-file=*/tests/${file}")
        set_tests_properties("${name}: ${title}" PROPERTIES
            LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT} ENVIRONMENT "${arg_ENVIRONMENT}"
            SKIP_RETURN_CODE 77)
    endforeach()
endfunction()
