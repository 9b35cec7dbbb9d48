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
    // Of a queue's pending jobs, by their places: all, those of a time, those after it, and those
    // up to another one.
    std::string_view pending = "status = 'pending' AND queue = :queue";
    std::string_view at_time = "run_at = :after_at";
    std::string_view after_time = "run_at > :after_at";
    std::string_view until_time = "run_at <= :until_at";
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
    // In the order of claims.
    std::string_view queue = {};
    bool is_of_one_time = false; ///< only jobs with the time of `after`; otherwise only later ones
    /// With `search.error_code`: how the column `error` of such a job begins.
    std::string_view error_begin = {};
};

/// Of columns::searched, up to `limit` jobs that match.
PageStatement search_statement(const SearchPart& part, const PageWords& words, std::size_t limit);

/// Of columns::place: the job after which `looks` jobs have been looked at, whether they match or
/// not.
PageStatement end_of_looks(const SearchPart& part, const PageWords& words, std::size_t looks);

/// Of columns::one_number: the jobs of a part, up to `most`, whether they match or not.
PageStatement count_of_looks(const SearchPart& part, const PageWords& words, std::size_t most);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
