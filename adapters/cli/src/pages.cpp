#include "pages.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::cli {

Pages read_pages(Connection& connection, const Target& first, const Paged& paged, std::size_t most,
                 std::size_t page_limit, std::string from) {
    Pages pages{.next = std::move(from)};
    for (std::size_t read = 0; read < paged.most_pages; ++read) {
        Target target = first;
        const auto wanted = std::min(most - pages.items.size(), page_limit);
        target.parameter("limit", std::to_string(wanted));
        if (!pages.next.empty()) target.parameter(paged.from, pages.next);
        pages.last = connection.get(target);
        for (Document& item : pages.last[paged.array].items())
            pages.items.push_back(std::move(item));
        pages.next = pages.last[paged.next].text();
        if (pages.next.empty() || pages.items.size() >= most) break;
    }
    return pages;
}

Exit list_by_name(Session& session, const Listing& listing) {
    const auto most = session.arguments.number("--limit", 50, 1, 1'000'000);
    const auto pages = read_pages(session.connection(), Target(fmt::format("/{}", listing.array)),
                                  {.array = listing.array}, most, 1'000);
    session.output.list(listing, pages.items, pages.last, pages.last["now"].time());
    if (!pages.next.empty())
        session.output.note(fmt::format("there are more {}: --limit", listing.array));
    return Exit::done;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli
