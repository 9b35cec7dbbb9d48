#include "message/cursor.hpp"

#include "message/fnv.hpp"

#include <asyncjobs/http/problem.hpp>

#include <fmt/format.h>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {
namespace {

constexpr std::string_view prefix = "job-";

/// A hash of owner and filter. The separator is a character that none of them can contain.
std::string binding(const JobQuery& query) {
    const std::string_view none = "\x01";
    constexpr std::string_view separator("\0", 1);
    auto hash = fnv("1");
    for (const std::string_view part : {query.owner ? std::string_view(*query.owner) : none,
                                        query.type ? std::string_view(*query.type) : none,
                                        query.status ? to_string(*query.status) : none})
        hash = fnv(separator, fnv(part, hash));
    return fmt::format("{:016x}", hash);
}

} // namespace

std::string make_cursor(const JobQuery& query, const JobId& last) {
    return binding(query) + '-' + std::string(last.text().substr(prefix.size()));
}

JobId read_cursor(const JobQuery& query, std::string_view cursor) {
    const std::string expected = binding(query) + '-';
    if (cursor.starts_with(expected))
        if (const auto id =
                JobId::parse(std::string(prefix) + std::string(cursor.substr(expected.size()))))
            return *id;
    throw Problem(400, "invalid_cursor", "the cursor does not belong to this listing");
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
