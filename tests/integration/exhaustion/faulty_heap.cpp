#include "faulty_heap.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<long> heap_left = 0; ///< allocations until the one that fails; 0 or less: none fails
std::atomic<bool> heap_failed = false;
std::atomic<bool> heap_lasts = false, heap_is_empty = false;
thread_local bool heap_spares = false;

bool is_to_fail() {
    if (heap_spares) return false;
    if (heap_is_empty.load(std::memory_order_relaxed)) return true;
    if (heap_left.load(std::memory_order_relaxed) <= 0 || heap_left.fetch_sub(1) != 1) return false;
    heap_failed = true;
    heap_is_empty = heap_lasts.load();
    return true;
}

void* allocate(std::size_t size, std::size_t alignment) {
    if (is_to_fail()) throw std::bad_alloc();
    void* memory =
        alignment <= alignof(std::max_align_t)
            ? std::malloc(size == 0 ? 1 : size)
            : std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
    if (!memory) throw std::bad_alloc();
    return memory;
}

void* allocate_or_null(std::size_t size, std::size_t alignment) noexcept {
    try {
        return allocate(size, alignment);
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}

} // namespace

namespace faulty_heap {

void fail_at(long nth, Shortage shortage) noexcept {
    heap_failed = false;
    heap_lasts = shortage == Shortage::lasting;
    heap_left = nth;
}

bool disarm() noexcept {
    heap_left = 0;
    heap_is_empty = false;
    return heap_failed;
}

void spare_this_thread() noexcept { heap_spares = true; }

NotSpared::NotSpared() noexcept { heap_spares = false; }
NotSpared::~NotSpared() { heap_spares = true; }

} // namespace faulty_heap

void* operator new(std::size_t size) { return allocate(size, 1); }
void* operator new[](std::size_t size) { return allocate(size, 1); }
void* operator new(std::size_t size, std::align_val_t alignment) {
    return allocate(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
    return allocate(size, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    return allocate_or_null(size, 1);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
    return allocate_or_null(size, 1);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
