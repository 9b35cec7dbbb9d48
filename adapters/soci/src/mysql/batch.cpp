#include "mysql/batch.hpp"

#include <asyncjobs/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

constexpr std::size_t most_of_a_piece = 4 * 1024 * 1024;

void append_quoted_id(std::string& out, const JobId& id) {
    out += '\'';
    out += id.text(); // needs no escaping
    out += '\'';
}

void append_by_id(std::string& out, std::span<const JobId> ids,
                  std::span<const std::string> literals) {
    const auto& first = literals.front();
    if (std::ranges::all_of(literals, [&](const auto& other) { return other == first; })) {
        out += first;
        return;
    }
    const auto half = ids.size() / 2;
    out += "IF(id<";
    append_quoted_id(out, ids[half]);
    out += ',';
    append_by_id(out, ids.first(half), literals.first(half));
    out += ',';
    append_by_id(out, ids.subspan(half), literals.subspan(half));
    out += ')';
}

} // namespace

Expression literals_of(std::span<const JobId> ids) {
    Expression list;
    for (const JobId& id : ids) {
        if (!list.text.empty()) list.text += ',';
        append_quoted_id(list.text, id);
    }
    return list;
}

Expression by_id(std::span<const JobId> ids, std::span<const std::string> literals) {
    Expression value;
    append_by_id(value.text, ids, literals);
    return value;
}

std::string literal_of(const MysqlSession& session, std::optional<std::string_view> text) {
    if (!text) return "NULL";
    std::string literal;
    append_quoted(literal, session, *text);
    return literal;
}

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

void LongTexts::forget(const JobId& id) {
    std::erase_if(texts_, [&](const Text& text) { return text.id == id; });
}

void LongTexts::write(const MysqlSession& session, MysqlBatch& batch) {
    for (const Text& one : std::exchange(texts_, {}))
        in_pieces(session, one.text,
                  [&](std::string_view piece) { batch.add_change(*one.statement, piece, one.id); });
}

void in_pieces(const MysqlSession& session, std::string_view text,
               const std::function<void(std::string_view)>& append) {
    constexpr std::size_t slack = 4096;
    if (text.size() + slack > session.max_packet)
        throw Error(Errc::invalid_payload,
                    fmt::format("a payload of {} bytes is too large for the server's "
                                "max_allowed_packet of {} bytes",
                                text.size(), session.max_packet));
    const auto longest = std::min(most_of_a_piece, session.max_packet / 4);
    const auto is_inside_character = [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
    };
    while (!text.empty()) {
        auto size = std::min(longest, text.size());
        while (size < text.size() && is_inside_character(text[size])) --size;
        append(text.substr(0, size));
        text.remove_prefix(size);
    }
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
