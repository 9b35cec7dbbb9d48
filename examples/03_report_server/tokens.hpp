#pragma once

#include <asyncjobs/files/secret.hpp>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace report_server {

/// Who may use the API: a bearer token each, kept as digests only, so that a look-up's time says
/// nothing of a token.
///
/// Thread-safety: immutable; may be used from many threads at once.
class Tokens {
public:
    /// Reads lines `TOKEN USER_ID`; empty lines and those that begin with `#` don't count.
    /// Errors: `std::runtime_error` that names file, line and rule.
    Tokens(const asyncjobs::files::Secret& secret, const std::filesystem::path& file);

    /// The user that `Authorization: Bearer TOKEN` names.
    std::optional<std::string> user(std::string_view authorization) const;

private:
    asyncjobs::files::Secret secret_;
    std::map<asyncjobs::files::Digest, std::string> users_;
};

} // namespace report_server
