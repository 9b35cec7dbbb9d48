#include <asyncjobs/http/parameters.hpp>

#include <algorithm>
#include <charconv>
#include <string>
#include <system_error>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

Problem invalid_parameter(std::string_view name, std::string_view rule) {
    return {400, "invalid_parameter", std::string(name) + ' ' + std::string(rule)};
}

std::size_t read_limit(const Parameters& query, std::size_t usual, std::size_t most) {
    const auto* text = query.single("limit");
    if (!text) return usual;
    std::size_t limit = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), limit);
    const bool all_digits = !text->empty() && end == text->data() + text->size();
    if (all_digits && error == std::errc::result_out_of_range) return most;
    if (!all_digits || error != std::errc() || limit == 0)
        throw invalid_parameter("limit", "must be a whole number of at least 1");
    return std::min(limit, most);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
