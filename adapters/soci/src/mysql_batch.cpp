#include "mysql_batch.hpp"

#include <asyncjobs/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

constexpr std::size_t max_inline = 64 * 1024; ///< a longer payload has statements of its own
constexpr std::size_t most_of_a_piece = 4 * 1024 * 1024;

void append(MysqlSession& session, const Sql& statement, const JobId& id, std::string_view text) {
    const auto longest = std::min(most_of_a_piece, session.max_packet / 4);
    const auto is_inside_character = [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
    };
    while (!text.empty()) {
        auto size = std::min(longest, text.size());
        while (size < text.size() && is_inside_character(text[size])) --size;
        session.query(statement).change(text.substr(0, size), id);
        text.remove_prefix(size);
    }
}

} // namespace

std::size_t max_batch_bytes(const MysqlSession& session) {
    return std::min<std::size_t>(1024 * 1024, session.max_packet / 8);
}

std::size_t inlined_size(std::string_view text) {
    return text.size() > max_inline ? 0 : text.size();
}

std::string_view LongTexts::inlined(const Sql& statement, const JobId& id, std::string_view text) {
    if (text.size() <= max_inline) return text;
    texts_.push_back({&statement, id, text});
    return {};
}

void LongTexts::write(MysqlSession& session) {
    for (const auto& [statement, id, text] : std::exchange(texts_, {})) {
        constexpr std::size_t slack = 4096;
        if (text.size() + slack > session.max_packet)
            throw Error(Errc::invalid_payload,
                        fmt::format("a payload of {} bytes is too large for the server's "
                                    "max_allowed_packet of {} bytes",
                                    text.size(), session.max_packet));
        append(session, *statement, id, text);
    }
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
