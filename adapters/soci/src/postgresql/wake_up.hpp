#pragma once

#include <asyncjobs/config.hpp>

#include <array>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Ends the wait of one thread that polls descriptors, among them descriptor(). Uses a pipe; other
/// systems need to replace this class only.
///
/// Thread-safety: any thread may call wake(); only the waiting thread calls the other members.
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
    std::array<int, 2> ends_{}; ///< of a pipe: to read, to write
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
