# How every target of this project is made; nothing here reaches a host's own targets.

# Warnings and sanitizers, privately.
function(asyncjobs_compile_options target)
    target_compile_options(${target} PRIVATE
        -Wall -Wextra -Wpedantic -Wconversion -Wshadow $<$<BOOL:${ASYNCJOBS_WERROR}>:-Werror>)
    if(ASYNCJOBS_SANITIZE)
        target_compile_options(${target} PRIVATE
            -fsanitize=${ASYNCJOBS_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
        if(ASYNCJOBS_SANITIZE MATCHES undefined)
            target_compile_options(${target} PRIVATE -fno-sanitize=vptr)
        endif()
        if(ASYNCJOBS_SANITIZE MATCHES thread AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
            target_compile_options(${target} PRIVATE -Wno-tsan)
        endif()
        target_link_options(${target} PUBLIC -fsanitize=${ASYNCJOBS_SANITIZE})
    endif()
endfunction()

# asyncjobs_add_library(NAME FILES ...): target asyncjobs_NAME (the core: asyncjobs), exported as
# asyncjobs::NAME.
function(asyncjobs_add_library name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "FILES")
    set(target asyncjobs_${name})
    if(name STREQUAL asyncjobs)
        set(target asyncjobs)
    endif()
    add_library(${target} ${arg_FILES})
    add_library(asyncjobs::${name} ALIAS ${target})
    set_target_properties(${target} PROPERTIES
        EXPORT_NAME ${name} OUTPUT_NAME ${target} POSITION_INDEPENDENT_CODE ON)
    target_compile_features(${target} PUBLIC cxx_std_20)
    asyncjobs_compile_options(${target})
endfunction()
