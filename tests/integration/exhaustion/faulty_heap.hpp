#pragma once

#include <cstddef>

/// The heap of this process, of which one allocation can be made to fail. A test's own thread is
/// spared; see NotSpared.
namespace faulty_heap {

/// The `nth` allocation from now on throws std::bad_alloc; 1 is the next one.
void fail_at(long nth) noexcept;

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
