#pragma once

#include <asyncjobs/detail/system_random.hpp>

#include <boost/json/memory_resource.hpp>
#include <boost/json/storage_ptr.hpp>

#include <algorithm>
#include <cstddef>
#include <new>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// Memory for untrusted documents. Boost.JSON hashes the keys of an object with the address of its
/// table as the only secret, and that address can be guessed: large tables always begin at the same
/// place of a page. Here they begin anywhere, so that keys that collide in one parse do not in the
/// next.
///
/// Thread-safety  Full.
class ScatteredMemory final : public boost::json::memory_resource {
    static constexpr std::size_t step = alignof(std::max_align_t);
    static constexpr std::size_t least = 512; ///< bytes; smaller objects have no hash table

    void* do_allocate(std::size_t size, std::size_t) override {
        if (size < least) return ::operator new(size);
        // Room for each bucket of the largest table that fits.
        const std::size_t places = std::max<std::size_t>(size / step / 2, 64);
        const std::size_t offset = (1 + random_.next() % places) * step;
        auto* const whole = static_cast<std::byte*>(::operator new(size + places * step));
        auto* const memory = whole + offset;
        ::new (memory - sizeof whole) std::byte*(whole);
        return memory;
    }

    void do_deallocate(void* memory, std::size_t size, std::size_t) override {
        if (size < least) return ::operator delete(memory);
        ::operator delete(
            *reinterpret_cast<std::byte**>(static_cast<std::byte*>(memory) - sizeof(std::byte*)));
    }

    bool do_is_equal(const memory_resource& other) const noexcept override {
        return this == &other;
    }

    SystemRandom random_;
};

/// Lives as long as the process, because documents borrow it.
inline boost::json::storage_ptr scattered_memory() {
    static auto* const memory = new ScatteredMemory; // NOLINT: outlives static documents
    return memory;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
