#pragma once

#define ASYNCJOBS_VERSION_MAJOR 0
#define ASYNCJOBS_VERSION_MINOR 1
#define ASYNCJOBS_VERSION_PATCH 0

/// For `#if`: 10203 is 1.2.3.
#define ASYNCJOBS_VERSION_NUMBER                                                                   \
    (ASYNCJOBS_VERSION_MAJOR * 10000 + ASYNCJOBS_VERSION_MINOR * 100 + ASYNCJOBS_VERSION_PATCH)

/// "1.2.3"
#define ASYNCJOBS_VERSION                                                                          \
    ASYNCJOBS_DETAIL_VERSION(ASYNCJOBS_VERSION_MAJOR, ASYNCJOBS_VERSION_MINOR,                     \
                             ASYNCJOBS_VERSION_PATCH)
#define ASYNCJOBS_DETAIL_VERSION(major, minor, patch) ASYNCJOBS_DETAIL_TEXT(major.minor.patch)
#define ASYNCJOBS_DETAIL_TEXT(text) #text
