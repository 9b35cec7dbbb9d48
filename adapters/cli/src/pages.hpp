#pragma once

#include "session.hpp"

#include <cstddef>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::cli {

/// A listing of the routes that has several pages.
struct Paged {
    std::string_view array = {};          ///< the document's member that is the list
    std::string_view next = "next_after"; ///< its member that names the next page
    std::string_view from = "after";      ///< the parameter that continues there
    /// How many pages with too few items are read until the listing ends for now.
    std::size_t most_pages = std::numeric_limits<std::size_t>::max();
};

/// The items of several pages.
struct Pages {
    std::vector<Document> items = {};
    Document last = {};    ///< the document of the last page that was read
    std::string next = {}; ///< where the listing continues; empty at its end
};

/// Reads pages until there are `most` items. `first` has the parameters but those of the page.
Pages read_pages(Connection& connection, const Target& first, const Paged& paged, std::size_t most,
                 std::size_t page_limit, std::string from = {});

/// All items.
inline std::vector<Document> read_all(Connection& connection, const Target& first,
                                      const Paged& paged) {
    return read_pages(connection, first, paged, std::numeric_limits<std::size_t>::max(), 1'000)
        .items;
}

/// Every worker that the store has.
inline std::vector<Document> read_workers(Connection& connection) {
    return read_all(connection, Target("/workers"), {.array = "workers"});
}

/// Every queue.
inline std::vector<Document> read_queues(Connection& connection) {
    return read_all(connection, Target("/queues"), {.array = "queues"});
}

/// Lists what the route `/` and `listing.array` pages by name, up to `--limit` of them.
Exit list_by_name(Session& session, const Listing& listing);

/// The columns of queues.
Listing queue_listing();

/// The option of lists.
inline Parameter limit_option() {
    return {.name = "--limit", .help = "Items, at most (default: 50)"};
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli
