#pragma once

#include <asyncjobs/config.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// The text of a PostgreSQL array: a column of a batch as one parameter.
class PostgresqlArray {
public:
    void add(std::int64_t number);
    /// Throws Error (Errc::invalid_payload) for a text with NUL, which PostgreSQL can't store.
    void add(std::string_view text);
    void add(const std::string& text) { add(std::string_view(text)); }
    void add(std::optional<std::string_view> text);
    void add_null();

    /// Call it once, after the last add().
    const std::string& text() {
        text_ += '}';
        return text_;
    }

private:
    void separate() {
        if (text_.size() > 1) text_ += ',';
    }

    std::string text_ = "{";
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
