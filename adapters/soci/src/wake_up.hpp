#pragma once

#include <asyncjobs/config.hpp>

#include <array>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Ends the wait of one thread that polls descriptors: descriptor() is one of them. What is done
/// with pipes here is all that other systems need another class for.
///
/// Thread-safety: any thread may call wake(); the others are for the thread that waits.
class WakeUp {
public:
    /// Throws std::system_error.
    WakeUp();
    ~WakeUp();
    WakeUp(const WakeUp&) = delete;
    WakeUp& operator=(const WakeUp&) = delete;

    /// Makes descriptor() readable until the next clear(). Never blocks.
    void wake() noexcept;
    void clear() noexcept;

    int descriptor() const noexcept { return ends_[0]; }

private:
    std::array<int, 2> ends_{}; ///< of a pipe: to read from, to write to
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
