#include "pages.hpp"

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

} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli
