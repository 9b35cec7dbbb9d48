#pragma once

#include <cstddef>

/// The heap of this process, with allocations that fail on request. A test's own thread is spared;
/// see NotSpared.
namespace faulty_heap {

/// How many allocations fail.
enum class Shortage {
    transient, ///< one
    lasting,   ///< all from one on, until disarm()
};

/// Makes the `nth` allocation from now on throw std::bad_alloc; 1 is the next one.
void fail_at(long nth, Shortage shortage = Shortage::transient) noexcept;

/// Ends the failures. Returns whether an allocation has failed.
bool disarm() noexcept;

/// Spares the calling thread from now on.
void spare_this_thread() noexcept;

/// While it exists, the calling thread is not spared.
class NotSpared {
public:
    NotSpared() noexcept;
    ~NotSpared();
    NotSpared(const NotSpared&) = delete;
    NotSpared& operator=(const NotSpared&) = delete;
};

} // namespace faulty_heap
