#pragma once

#include <asyncjobs/config.hpp>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <system_error>
#include <utility>

#ifdef _WIN32
#include <random>
#else
#include <sys/random.h>
#include <unistd.h>
#endif

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// The system's cryptographic randomness, read in blocks.
class SystemRandom {
public:
    std::uint64_t next() {
        const std::lock_guard lock(mutex_);
        if (used_ == block_.size()) {
            fill_block();
            used_ = 0;
        }
        return std::exchange(block_[used_++], 0);
    }

private:
    void fill_block() {
#ifdef _WIN32
        for (std::uint64_t& bits : block_)
            bits = std::uint64_t{device_()} << 32 | std::uint64_t{device_()};
#else
        // std::random_device of libstdc++ takes twenty times as long.
        if (::getentropy(block_.data(), sizeof block_) != 0)
            throw std::system_error(errno, std::generic_category(), "getentropy");
#endif
    }

#ifdef _WIN32
    std::random_device device_;
#endif
    std::mutex mutex_;
    std::array<std::uint64_t, 32> block_{};
    std::size_t used_ = block_.size();
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
