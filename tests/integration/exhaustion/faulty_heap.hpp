#pragma once

#include <cstddef>

/// The heap of this process, of which allocations can be made to fail. A test's own thread is
/// spared; see NotSpared.
namespace faulty_heap {

/// How many allocations fail.
enum class Shortage {
    passing, ///< one
    lasting, ///< all from one on, until disarm()
};

/// The `nth` allocation from now on throws std::bad_alloc; 1 is the next one.
void fail_at(long nth, Shortage shortage = Shortage::passing) noexcept;

/// No allocation fails any more. Returns whether one has.
bool disarm() noexcept;

/// Spares the calling thread for good.
void spare_this_thread() noexcept;

/// While it lives, the calling thread is not spared.
class NotSpared {
public:
    NotSpared() noexcept;
    ~NotSpared();
    NotSpared(const NotSpared&) = delete;
    NotSpared& operator=(const NotSpared&) = delete;
};

} // namespace faulty_heap
