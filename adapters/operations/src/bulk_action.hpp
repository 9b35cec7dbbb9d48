#pragma once

#include <asyncjobs/client.hpp>
#include <asyncjobs/job_context.hpp>
#include <asyncjobs/store/operator_store.hpp>

#include <boost/describe.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::operations {

/// Which jobs a bulk action changes. Empty members match every job that the action can change.
struct BulkFilter {
    std::vector<std::string> statuses = {};
    std::optional<std::string> queue = {};
    std::optional<std::string> type = {};
    std::optional<std::string> owner = {};
    std::optional<std::string> worker = {};
    std::optional<std::string> error_code = {};
    std::optional<Timestamp> created_since = {};
    std::optional<Timestamp> created_until = {};
};
BOOST_DESCRIBE_STRUCT(BulkFilter, (),
                      (statuses, queue, type, owner, worker, error_code, created_since,
                       created_until))

/// The input of the job that a bulk action is.
struct BulkAction {
    static constexpr std::string_view type = "asyncjobs.bulk";

    std::string action = {}; ///< cancel, retry, remove or run_now
    BulkFilter filter = {};
    std::string reason = {};
    std::string who = {};        ///< the operator
    std::uint64_t found = 0;     ///< jobs that matched at first
    bool found_is_least = false; ///< there were more
};
BOOST_DESCRIBE_STRUCT(BulkAction, (), (action, filter, reason, who, found, found_is_least))

/// The result of that job.
struct BulkResult {
    std::uint64_t changed = 0;
    std::uint64_t skipped = 0; ///< that matched, but could not be changed
};
BOOST_DESCRIBE_STRUCT(BulkResult, (), (changed, skipped))

/// Whether the filter matches every job that the action can change.
bool matches_all(const BulkFilter& filter) noexcept;

/// Returns what is wrong with an action that a client wants; empty if nothing is.
json::Mismatches mistakes_in(const BulkAction& action);

/// The search for the jobs of a correct action.
JobSearch search_for(const BulkAction& action);

/// Counts the jobs of an action, up to Count::counted.
Count count_jobs_of(OperatorStore& operators, const BulkAction& action);

/// Carries an action out, on jobs that were there before it.
class BulkRun {
public:
    BulkRun(Client& client, OperatorStore& operators, const BulkAction& action,
            JobContext& context);

    BulkResult run();

private:
    /// How far it is. A step of the job each: a later attempt continues after the last one.
    struct Part {
        BulkResult done = {};
        std::string cursor = {}; ///< empty: at the end
        bool is_last = false;
        BOOST_DESCRIBE_CLASS(Part, (), (done, cursor, is_last), (), ())
    };

    void report(const BulkResult& done) const;
    Part run_part(Part part) const;
    bool was_there_before(const Job& job) const;
    /// Returns how many of the jobs have changed.
    std::size_t change(std::span<const JobId> ids) const;

    Client& client_;
    OperatorStore& operators_;
    const BulkAction& action_;
    JobContext& context_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::operations
