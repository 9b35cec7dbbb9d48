# Compiler options by platform. Windows and macOS are prepared, but not tested.
include(CheckCXXSourceCompiles)

# asyncjobs_platform_options(TARGET SCOPE): sets them for a target and, unless SCOPE is PRIVATE, for
# the users of its headers.
function(asyncjobs_platform_options target scope)
    if(WIN32)
        target_compile_definitions(${target} ${scope}
            NOMINMAX WIN32_LEAN_AND_MEAN _WIN32_WINNT=0x0A00)
    endif()
    if(MSVC)
        target_compile_options(${target} ${scope}
            /permissive- /Zc:__cplusplus /Zc:preprocessor /bigobj /utf-8)
    else()
        # libc++ has std::jthread and std::stop_token only as an experimental library until version 20.
        set(CMAKE_CXX_STANDARD 20)
        set(CMAKE_REQUIRED_LIBRARIES Threads::Threads)
        check_cxx_source_compiles("
            #include <thread>
            int main() { std::jthread thread([](std::stop_token) {}); }" ASYNCJOBS_HAS_JTHREAD)
        if(NOT ASYNCJOBS_HAS_JTHREAD)
            target_compile_options(${target} ${scope} -fexperimental-library)
            target_link_options(${target} ${scope} -fexperimental-library)
        endif()
    endif()
endfunction()
