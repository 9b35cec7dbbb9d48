#pragma once

// One set of sources, two modes: the compiled library (default) and, with ASYNCJOBS_HEADER_ONLY
// defined, headers that include their bodies from impl/*.ipp.
#ifdef ASYNCJOBS_HEADER_ONLY
#define ASYNCJOBS_INLINE inline
#else
#define ASYNCJOBS_INLINE
#endif
