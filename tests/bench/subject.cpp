#include "subject.hpp"

#include "store_url.hpp"

#include <algorithm>

namespace bench {

std::unique_ptr<Subject> make_bare(const std::string& url, const Load& load) {
    const auto parts = asyncjobs::soci_adapter::parse_store_url(url);
    if (parts.scheme == "memory") return make_bare_queue(load);
    if (parts.scheme != "sqlite") return nullptr;
    const auto given = parts.parameters.find("synchronous");
    return make_bare_sqlite(parts.target, given == parts.parameters.end() ? "full" : given->second,
                            load);
}

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values.empty() ? 0 : values[values.size() / 2];
}

} // namespace bench
