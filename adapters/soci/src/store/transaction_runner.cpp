#include "store/transaction_runner.hpp"

#include <random>
#include <thread>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

TransactionRunner::TransactionRunner(std::shared_ptr<const Dialect> dialect,
                                     const StoreOptions& options)
    : dialect_(std::move(dialect)),
      readers_(options.readers, options.busy_timeout, dialect_->is_remote(),
               [dialect = dialect_] { return dialect->open(); }),
      writers_(dialect_->max_writers(), options.busy_timeout, dialect_->is_remote(),
               [dialect = dialect_] { return dialect->open(); }) {}

/// Randomised backoff between retries, for example after a deadlock.
void TransactionRunner::wait_before_retry(int tries) {
    thread_local std::minstd_rand random(std::random_device{}());
    const std::chrono::microseconds longest{2'000 << tries};
    std::this_thread::sleep_for(longest * std::uniform_real_distribution(0.1, 1.0)(random));
}

/// Rolls back the transaction; discards the session if it is unusable.
Fault TransactionRunner::fail(SessionPool::Loan& session, const soci::soci_error& error,
                              Stage stage) const {
    Fault fault = dialect_->classify(*session, error, stage);
    if (!dialect_->rollback(*session) || fault.session_is_lost) session.discard();
    return fault;
}

void TransactionRunner::begin(Session& session, Access access) const {
    switch (access) {
    case Access::reading:
        return dialect_->begin_read(session);
    case Access::writing:
        return dialect_->begin_write(session);
    case Access::batch:
        return dialect_->begin_batch(session);
    }
}

void TransactionRunner::prepare(const std::function<void(Session&)>& work) {
    for (int tries = 1; !try_to_prepare(work, tries == max_tries); ++tries)
        wait_before_retry(tries);
}

/// Returns false if the caller is to retry.
bool TransactionRunner::try_to_prepare(const std::function<void(Session&)>& work, bool is_last) {
    auto session = writers_.borrow();
    try {
        work(*session);
        return true;
    } catch (const soci::soci_error& error) {
        const Fault fault = fail(session, error, Stage::working);
        session.discard(); // its limits may be lifted, for a migration
        if (is_last || !fault.is_worth_repeating) throw Error(fault.code, fault.message);
        return false;
    } catch (...) {
        session.discard();
        throw;
    }
}

void TransactionRunner::trim_log() {
    auto session = readers_.borrow();
    try {
        dialect_->trim_log(*session);
    } catch (const soci::soci_error& error) { // if it persists, the next call reports it
        fail(session, error, Stage::working);
    }
}

void TransactionRunner::interrupt() noexcept {
    readers_.interrupt();
    writers_.interrupt();
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
