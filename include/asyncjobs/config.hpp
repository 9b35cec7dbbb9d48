#pragma once

#include <asyncjobs/version.hpp>

#if __cplusplus < 202002L && (!defined(_MSVC_LANG) || _MSVC_LANG < 202002L)
#error "asyncjobs needs C++20: compile with -std=c++20 (/std:c++20), or with CMake's cxx_std_20"
#endif

// One set of sources, three modes:
// - default: the compiled library;
// - ASYNCJOBS_HEADER_ONLY: headers that include their bodies from impl/*.ipp;
// - ASYNCJOBS_SEPARATE_COMPILATION: no library; one translation unit of the host has the bodies: it
//   includes <asyncjobs/src.hpp>.
#if defined(ASYNCJOBS_HEADER_ONLY) && defined(ASYNCJOBS_SEPARATE_COMPILATION)
#error "define ASYNCJOBS_HEADER_ONLY or ASYNCJOBS_SEPARATE_COMPILATION, not both"
#endif
#ifdef ASYNCJOBS_HEADER_ONLY
#define ASYNCJOBS_INLINE inline
#else
#define ASYNCJOBS_INLINE
#endif

// The inline namespace of all names, v0_1 or v0_1_header_only, so that mixing minor versions, or
// header-only units with others, fails to link. The two other modes have one name: their symbols
// are the same.
#define ASYNCJOBS_DETAIL_PASTE(major, minor, mode) v##major##_##minor##mode
#define ASYNCJOBS_DETAIL_ABI(major, minor, mode) ASYNCJOBS_DETAIL_PASTE(major, minor, mode)
#ifdef ASYNCJOBS_HEADER_ONLY
#define ASYNCJOBS_ABI                                                                              \
    ASYNCJOBS_DETAIL_ABI(ASYNCJOBS_VERSION_MAJOR, ASYNCJOBS_VERSION_MINOR, _header_only)
#else
#define ASYNCJOBS_ABI ASYNCJOBS_DETAIL_ABI(ASYNCJOBS_VERSION_MAJOR, ASYNCJOBS_VERSION_MINOR, )
#endif

// A shared library exports the classes and functions that have bodies in it. Its targets define
// ASYNCJOBS_SHARED; CMake defines NAME_EXPORTS while it compiles the library NAME.
#if !defined(ASYNCJOBS_SHARED)
#define ASYNCJOBS_EXPORT
#define ASYNCJOBS_IMPORT
#elif defined(_WIN32)
#define ASYNCJOBS_EXPORT __declspec(dllexport)
#define ASYNCJOBS_IMPORT __declspec(dllimport)
#else
#define ASYNCJOBS_EXPORT __attribute__((visibility("default")))
#define ASYNCJOBS_IMPORT __attribute__((visibility("default")))
#endif

#ifdef asyncjobs_EXPORTS
#define ASYNCJOBS_DECL ASYNCJOBS_EXPORT
#else
#define ASYNCJOBS_DECL ASYNCJOBS_IMPORT
#endif
#ifdef asyncjobs_testing_EXPORTS
#define ASYNCJOBS_TESTING_DECL ASYNCJOBS_EXPORT
#else
#define ASYNCJOBS_TESTING_DECL ASYNCJOBS_IMPORT
#endif
#ifdef asyncjobs_soci_EXPORTS
#define ASYNCJOBS_SOCI_DECL ASYNCJOBS_EXPORT
#else
#define ASYNCJOBS_SOCI_DECL ASYNCJOBS_IMPORT
#endif
#ifdef asyncjobs_http_EXPORTS
#define ASYNCJOBS_HTTP_DECL ASYNCJOBS_EXPORT
#else
#define ASYNCJOBS_HTTP_DECL ASYNCJOBS_IMPORT
#endif
#ifdef asyncjobs_beast_EXPORTS
#define ASYNCJOBS_BEAST_DECL ASYNCJOBS_EXPORT
#else
#define ASYNCJOBS_BEAST_DECL ASYNCJOBS_IMPORT
#endif
#ifdef asyncjobs_auth_EXPORTS
#define ASYNCJOBS_AUTH_DECL ASYNCJOBS_EXPORT
#else
#define ASYNCJOBS_AUTH_DECL ASYNCJOBS_IMPORT
#endif
#ifdef asyncjobs_schedules_EXPORTS
#define ASYNCJOBS_SCHEDULES_DECL ASYNCJOBS_EXPORT
#else
#define ASYNCJOBS_SCHEDULES_DECL ASYNCJOBS_IMPORT
#endif
#ifdef asyncjobs_webhooks_EXPORTS
#define ASYNCJOBS_WEBHOOKS_DECL ASYNCJOBS_EXPORT
#else
#define ASYNCJOBS_WEBHOOKS_DECL ASYNCJOBS_IMPORT
#endif
#ifdef asyncjobs_operations_EXPORTS
#define ASYNCJOBS_OPERATIONS_DECL ASYNCJOBS_EXPORT
#else
#define ASYNCJOBS_OPERATIONS_DECL ASYNCJOBS_IMPORT
#endif
#ifdef asyncjobs_files_EXPORTS
#define ASYNCJOBS_FILES_DECL ASYNCJOBS_EXPORT
#else
#define ASYNCJOBS_FILES_DECL ASYNCJOBS_IMPORT
#endif

// Exceptions and error categories are shared by all libraries of a process, even by those that are
// compiled with -fvisibility=hidden in header-only mode.
#ifdef _WIN32
#define ASYNCJOBS_VISIBLE
#else
#define ASYNCJOBS_VISIBLE __attribute__((visibility("default")))
#endif
