#pragma once

#include "statements/page_statements.hpp"

#include <string_view>
#include <vector>

namespace soci_test {

/// Searches that differ in what their statements are made of.
inline std::vector<asyncjobs::JobSearch> searches() {
    using enum asyncjobs::JobStatus;
    using Statuses = std::vector<asyncjobs::JobStatus>;
    const asyncjobs::Timestamp time{std::chrono::sys_days{std::chrono::year{2020} / 1 / 1}};
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
                    search.created_since = search.created_until = time;
                }
                all.push_back(search);
            }
    return all;
}

/// The first part of a search, one that continues it, and one that ends somewhere.
inline std::vector<asyncjobs::soci_adapter::SearchPart>
parts_of(const asyncjobs::JobSearch& search) {
    using asyncjobs::soci_adapter::SearchPart;
    const asyncjobs::SearchPosition place{};
    return {SearchPart{.search = search, .queue = "default", .error_begin = "{"},
            SearchPart{.search = search, .after = place, .queue = "default", .error_begin = "{"},
            SearchPart{.search = search,
                       .after = place,
                       .until = place,
                       .queue = "default",
                       .error_begin = "{"}};
}

} // namespace soci_test
