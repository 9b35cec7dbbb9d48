#pragma once

#include <asyncjobs/error.hpp>
#include <asyncjobs/store/forwarding_job_store.hpp>
#include <asyncjobs/store/intercepting_operator_store.hpp>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// The store access of an object's own threads, which can be awaited even if the store hangs.
///
/// Thread-safety  Full.
/// Errors         Errc::stopped from calls after close().
class ASYNCJOBS_DECL ClosableStore final
    : public InterceptingJobStore<ClosableStore, ForwardingJobStore> {
public:
    explicit ClosableStore(JobStore& store) noexcept : InterceptingJobStore(store) {}

    /// Rejects further calls. Returns when active ones have ended; after `patience`, makes the
    /// store interrupt them.
    void close(Duration patience) {
        std::unique_lock lock(mutex_);
        closed_ = true;
        const auto is_idle = [this] { return under_way_ == 0; };
        if (idle_.wait_for(lock, patience, is_idle)) return;
        do {
            lock.unlock();
            inner().interrupt();
            lock.lock();
        } while (!idle_.wait_for(lock, std::chrono::milliseconds{50}, is_idle));
    }

    OperatorStore* operators() noexcept override {
        return inner().operators() ? &operators_ : nullptr;
    }

    bool is_closed() {
        const std::lock_guard lock(mutex_);
        return closed_;
    }

private:
    friend InterceptingJobStore;
    friend InterceptingOperatorStore<ClosableStore>;

    class UnderWay {
    public:
        explicit UnderWay(ClosableStore& store) : store_(store) {
            const std::lock_guard lock(store_.mutex_);
            if (store_.closed_)
                throw Error(Errc::stopped, "the caller of the store has been stopped");
            ++store_.under_way_;
        }
        ~UnderWay() {
            const std::lock_guard lock(store_.mutex_);
            if (--store_.under_way_ == 0 && store_.closed_) store_.idle_.notify_all();
        }
        UnderWay(const UnderWay&) = delete;
        UnderWay& operator=(const UnderWay&) = delete;

    private:
        ClosableStore& store_;
    };

    auto intercept(std::string_view, const auto& call) {
        const UnderWay under_way(*this);
        return call(inner());
    }

    InterceptingOperatorStore<ClosableStore> operators_{*this};
    std::mutex mutex_;
    std::condition_variable idle_;
    std::size_t under_way_ = 0;
    bool closed_ = false;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
