#pragma once

#include <asyncjobs/store/operator_store.hpp>

#include <string>
#include <unordered_map>
#include <vector>

namespace simulation {

/// Keeps its own account of ended attempts, and compares the store's tallies with it.
class TallyWatch {
public:
    /// Whether the caller of the current call does not learn its result, and can't count it.
    void lose_reply(bool lost) { is_lost_ = lost; }

    void claimed(const asyncjobs::JobId& id, std::string_view worker);
    void settled(const asyncjobs::JobId& id, asyncjobs::TallyOutcome outcome,
                 asyncjobs::Timestamp now);
    /// By any worker.
    void rescued(asyncjobs::TallyOutcome outcome, asyncjobs::Timestamp now);
    /// The worker has crashed or stopped.
    void gone(std::string_view worker, asyncjobs::Timestamp now);

    /// Returns the violations. A worker that could not report its stop may lack what it did in
    /// its last `may_lose`.
    std::vector<std::string> compare(asyncjobs::OperatorStore& operators,
                                     asyncjobs::Duration may_lose) const;

private:
    struct Ended {
        asyncjobs::TallyOutcome outcome;
        asyncjobs::Timestamp at;
        std::string worker; ///< empty: unknown
        bool is_known;      ///< to the worker
    };
    struct Gone {
        std::string worker;
        asyncjobs::Timestamp at;
    };

    std::unordered_map<asyncjobs::JobId, std::string> workers_;
    std::vector<Ended> ended_;
    std::vector<Gone> gone_;
    bool is_lost_ = false;
};

} // namespace simulation
