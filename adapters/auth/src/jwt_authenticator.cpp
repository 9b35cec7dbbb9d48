#include "jwt.hpp"
#include "jwt_claims.hpp"
#include "replaceable.hpp"

#include <asyncjobs/auth/jwt_authenticator.hpp>
#include <asyncjobs/detail/argument_check.hpp>
#include <asyncjobs/http/bearer_token.hpp>
#include <asyncjobs/runtime.hpp>

#include <algorithm>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::auth {
namespace {

using Keys = std::vector<JwtKey>;

void check_expected(std::string_view name, const std::string& expected, bool any) {
    if (expected.empty() != any)
        asyncjobs::detail::refuse(name, expected,
                                  fmt::format("exactly one of {0} and any_{0} must be set", name));
}

JwtOptions checked(JwtOptions options) {
    using asyncjobs::detail::check_range;
    using namespace std::chrono_literals;
    check_expected("issuer", options.issuer, options.any_issuer);
    check_expected("audience", options.audience, options.any_audience);
    check_range("leeway", options.leeway, Duration{0s}, Duration{10min});
    check_range("max_token_size", options.max_token_size, std::size_t{256}, std::size_t{65536});
    if (options.owner_claim.empty())
        asyncjobs::detail::refuse("owner_claim", "", "must name a claim");
    if (!options.clock)
        options.clock = [runtime = make_runtime()] { return runtime->wall_clock(); };
    return options;
}

Keys checked(Keys keys) {
    asyncjobs::detail::check_range("the number of keys", keys.size(), std::size_t{1},
                                   std::size_t{100});
    return keys;
}

bool is_signed_by(const Jwt& jwt, const JwtKey& key) {
    return key.algorithm() == jwt.algorithm &&
           (key.kid() == jwt.kid || key.kid().empty() || jwt.kid.empty()) &&
           key.verifies(jwt.signed_text, jwt.signature);
}

} // namespace

struct JwtAuthenticator::Impl {
    Replaceable<Keys> keys;
    const JwtOptions options;

    std::optional<http::Principal> principal_of(std::string_view token) const {
        if (token.size() > options.max_token_size) return std::nullopt;
        const auto jwt = split_jwt(token);
        const auto known = keys.get();
        if (!jwt || std::ranges::none_of(
                        *known, [&](const JwtKey& key) { return is_signed_by(*jwt, key); }))
            return std::nullopt;
        const auto claims = read_object(jwt->claims);
        return claims ? auth::principal_of(*claims, options, options.clock()) : std::nullopt;
    }
};

JwtAuthenticator::JwtAuthenticator(std::vector<JwtKey> keys, JwtOptions options)
    : impl_(new Impl{.keys = Replaceable(checked(std::move(keys))),
                     .options = checked(std::move(options))}) {}

void JwtAuthenticator::replace_keys(std::vector<JwtKey> keys) {
    impl_->keys.set(checked(std::move(keys)));
}

std::optional<http::Principal> JwtAuthenticator::operator()(const http::Request& request) const {
    const auto token = http::bearer_token(request);
    return token ? impl_->principal_of(*token) : std::nullopt;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::auth
