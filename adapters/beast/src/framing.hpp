#pragma once

#include <asyncjobs/http/headers.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::beast {

/// Why proxies and servers might read a message differently.
struct FramingFault {
    unsigned status = 400; ///< 400, 414, 417, 431 or 505
    const char* reason = "";
};

/// The end of a message head in what has been read so far.
struct HeadEnd {
    std::size_t length = 0; ///< of the head with its empty line; 0: incomplete
    bool malformed = false; ///< a bare LF or a bare CR
};

/// Finds the end of the head in `data`, whose first `seen` bytes were searched before.
HeadEnd find_head_end(std::string_view data, std::size_t seen) noexcept;

struct HeadLimits {
    std::size_t target = 8 * 1024; ///< bytes
    std::size_t fields = 100;
};

/// An unambiguous message head.
struct Head {
    std::string method = {};
    std::string target = {}; ///< in origin form, or `*`
    bool http_1_1 = true;    ///< false: HTTP/1.0
    bool keep_alive = true;  ///< whether the client wants a persistent connection
    bool expect_continue = false;
    bool chunked = false;
    std::optional<std::uint64_t> content_length = {};
    http::Headers headers = {};

    bool has_body() const noexcept { return chunked || content_length.value_or(0) > 0; }
};

/// Parses a complete head, more strictly than HTTP parsers usually do: refuses whatever two servers
/// could read differently. Sets `fault` and returns nothing if it refuses.
std::optional<Head> read_head(std::string_view text, const HeadLimits& limits, FramingFault& fault);

/// Sets the members of `head` that follow from its method, target, version and fields, and reduces
/// an absolute target to origin form. Sets `fault` and returns false if two servers could read the
/// head differently.
bool interpret(Head& head, FramingFault& fault);

/// The fault of a head that exceeds the limit before it is complete.
FramingFault oversized_head(std::string_view begin, const HeadLimits& limits) noexcept;

} // namespace asyncjobs::inline ASYNCJOBS_ABI::beast
