#pragma once

#include "overview.hpp"

#include <asyncjobs/store/operator_store.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::operations {

/// Something that an operator should look at.
struct Finding {
    std::string_view kind = {};
    bool is_critical = false;
    std::string subject = {};
    std::optional<Timestamp> since = {};
    std::string sentence = {};
    std::vector<std::string> queues = {}; ///< who sees one of them, sees the finding
    std::string type = {};                ///< of the jobs; empty: any
};

/// What all callers see for a while.
struct Findings {
    std::vector<Finding> list = {}; ///< the worst first
    Timestamp now = {};             ///< by the store's clock
};

/// Looks for queues, types, workers and errors in trouble. The number of calls of the store is
/// bounded.
class FindingsReader {
public:
    FindingsReader(OperatorStore& operators, const Overview& overview)
        : operators_(operators), overview_(overview), now_(overview.queues.now) {}

    Findings read();

private:
    void look_at_queues();
    void look_at_queue(const QueueState& queue);
    void look_at_types(const QueueState& queue);
    void look_at_workers();
    void look_at_failures();
    bool is_served(std::string_view queue, std::string_view type = {}) const;

    OperatorStore& operators_;
    const Overview& overview_;
    const Timestamp now_;
    Findings found_;
    std::vector<const QueueState*> served_; ///< queues with due jobs, and workers
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::operations
