# Settings of all targets of this project; they do not affect a host's targets.
include(AsyncjobsPkgConfig)
include(AsyncjobsPlatform)

# Warnings and sanitizers, privately.
function(asyncjobs_compile_options target)
    if(MSVC)
        target_compile_options(${target} PRIVATE /W4 $<$<BOOL:${ASYNCJOBS_WERROR}>:/WX>)
    else()
        target_compile_options(${target} PRIVATE
            -Wall -Wextra -Wpedantic -Wconversion -Wshadow
            $<$<BOOL:${ASYNCJOBS_WERROR}>:-Werror>
            # A unity build includes every source, so GCC treats its local types as a header's.
            $<$<AND:$<CXX_COMPILER_ID:GNU>,$<BOOL:${CMAKE_UNITY_BUILD}>>:-Wno-subobject-linkage>)
    endif()
    if(ASYNCJOBS_SANITIZE)
        target_compile_options(${target} PRIVATE
            -fsanitize=${ASYNCJOBS_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer
            # GCC 12 gives false warnings for instrumented code.
            $<$<CXX_COMPILER_ID:GNU>:-Wno-error>)
        # SOCI's and Boost's libraries are built without it, so it has no information about their types.
        if(ASYNCJOBS_SANITIZE MATCHES undefined)
            target_compile_options(${target} PRIVATE
                -fno-sanitize=vptr $<$<CXX_COMPILER_ID:Clang>:-fno-sanitize=function>)
        endif()
        # That sanitizer does not support the fences by which Asio otherwise orders its reference counts.
        if(ASYNCJOBS_SANITIZE MATCHES thread)
            target_compile_definitions(${target} PRIVATE BOOST_ASIO_DISABLE_STD_ATOMIC)
        endif()
        target_link_options(${target} PUBLIC -fsanitize=${ASYNCJOBS_SANITIZE})
    endif()
endfunction()

# Installs `target` as part of a component of the package, and its pkg-config file.
function(asyncjobs_install_target target component)
    if(ASYNCJOBS_INSTALL)
        install(TARGETS ${target} EXPORT asyncjobs-${component} ${ARGN}
            INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
        set_property(GLOBAL APPEND PROPERTY ASYNCJOBS_COMPONENTS ${component})
        cmake_language(EVAL CODE "cmake_language(DEFER CALL asyncjobs_write_pkg_config ${target})")
    endif()
endfunction()

# asyncjobs_add_library(NAME FILES ...): target asyncjobs_NAME (the core: asyncjobs), exported as
# asyncjobs::NAME. The headers in its include/ are its interface: each compiles alone, and all
# are installed. Bodies (.ipp, src.hpp) and details are installed, but are not part of the interface.
# BUILD_SHARED_LIBS makes it a shared library; a library without headers exports nothing, and so is always an
# archive.
function(asyncjobs_add_library name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "FILES")
    set(target asyncjobs_${name})
    set(component ${name})
    set(include ${CMAKE_CURRENT_SOURCE_DIR}/include)
    file(GLOB_RECURSE headers CONFIGURE_DEPENDS ${include}/*.hpp)
    file(GLOB_RECURSE bodies CONFIGURE_DEPENDS ${include}/*.ipp ${include}/asyncjobs/src.hpp)
    if(name STREQUAL asyncjobs)
        set(target asyncjobs)
        set(component core)
        list(FILTER headers EXCLUDE REGEX "/include/asyncjobs/(testing/|src\\.hpp$)")
        set(details ${headers})
        list(FILTER details INCLUDE REGEX "/include/asyncjobs/detail/")
        list(APPEND bodies ${details})
        list(FILTER headers EXCLUDE REGEX "/include/asyncjobs/detail/")
    elseif(name STREQUAL testing)
        set(include ${PROJECT_SOURCE_DIR}/include)
        file(GLOB headers CONFIGURE_DEPENDS ${include}/asyncjobs/testing/*.hpp)
    endif()

    set(type)
    if(NOT headers)
        set(type STATIC)
    endif()
    add_library(${target} ${type} ${arg_FILES})
    add_library(asyncjobs::${name} ALIAS ${target})
    set_target_properties(${target} PROPERTIES
        EXPORT_NAME ${name} OUTPUT_NAME ${target} POSITION_INDEPENDENT_CODE ON
        CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
        VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
    if(CMAKE_EXECUTABLE_FORMAT STREQUAL ELF)
        set_target_properties(${target} PROPERTIES INSTALL_RPATH "\$ORIGIN")
    endif()
    get_target_property(type ${target} TYPE)
    if(type STREQUAL SHARED_LIBRARY)
        target_compile_definitions(${target} PUBLIC ASYNCJOBS_SHARED)
    endif()
    target_compile_features(${target} PUBLIC cxx_std_20)
    asyncjobs_platform_options(${target} PUBLIC)
    asyncjobs_compile_options(${target})
    target_compile_options(${target} PRIVATE ${ASYNCJOBS_LIBRARY_OPTIONS})
    target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS ${include} FILES ${headers})
    set(file_sets FILE_SET HEADERS)
    if(bodies)
        target_sources(${target} PUBLIC
            FILE_SET bodies TYPE HEADERS BASE_DIRS ${include} FILES ${bodies})
        list(APPEND file_sets FILE_SET bodies)
    endif()
    if(ASYNCJOBS_TESTS)
        set_target_properties(${target} PROPERTIES
            VERIFY_INTERFACE_HEADER_SETS ON INTERFACE_HEADER_SETS_TO_VERIFY HEADERS)
    endif()
    asyncjobs_install_target(${target} ${component} ${file_sets})
endfunction()

# asyncjobs_add_headers(MODE): the core without a library, target asyncjobs_MODE, exported as
# asyncjobs::MODE. The modes are header_only and separate_compilation; see config.hpp.
function(asyncjobs_add_headers mode)
    set(target asyncjobs_${mode})
    add_library(${target} INTERFACE)
    add_library(asyncjobs::${mode} ALIAS ${target})
    set_target_properties(${target} PROPERTIES EXPORT_NAME ${mode})
    target_compile_features(${target} INTERFACE cxx_std_20)
    asyncjobs_platform_options(${target} INTERFACE)
    string(TOUPPER ${target} definition)
    target_compile_definitions(${target} INTERFACE ${definition})
    target_include_directories(${target} INTERFACE
        $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include>)
    asyncjobs_install_target(${target} core)
endfunction()
