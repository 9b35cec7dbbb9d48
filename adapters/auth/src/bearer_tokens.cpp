#include "check_principal.hpp"
#include "replaceable.hpp"

#include <asyncjobs/auth/bearer_tokens.hpp>
#include <asyncjobs/error.hpp>
#include <asyncjobs/http/bearer_token.hpp>

#include <fmt/format.h>
#include <support/crypto.hpp>
#include <support/encodings.hpp>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::auth {
namespace {

std::vector<BearerTokens::Entry> checked(std::vector<BearerTokens::Entry> entries) {
    std::set<TokenDigest> seen;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const auto refuse = [i](std::string_view rule) {
            throw Error(Errc::invalid_argument, fmt::format("entry {}: {}", i + 1, rule));
        };
        if (const auto fault = fault_of(entries[i].principal); !fault.empty()) refuse(fault);
        if (!seen.insert(entries[i].digest).second) refuse("duplicate digest");
    }
    return entries;
}

std::optional<TokenDigest> read_digest(std::string_view text) {
    const auto bytes = support::from_hex(text);
    TokenDigest digest{};
    if (!bytes || bytes->size() != digest.size()) return std::nullopt;
    std::ranges::copy(*bytes, digest.begin());
    return digest;
}

} // namespace

struct BearerTokens::Tokens : Replaceable<std::vector<Entry>> {
    using Replaceable::Replaceable;
};

BearerTokens::BearerTokens(std::vector<Entry> entries)
    : tokens_(std::make_shared<Tokens>(checked(std::move(entries)))) {}

std::vector<BearerTokens::Entry> BearerTokens::read(const std::filesystem::path& file) {
    std::ifstream in(file);
    std::vector<Entry> entries;
    std::set<TokenDigest> seen;
    int number = 0;
    const auto refuse = [&](std::string_view rule) {
        throw Error(Errc::invalid_argument, fmt::format("{}:{}: {}", file.string(), number, rule));
    };
    for (std::string line; std::getline(in, line);) {
        ++number;
        std::istringstream words(line);
        std::string digest, owner, roles, more;
        words >> digest >> owner >> roles >> more;
        if (digest.empty() || digest.front() == '#') continue;
        if (owner.empty() || !more.empty()) refuse("a line must be DIGEST OWNER [ROLE,ROLE...]");
        const auto bytes = read_digest(digest);
        if (!bytes) refuse("the digest must be 64 hexadecimal digits, a-f in lower case");
        if (!seen.insert(*bytes).second) refuse("duplicate digest");
        Entry entry{.digest = *bytes, .principal = {.owner = std::move(owner)}};
        http::for_each_element(
            roles, [&](std::string_view role) { entry.principal.roles.emplace_back(role); });
        if (const auto fault = fault_of(entry.principal); !fault.empty()) refuse(fault);
        entries.push_back(std::move(entry));
    }
    if (!in.eof())
        throw Error(Errc::invalid_argument, fmt::format("{}: can't be read", file.string()));
    return entries;
}

TokenDigest BearerTokens::digest_of(std::string_view token) {
    if (token.size() > max_token_size || !http::is_bearer_token(token))
        throw Error(Errc::invalid_argument,
                    fmt::format("a token must be 1-{} characters of A-Z a-z 0-9 - . _ ~ + /, and = "
                                "at its end",
                                max_token_size));
    return support::sha256(token);
}

void BearerTokens::replace(std::vector<Entry> entries) {
    tokens_->set(checked(std::move(entries)));
}

std::optional<http::Principal> BearerTokens::operator()(const http::Request& request) const {
    const auto token = http::bearer_token(request);
    if (!token || token->size() > max_token_size) return std::nullopt;
    const auto digest = support::sha256(*token);
    const auto entries = tokens_->get();
    // Compares every byte of every digest: the time reveals neither whether one matches nor which.
    using support::bytes_of, support::equal_in_constant_time;
    const Entry* found = nullptr;
    for (const auto& entry : *entries)
        if (equal_in_constant_time(bytes_of(entry.digest), bytes_of(digest))) found = &entry;
    return found ? std::optional(found->principal) : std::nullopt;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::auth
