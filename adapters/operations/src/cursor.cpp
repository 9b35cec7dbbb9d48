#include "cursor.hpp"

#include <asyncjobs/detail/base64url.hpp>
#include <asyncjobs/json.hpp>

#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::operations {

/// What a cursor of jobs holds.
struct SearchCursor {
    std::string id = {};
    std::string queue = {};
    Timestamp at = {};
};
BOOST_DESCRIBE_STRUCT(SearchCursor, (), (id, queue, at))

/// What a cursor of tallies holds.
struct TallyCursor {
    Timestamp start = {};
    std::string queue = {};
    std::string type = {};
    std::string outcome = {};
    std::string error_code = {};
};
BOOST_DESCRIBE_STRUCT(TallyCursor, (), (start, queue, type, outcome, error_code))

namespace {

template <typename Cursor>
std::string encode(const Cursor& cursor) {
    return asyncjobs::detail::encode_base64url(json::serialize(cursor).text());
}

template <typename Cursor>
std::optional<Cursor> decode(std::string_view text) {
    const auto bytes = asyncjobs::detail::decode_base64url(text);
    if (!bytes) return std::nullopt;
    try {
        return json::parse<Cursor>(JsonText::parse(*bytes), json::UnknownMembers::refuse);
    } catch (const Error&) {
        return std::nullopt;
    }
}

} // namespace

std::string make_cursor(const SearchPosition& position) {
    return encode(SearchCursor{
        .id = std::string(position.id.text()), .queue = position.queue, .at = position.at});
}

std::string make_cursor(const TallyKey& key) {
    return encode(TallyCursor{.start = key.start,
                              .queue = key.queue,
                              .type = key.type,
                              .outcome = std::string(to_string(key.outcome)),
                              .error_code = key.error_code});
}

std::optional<SearchPosition> parse_position(std::string_view text) {
    auto cursor = decode<SearchCursor>(text);
    const auto id = cursor ? JobId::parse(cursor->id) : std::nullopt;
    if (!id) return std::nullopt;
    return SearchPosition{.id = *id, .queue = std::move(cursor->queue), .at = cursor->at};
}

std::optional<TallyKey> parse_tally_key(std::string_view text) {
    auto cursor = decode<TallyCursor>(text);
    const auto outcome = cursor ? parse_tally_outcome(cursor->outcome) : std::nullopt;
    if (!outcome) return std::nullopt;
    return TallyKey{.start = cursor->start,
                    .queue = std::move(cursor->queue),
                    .type = std::move(cursor->type),
                    .outcome = *outcome,
                    .error_code = std::move(cursor->error_code)};
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::operations
