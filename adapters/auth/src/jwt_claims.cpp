#include "jwt_claims.hpp"

#include "check_principal.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::auth {
namespace {

namespace json = boost::json;
using Seconds = std::chrono::duration<double>; // NumericDates may have fractions

bool is_text(const json::value* value, std::string_view text) {
    return value && value->is_string() && value->get_string() == text;
}

bool is_for(const json::value* audience, std::string_view us) {
    if (!audience || !audience->is_array()) return is_text(audience, us);
    return std::ranges::any_of(audience->get_array(),
                               [us](const json::value& one) { return is_text(&one, us); });
}

/// Whether `holds` is true for the time; returns `absent` if there is no time.
template <typename Rule>
bool check_time(const json::value* time, bool absent, Rule holds) {
    if (!time) return absent;
    boost::system::error_code error;
    const auto seconds = time->to_number<double>(error);
    return !error && holds(Seconds(seconds));
}

bool is_in_time(const json::object& claims, Seconds leeway, Seconds now) {
    const auto has_passed = [&](Seconds time) { return time <= now + leeway; };
    const auto lies_ahead = [&](Seconds time) { return time > now - leeway; };
    return check_time(claims.if_contains("exp"), false, lies_ahead) &&
           check_time(claims.if_contains("nbf"), true, has_passed) &&
           check_time(claims.if_contains("iat"), true, has_passed);
}

std::optional<std::vector<std::string>> read_roles(const json::value* claim) {
    std::vector<std::string> roles;
    if (!claim) return roles;
    if (claim->is_array()) {
        for (const auto& role : claim->get_array()) {
            if (!role.is_string()) return std::nullopt;
            roles.emplace_back(role.get_string());
        }
        return roles;
    }
    if (!claim->is_string()) return std::nullopt;
    std::string_view rest = claim->get_string();
    while (!rest.empty()) {
        const auto role = rest.substr(0, rest.find(' '));
        if (!role.empty()) roles.emplace_back(role);
        rest.remove_prefix(std::min(role.size() + 1, rest.size()));
    }
    return roles;
}

} // namespace

std::optional<http::Principal> principal_of(const json::object& claims, const JwtOptions& options,
                                            Timestamp now) {
    if (!options.any_issuer && !is_text(claims.if_contains("iss"), options.issuer))
        return std::nullopt;
    if (!options.any_audience && !is_for(claims.if_contains("aud"), options.audience))
        return std::nullopt;
    if (!is_in_time(claims, options.leeway, now.time_since_epoch())) return std::nullopt;

    const auto* const owner = claims.if_contains(options.owner_claim);
    auto roles = read_roles(claims.if_contains(options.roles_claim));
    if (!owner || !owner->is_string() || !roles) return std::nullopt;
    http::Principal principal{.owner = std::string(owner->get_string()),
                              .roles = *std::move(roles)};
    return fault_of(principal).empty() ? std::optional(std::move(principal)) : std::nullopt;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::auth
