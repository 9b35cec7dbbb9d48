#pragma once

#include "statements/page_statements.hpp"

#include <string_view>
#include <vector>

namespace soci_test {

/// Searches that differ in what their statements are made of.
inline std::vector<asyncjobs::JobSearch> searches() {
    using enum asyncjobs::JobStatus;
    using Statuses = std::vector<asyncjobs::JobStatus>;
    const auto in = [](int year) {
        return asyncjobs::Timestamp{std::chrono::sys_days{std::chrono::year{year} / 1 / 1}};
    };
    std::vector<asyncjobs::JobSearch> all;
    for (const Statuses& statuses :
         {Statuses{}, Statuses{pending}, Statuses{processing}, Statuses{completed},
          Statuses{failed}, Statuses{cancelled}, Statuses{failed, cancelled}})
        for (const bool has_owner : {false, true})
            for (const bool is_narrow : {false, true}) {
                asyncjobs::JobSearch search{.statuses = statuses};
                if (has_owner) search.owner = "42";
                if (is_narrow) {
                    search.queue = search.worker = search.error_code = "x";
                    search.type = "t";
                    search.created_since = in(2020);
                    search.created_until = in(2030);
                }
                all.push_back(search);
            }
    return all;
}

/// The first part of a search, those that continue it, and those that also end somewhere.
inline std::vector<asyncjobs::soci_adapter::SearchPart>
parts_of(const asyncjobs::JobSearch& search) {
    const asyncjobs::Timestamp time{std::chrono::sys_days{std::chrono::year{2024} / 1 / 1}};
    const asyncjobs::SearchPosition low{.id = asyncjobs::JobId::make(time, 0, 0), .at = time},
        high{.id = asyncjobs::JobId::make(time + std::chrono::hours{1}, 0, 0),
             .at = time + std::chrono::hours{1}};
    const bool is_by_id = asyncjobs::order_of(search) == asyncjobs::SearchOrder::newest;
    const auto &after = is_by_id ? high : low, &until = is_by_id ? low : high;
    asyncjobs::soci_adapter::SearchPart part{
        .search = search, .queue = "default", .error_begin = "{"};
    std::vector<asyncjobs::soci_adapter::SearchPart> parts{part};
    part.after = after;
    parts.push_back(part);
    part.until = until;
    parts.push_back(part);
    part.is_of_one_time = true;
    parts.push_back(part);
    return parts;
}

} // namespace soci_test
