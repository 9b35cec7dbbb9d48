#include "message/freed_memory.hpp"

#include <cstdlib>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

void FreedMemory::release_unused() noexcept {
#ifdef __GLIBC__
    ::malloc_trim(0);
#endif
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
