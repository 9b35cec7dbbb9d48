#pragma once

#include <asyncjobs/store/forwarding_job_store.hpp>
#include <asyncjobs/store/intercepting_operator_store.hpp>

#include <functional>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::testing {

/// A store whose calls, and those of its operators(), fail according to a plan, before or after the
/// inner store has acted.
///
/// Thread-safety  As the inner store's, if the plan's is.
/// Ownership      Borrows `inner`.
class ASYNCJOBS_TESTING_DECL FaultyJobStore final
    : public InterceptingJobStore<FaultyJobStore, ForwardingJobStore> {
public:
    /// What happens to a call.
    enum class Fault {
        none,
        unavailable, ///< throws Errc::store_unavailable; nothing happened
        busy,        ///< throws Errc::store_busy; nothing happened
        failure,     ///< throws Errc::store_failure; nothing happened
        full,        ///< throws Errc::store_full; nothing happened
        reply_lost,  ///< it happened; throws Errc::unknown_outcome
        lost_before, ///< nothing happened; throws Errc::unknown_outcome, too
    };

    /// Called once per call, with the name of the member called: `submit`, `exchange`, ...; of
    /// operators() `operators.heartbeat`, for example.
    using Plan = std::function<Fault(std::string_view member)>;

    FaultyJobStore(JobStore& inner, Plan plan);

    OperatorStore* operators() noexcept override {
        return inner().operators() ? &operators_ : nullptr;
    }

private:
    friend InterceptingJobStore;
    friend InterceptingOperatorStore<FaultyJobStore>;

    auto intercept(std::string_view member, const auto& call) {
        const Fault fault = plan_ ? plan_(member) : Fault::none;
        if (fault == Fault::none) return call(inner());
        if (fault == Fault::reply_lost) call(inner());
        fail(fault);
    }
    [[noreturn]] static void fail(Fault fault);

    Plan plan_;
    InterceptingOperatorStore<FaultyJobStore> operators_{*this};
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing
