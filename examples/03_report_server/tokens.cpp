#include "tokens.hpp"

#include <boost/algorithm/string/predicate.hpp>
#include <fmt/format.h>

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace report_server {

Tokens::Tokens(const asyncjobs::files::Secret& secret, const std::filesystem::path& file)
    : secret_(secret) {
    std::ifstream in(file);
    if (!in) throw std::runtime_error(fmt::format("{}: can't be read", file.string()));
    int number = 0;
    for (std::string line; std::getline(in, line);) {
        ++number;
        std::istringstream words(line);
        std::string token, user, more;
        words >> token >> user >> more;
        if (token.empty() || token.front() == '#') continue;
        const auto refuse = [&](std::string_view rule) {
            throw std::runtime_error(fmt::format("{}:{}: {}", file.string(), number, rule));
        };
        if (user.empty() || !more.empty()) refuse("a line must be TOKEN USER_ID");
        if (!users_.emplace(hmac_sha256(secret_, token), user).second)
            refuse("the token stands on an earlier line too");
    }
    if (users_.empty())
        throw std::runtime_error(fmt::format("{}: holds no line TOKEN USER_ID", file.string()));
}

std::optional<std::string> Tokens::user(std::string_view authorization) const {
    constexpr std::string_view scheme = "Bearer ";
    if (!boost::algorithm::istarts_with(authorization, scheme)) return std::nullopt;
    auto token = authorization.substr(scheme.size());
    while (token.starts_with(' ')) token.remove_prefix(1);
    const auto found = users_.find(hmac_sha256(secret_, token));
    return found == users_.end() ? std::nullopt : std::optional(found->second);
}

} // namespace report_server
