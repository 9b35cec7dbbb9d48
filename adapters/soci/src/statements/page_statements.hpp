#pragma once

#include "statements/columns.hpp"

#include <asyncjobs/store/job_search.hpp>
#include <asyncjobs/store/queries.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// Statements that read a page of jobs off an index in its order, instead of sorting. Their
/// conditions are those that a query has.
namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// The index off which a page is read.
enum class PageIndex { id, owner, stopped, idempotency_key, due };

/// What makes a planner read a page off that index.
struct PageWords {
    std::string_view jobs = "jobs"; ///< the table, with a hint
    /// Keeps an index of the column that follows from being used.
    std::string_view unindexed = {};
    std::string_view status = "status";  ///< where no index shall be used that knows it
    std::string_view stopped = "status"; ///< the indexed column with `failed` or `cancelled`
    /// Of the jobs that `:needed_by` waits for.
    std::string_view is_parent =
        "id IN (SELECT parent FROM job_dependencies WHERE child = :needed_by)";
    std::string_view pending = "status = 'pending'";
    // The place of a pending job in its queue.
    std::string_view after_place = "(run_at, id) > (:after_at, :after)";
    std::string_view until_place = "(run_at, id) <= (:until_at, :until)";
    std::string_view by_place = "run_at, id";
};

/// A statement with the arguments of its parameters, in their order.
struct PageStatement {
    using Argument = std::variant<std::string, std::int64_t>;

    std::string text = {};
    std::vector<Argument> arguments = {};
};

PageIndex index_of(const JobQuery& query) noexcept;
PageIndex index_of(const JobSearch& search) noexcept;

/// Of columns::job: the page, and one job more.
PageStatement list_statement(const JobQuery& query, const PageWords& words);

/// A part of a search: the jobs after one position, in its order, up to another.
struct SearchPart {
    const JobSearch& search;
    std::optional<SearchPosition> after = {};
    std::optional<SearchPosition> until = {};
    std::string_view queue = {}; ///< in the order of claims
    /// With `search.error_code`: how the column `error` of such a job begins.
    std::string_view error_begin = {};
};

/// Of columns::searched, up to `limit` jobs that match.
PageStatement search_statement(const SearchPart& part, const PageWords& words, std::size_t limit);

/// Of columns::place: the job after which `looks` jobs have been looked at, whether they match or
/// not.
PageStatement end_of_looks(const SearchPart& part, const PageWords& words, std::size_t looks);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
