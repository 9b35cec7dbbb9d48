#include "api/api_options.hpp"

#include "guard/cors.hpp"
#include "openapi/description.hpp"

#include <asyncjobs/detail/argument_check.hpp>

#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

ApiOptions checked(ApiOptions options) {
    using asyncjobs::detail::check_range;
    using asyncjobs::detail::refuse;
    using namespace std::chrono_literals;
    constexpr std::size_t one = 1;
    const auto& prefix = options.prefix;
    const auto& base = options.public_base_url;
    if (!prefix.empty() &&
        (!prefix.starts_with('/') || prefix.ends_with('/') ||
         prefix.find_first_of("?#%{ ") != prefix.npos || !is_field_value(prefix)))
        refuse("prefix", prefix, "must be empty or a path as in /v1");
    const bool is_path = base.starts_with('/') && !base.starts_with("//");
    if (!base.empty() &&
        ((!base.starts_with("https://") && !base.starts_with("http://") && !is_path) ||
         base.ends_with('/') || base.find_first_of("?# \\") != base.npos || !is_field_value(base)))
        refuse("public_base_url", base,
               "must be empty, a URL as in https://api.example.org, or a path as in /api");
    if (!options.authenticator && !options.allow_anonymous)
        refuse("authenticator", "", "must be given unless allow_anonymous is set");
    if (options.authenticator && options.allow_anonymous)
        refuse("allow_anonymous", "true", "must be false with an authenticator");
    openapi::check(options.openapi);
    for (const auto& origin : options.cors_origins)
        if (!is_origin(origin))
            refuse("cors_origins", origin, "must be origins as in https://app.example.org");
    check_range("threads", options.threads, 0U, 1000U);
    check_range("queue_limit", options.queue_limit, std::size_t{0}, std::size_t{1000000});
    check_range("body_limit", options.body_limit, one, JsonText::max_size);
    check_range("response_memory_limit", options.response_memory_limit, std::size_t{64} * 1024,
                std::size_t{1} << 40);
    check_range("depth_limit", options.depth_limit, one, JsonText::max_depth);
    check_range("max_page", options.max_page, one, std::size_t{1000});
    check_range("default_page", options.default_page, one, options.max_page);
    check_range("retry_after_cap", options.retry_after_cap, Duration{1s}, Duration{24h});
    check_range("submits_per_owner", options.submits_per_owner, std::size_t{0},
                std::size_t{1000000});
    check_range("submits_period", options.submits_period, Duration{1s}, Duration{24h});
    check_range("max_wait", options.max_wait, Duration{0}, Duration{1h});
    check_range("heartbeat", options.heartbeat, Duration{1ms}, Duration{1h});
    for (const auto& [name, value] : {std::pair{"max_waits", options.max_waits},
                                      {"max_waits_per_owner", options.max_waits_per_owner},
                                      {"max_streams", options.max_streams},
                                      {"max_streams_per_owner", options.max_streams_per_owner}})
        check_range(name, value, std::size_t{0}, std::size_t{1000000});
    return options;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
