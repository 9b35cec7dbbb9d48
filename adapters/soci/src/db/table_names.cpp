#include "db/table_names.hpp"

#include <asyncjobs/error.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

constexpr std::size_t max_prefix = 30;

bool is_letter(char c) noexcept { return c >= 'a' && c <= 'z'; }
bool is_of_a_word(char c) noexcept { return is_letter(c) || (c >= '0' && c <= '9') || c == '_'; }

bool is_ours(std::string_view word) noexcept {
    return word == "jobs" || word.starts_with("jobs_") || word.starts_with("job_queues") ||
           word.starts_with("job_dependencies") || word.starts_with("job_limits") ||
           word.starts_with("job_buckets") || word.starts_with("job_slots") ||
           word.starts_with("job_waiting") || word.starts_with("job_tombstones") ||
           word.starts_with("job_fences") || word.starts_with("job_steps") ||
           word.starts_with("job_clock") || word.starts_with("job_workers") ||
           word.starts_with("job_tallies") || word.starts_with("job_audit") ||
           word.starts_with("asyncjobs_schema") ||
           // Of earlier versions.
           word.starts_with("job_lines") || word.starts_with("job_places");
}

} // namespace

std::string with_table_prefix(std::string_view sql, std::string_view prefix) {
    if (prefix.empty()) return std::string(sql);
    std::string out;
    while (!sql.empty()) {
        const auto start = std::ranges::find_if(sql, is_of_a_word);
        out.append(sql.begin(), start);
        const auto end = std::find_if_not(start, sql.end(), is_of_a_word);
        const std::string_view word(start, end);
        if (is_ours(word)) out += prefix;
        out += word;
        sql = std::string_view(end, sql.end());
    }
    return out;
}

void check_table_prefix(std::string_view prefix) {
    if (prefix.empty() || prefix.size() > max_prefix || !is_letter(prefix.front()) ||
        !std::ranges::all_of(prefix, is_of_a_word))
        throw Error(Errc::invalid_argument,
                    fmt::format("table_prefix is \"{}\", but must be 1 to {} characters of a-z 0-9 "
                                "_ that begin with a letter",
                                prefix, max_prefix));
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
