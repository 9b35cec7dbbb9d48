#include "guard/idempotency.hpp"

#include "message/target.hpp"

#include <asyncjobs/detail/name_hash.hpp>
#include <asyncjobs/http/problem.hpp>
#include <asyncjobs/json.hpp>

#include <boost/uuid/uuid_io.hpp>

#include <algorithm>
#include <initializer_list>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// The part of an Idempotency that the job's metadata keeps.
struct NotedRequest {
    std::string request = {};
    std::optional<std::int64_t> estimate_us = {};
};
BOOST_DESCRIBE_STRUCT(NotedRequest, (), (request, estimate_us))

namespace {

constexpr std::string_view field = "Idempotency-Key";
constexpr std::string_view idempotency_member = "idempotency";

/// The text between the quotes; empty if the closing quote is missing.
std::optional<std::string> parse_quoted(std::string_view text) {
    if (text.size() < 2 || text.back() != '"') return std::nullopt;
    text = text.substr(1, text.size() - 2);
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '"') return std::nullopt;
        if (text[i] == '\\' && (++i == text.size() || (text[i] != '"' && text[i] != '\\')))
            return std::nullopt;
        plain += text[i];
    }
    return plain;
}

std::string read_key(const Headers& headers) {
    const std::string& value = *headers.find(field);
    const auto key = value.starts_with('"') ? parse_quoted(value) : value;
    const bool fits = key && !key->empty() && key->size() <= 255 &&
                      std::ranges::all_of(*key, [](char c) { return c > ' ' && c < '\x7F'; });
    if (!fits || headers.count(field) > 1)
        throw Problem(400, "invalid_idempotency_key",
                      "Idempotency-Key must be sent once, with 1 to 255 visible ASCII characters");
    return *key;
}

/// Decoded, so that a target has one text whatever its encoding; no part contains the separator.
struct TargetText {
    std::string path = {};
    std::string query = {};
};

TargetText text_of(const std::string& encoded) {
    TargetText text;
    const Target target = parse_target(encoded);
    for (const auto& segment : target.segments) (text.path += segment) += '\0';
    for (const auto& [name, value] : target.query) ((text.query += name) += '\0') += value + '\0';
    return text;
}

std::string hash_of(std::initializer_list<std::string_view> parts) {
    std::string name;
    for (const auto part : parts) (name += std::to_string(part.size()) + ':') += part;
    return to_string(asyncjobs::detail::name_hash(name));
}

} // namespace

std::optional<Idempotency> read_idempotency(const Call& call) {
    const auto& request = call.request;
    if (!request.headers.find(field)) return std::nullopt;
    const auto key = read_key(request.headers);
    const auto target = text_of(request.target);
    return Idempotency{.key = hash_of({call.principal.owner, target.path, key}),
                       .request = hash_of({target.path, target.query, request.body})};
}

void note(const Idempotency& idempotency, boost::json::object& metadata) {
    NotedRequest noted{.request = idempotency.request};
    if (idempotency.estimate) noted.estimate_us = idempotency.estimate->count();
    metadata[idempotency_member] = json::to_value(json::serialize(noted));
}

std::optional<Idempotency> noted_idempotency(const JsonText& metadata) {
    const auto document = json::to_value(metadata);
    const auto* all = document.if_object();
    const auto* found = all ? all->if_contains(idempotency_member) : nullptr;
    NotedRequest noted;
    if (!found || !json::read(*found, noted).empty()) return std::nullopt;
    Idempotency first{.request = std::move(noted.request)};
    if (noted.estimate_us) first.estimate = Duration{*noted.estimate_us};
    return first;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
