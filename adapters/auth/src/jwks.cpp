#include "base64url.hpp"
#include "jwt_key_impl.hpp"

#include <asyncjobs/error.hpp>
#include <asyncjobs/http/json_reader.hpp>
#include <asyncjobs/http/problem.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace asyncjobs::auth {
namespace {

namespace json = boost::json;

[[noreturn]] void refuse(std::string_view rule) {
    throw Error(Errc::invalid_argument, std::string(rule));
}

/// Empty if the member is absent; throws if it is no text.
std::string text_member(const json::object& key, std::string_view name) {
    const auto* const value = key.if_contains(name);
    if (!value) return {};
    if (!value->is_string()) refuse(fmt::format("{} must be a text", name));
    return json::value_to<std::string>(*value);
}

/// The bytes of a member that must be there.
std::string bytes_member(const json::object& key, std::string_view name) {
    const auto bytes = decode_base64url(text_member(key, name));
    if (!bytes || bytes->empty()) refuse(fmt::format("{} must be base64url", name));
    return *bytes;
}

/// Whether a key is for signatures that are to be verified, as far as it says.
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
        auto set = http::read_json(document, depth_limit);
        if (set.is_object())
            if (auto* const keys = set.get_object().if_contains("keys"); keys && keys->is_array())
                return std::move(keys->get_array());
    } catch (const http::Problem& problem) {
        refuse(fmt::format("the JWK set: {}", problem.what()));
    }
    refuse("a JWK set must be an object with an array keys");
}

} // namespace

std::vector<JwtKey> JwtKey::from_jwks(std::string_view document) {
    const auto add_to = [](std::vector<JwtKey>& keys, const json::value& entry) {
        if (!entry.is_object()) refuse("it must be an object");
        const auto& key = entry.get_object();
        if (!verifies_signatures(key)) return;
        const auto type = text_member(key, "kty"), algorithm = text_member(key, "alg");
        auto kid = text_member(key, "kid");
        const auto is_for = [&](std::string_view alg) {
            return algorithm.empty() || algorithm == alg;
        };
        if (type == "RSA" && is_for("RS256"))
            keys.push_back(JwtKey(Key::rs256(
                rsa_from_numbers(bytes_member(key, "n"), bytes_member(key, "e")), std::move(kid))));
        else if (type == "EC" && is_for("ES256") && text_member(key, "crv") == "P-256")
            keys.push_back(JwtKey(Key::es256(
                p256_from_point(bytes_member(key, "x"), bytes_member(key, "y")), std::move(kid))));
        else if (type == "oct" && algorithm == "HS256")
            keys.push_back(hs256(bytes_member(key, "k"), std::move(kid)));
    };

    std::vector<JwtKey> keys;
    const auto entries = keys_of(document);
    for (std::size_t i = 0; i < entries.size(); ++i) {
        try {
            add_to(keys, entries[i]);
        } catch (const Error& error) {
            refuse(fmt::format("/keys/{}: {}", i, error.what()));
        }
    }
    if (keys.empty()) refuse("the JWK set has no key for RS256, ES256 or HS256");
    return keys;
}

} // namespace asyncjobs::auth
