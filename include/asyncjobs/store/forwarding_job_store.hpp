#pragma once

#include <asyncjobs/store/intercepting_job_store.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// Forwards every call to another store. Derive from it and override members, for fault injection,
/// tracing or encryption. To do the same in all members, see InterceptingJobStore.
///
/// Ownership      Borrows `inner`, which must outlive it.
class ASYNCJOBS_DECL ForwardingJobStore : public InterceptingJobStore<ForwardingJobStore> {
public:
    explicit ForwardingJobStore(JobStore& inner) noexcept : inner_(inner) {}

    StoreCapabilities capabilities() const noexcept override { return inner_.capabilities(); }
    void interrupt() noexcept override { inner_.interrupt(); }
    std::vector<ClockNotice> take_clock_notices() override { return inner_.take_clock_notices(); }
    Notifier& notifier() noexcept override { return inner_.notifier(); }
    OperatorStore* operators() noexcept override { return inner_.operators(); }

protected:
    JobStore& inner() noexcept { return inner_; } ///< the store that calls are passed to

private:
    friend InterceptingJobStore;
    auto intercept(std::string_view, const auto& call) { return call(inner_); }

    JobStore& inner_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI
