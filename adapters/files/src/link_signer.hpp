#pragma once

#include <asyncjobs/files/secret.hpp>
#include <asyncjobs/time.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::files {

enum class LinkCheck { valid, forged, expired };

/// Signs links to files, so that the holder of a link can read that file until it expires.
///
/// Thread-safety  Immutable.
class LinkSigner {
public:
    /// The first secret signs, all are accepted. Throws Error (Errc::invalid_argument) if empty.
    explicit LinkSigner(std::vector<Secret> secrets);

    /// `expires=SECONDS_SINCE_1970&signature=HEX`.
    std::string query(std::string_view key, std::chrono::sys_seconds expires_at) const;

    /// A link is valid until just before it expires.
    LinkCheck check(std::string_view key, std::string_view expires, std::string_view signature,
                    Timestamp now) const;

private:
    std::vector<Secret> secrets_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::files
