#include "jwt_key_impl.hpp"

#include <asyncjobs/detail/base64url.hpp>
#include <asyncjobs/detail/json_document.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <stdexcept>

namespace asyncjobs::inline ASYNCJOBS_ABI::auth {
namespace {

namespace json = boost::json;

[[noreturn]] void refuse(std::string_view rule) { throw std::invalid_argument(std::string(rule)); }

/// Empty if the member is absent; throws if it is not a string.
std::string text_member(const json::object& key, std::string_view name) {
    const auto* const value = key.if_contains(name);
    if (!value) return {};
    if (!value->is_string()) refuse(fmt::format("{} must be a string", name));
    return std::string(value->get_string());
}

/// The bytes of a required member.
std::string bytes_member(const json::object& key, std::string_view name) {
    const auto bytes = asyncjobs::detail::decode_base64url(text_member(key, name));
    if (!bytes || bytes->empty()) refuse(fmt::format("{} must be base64url", name));
    return *bytes;
}

/// Whether a key's members allow the verification of signatures.
bool verifies_signatures(const json::object& key) {
    const auto use = text_member(key, "use");
    if (!use.empty() && use != "sig") return false;
    const auto* const operations = key.if_contains("key_ops");
    if (!operations) return true;
    if (!operations->is_array()) refuse("key_ops must be an array");
    return std::ranges::find(operations->get_array(), json::value("verify")) !=
           operations->get_array().end();
}

json::array keys_of(std::string_view document) {
    constexpr std::size_t depth_limit = 16;
    try {
        auto set = asyncjobs::detail::JsonDocument::parse(document, depth_limit).tree();
        if (set.is_object())
            if (auto* const keys = set.get_object().if_contains("keys"); keys && keys->is_array())
                return std::move(keys->get_array());
    } catch (const Error& error) {
        if (error.code() != Errc::invalid_payload) throw;
        refuse(fmt::format("invalid JWK set: {}", error.message()));
    }
    refuse("a JWK set must be an object with an array keys");
}

} // namespace

std::vector<JwtKey> JwtKey::from_jwks(std::string_view document) {
    const auto read = [](const json::value& entry) -> std::optional<Key> {
        if (!entry.is_object()) refuse("must be an object");
        const auto& key = entry.get_object();
        if (!verifies_signatures(key)) return std::nullopt;
        const auto type = text_member(key, "kty"), algorithm = text_member(key, "alg");
        const auto kid = text_member(key, "kid");
        const auto is_for = [&](std::string_view alg) {
            return algorithm.empty() || algorithm == alg;
        };
        if (type == "RSA" && is_for("RS256"))
            return Key::rs256(rsa_from_numbers(bytes_member(key, "n"), bytes_member(key, "e")),
                              kid);
        if (type == "EC" && is_for("ES256") && text_member(key, "crv") == "P-256")
            return Key::es256(p256_from_point(bytes_member(key, "x"), bytes_member(key, "y")), kid);
        if (type == "oct" && algorithm == "HS256") return Key::hs256(bytes_member(key, "k"), kid);
        return std::nullopt;
    };
    return made_or_error([&] {
        std::vector<JwtKey> keys;
        const auto entries = keys_of(document);
        for (std::size_t i = 0; i < entries.size(); ++i) {
            try {
                if (auto key = read(entries[i])) keys.push_back(JwtKey(*std::move(key)));
            } catch (const std::invalid_argument& fault) {
                refuse(fmt::format("/keys/{}: {}", i, fault.what()));
            }
        }
        if (keys.empty()) refuse("the JWK set has no key for RS256, ES256 or HS256");
        return keys;
    });
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::auth
