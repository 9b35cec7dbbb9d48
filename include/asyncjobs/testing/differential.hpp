#pragma once

#include <asyncjobs/store/job_store.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::testing {

/// A clock that stands still until it is moved. Copies show the same time.
///
/// Thread-safety  Full.
class ASYNCJOBS_TESTING_DECL ManualClock {
public:
    /// What it shows.
    Timestamp operator()() const { return Timestamp(since_epoch_->load()); }
    /// Moves it on or, by less than zero, back.
    void move(Duration by) { *since_epoch_ = since_epoch_->load() + by; }

private:
    std::shared_ptr<std::atomic<Duration>> since_epoch_ =
        std::make_shared<std::atomic<Duration>>(std::chrono::days{20'000});
};

/// A store that find_difference() compares with the model.
struct DifferentialSubject {
    /// The clock of all objects that `open` returns: MemoryJobStore::Clock, StoreOptions::clock.
    ManualClock clock;
    /// Empties the data.
    std::function<void()> reset;
    /// Opens one more object on the same data.
    std::function<std::unique_ptr<JobStore>()> open;
    /// Whether a claim may miss jobs that another object or promote() has put before others a
    /// moment ago. They have to be claimed at last.
    bool claims_may_lag = false;
    /// Whether purge() may miss jobs of a type of which it has not purged any before, workload()
    /// may count without what another object has done a moment ago, and promote() may give a head
    /// start later and return none although a job waits for a finished one. Each sequence still
    /// ends with every job completed.
    bool sweeps_may_lag = false;
};

/// How much find_difference() tries.
struct DifferentialOptions {
    std::uint64_t first_seed = 1;  ///< of the first sequence; the next one has the next seed
    std::size_t sequences = 20;    ///< one for each seed
    std::size_t calls = 200;       ///< of each sequence
    std::size_t objects = 2;       ///< that make the calls
    std::size_t shrink_runs = 600; ///< most, in two minutes, to make a failing sequence shorter
};

/// Returns the options for `plain` sequences. The environment variable ASYNCJOBS_SEQUENCES asks for
/// others: for `all` sequences if it is "all", or for those of some seeds, such as 7 or 1-500.
/// Throws Error (Errc::invalid_argument) for any other value.
ASYNCJOBS_TESTING_DECL DifferentialOptions requested_sequences(std::size_t plain, std::size_t all);

/// A sequence of calls after which the store and the model differ.
struct Difference {
    std::uint64_t seed = 0;              ///< of the sequence before it was made shorter
    std::string what = {};               ///< the difference
    std::vector<std::string> calls = {}; ///< the shortest sequence that was found, readable
    std::string text() const;            ///< all of it
};

/// Runs random sequences of calls on the store and on a model that is made of
/// asyncjobs::transitions, and compares all results and all jobs. The calls are of all members of
/// JobStore that the store supports, and of its operators() about jobs and queues; some have old
/// leases or unknown ids; some fail before or after they happened; between them the clock moves on,
/// and is set back now and then; then each object calls rescue() for no job. Where the contract
/// leaves a choice, the model follows the store's if the contract allows it. Each sequence ends
/// with the completion of all that is left.
///
/// A sequence depends on its seed alone. One that fails is made shorter.
///
/// Returns the first difference; empty if none was found.
ASYNCJOBS_TESTING_DECL std::optional<Difference>
find_difference(const DifferentialSubject& subject, const DifferentialOptions& options = {});

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing
