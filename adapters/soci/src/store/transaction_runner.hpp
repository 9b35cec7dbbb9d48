#pragma once

#include "db/session_pool.hpp"
#include "store/dialect.hpp"

#include <asyncjobs/error.hpp>

#include <functional>
#include <memory>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Owns the sessions of a store and runs transactions on them.
///
/// Thread-safety  Full.
/// Errors         Error, for faults as the dialect classifies them; and see SessionPool::borrow().
class TransactionRunner {
public:
    enum class Access {
        reading,
        writing,
        batch, ///< writing by one call of the dialect
    };

    TransactionRunner(std::shared_ptr<const Dialect> dialect, const StoreOptions& options);

    /// Returns `work(session, now)`, run in a transaction. Retries the whole transaction, a bounded
    /// number of times, after a fault that is worth it.
    template <typename Work>
    auto run(Access access, const Work& work);

    /// Calls `work` with a session for writing, without a transaction. Retries like run().
    void prepare(const std::function<void(Session&)>& work);

    /// Calls Dialect::trim_log(). Ignores faults: if they persist, the next call throws.
    void trim_log();

    /// Interrupts all calls under way.
    void interrupt() noexcept;

private:
    static constexpr int max_tries = 5;

    static void wait_before_retry(int tries);
    void begin(Session& session, Access access) const;
    Fault fail(SessionPool::Loan& session, const soci::soci_error& error, Stage stage) const;
    bool try_to_prepare(const std::function<void(Session&)>& work, bool is_last);

    const std::shared_ptr<const Dialect> dialect_; ///< shared with sessions that are being opened
    SessionPool readers_;
    SessionPool writers_;
};

template <typename Work>
auto TransactionRunner::run(Access access, const Work& work) {
    auto& pool = access == Access::reading ? readers_ : writers_;
    for (int tries = 1;; ++tries) {
        auto session = pool.borrow();
        Stage stage = Stage::working;
        try {
            begin(*session, access);
            auto result = work(*session, dialect_->now(*session));
            if (access != Access::reading) stage = Stage::committing;
            dialect_->commit(*session);
            return result;
        } catch (const soci::soci_error& error) {
            const Fault fault = fail(session, error, stage);
            if (!fault.is_worth_repeating || tries == max_tries || session.was_interrupted())
                throw Error(fault.code, fault.message);
            if (fault.session_is_lost) pool.discard_idle();
        } catch (...) {
            if (!dialect_->rollback(*session)) session.discard();
            throw;
        }
        wait_before_retry(tries);
    }
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
