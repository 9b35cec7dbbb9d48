#pragma once

#include <asyncjobs/config.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// A JSON value as text that every store keeps byte for byte: the type of a job's input, result and
/// error details.
///
/// Always valid, so no further check is needed: well-formed JSON in valid UTF-8, without U+0000
/// (escaped or not), without lone surrogates, at most `max_depth` deep and `max_size` bytes long.
///
/// Thread-safety  As std::string.
class ASYNCJOBS_DECL ASYNCJOBS_VISIBLE JsonText {
public:
    static constexpr std::size_t max_size = 10 * 1024 * 1024; ///< bytes
    static constexpr std::size_t max_depth = 64;              ///< nested arrays and objects

    /// `null`.
    JsonText() : text_("null") {}

    /// Throws Error (Errc::invalid_payload) that names the rule and the offset of the first fault.
    [[nodiscard]] static JsonText parse(std::string text);

    /// For text that was taken from a JsonText, such as a store's: not checked.
    [[nodiscard]] static JsonText trusted(std::string text) noexcept {
        return JsonText(std::move(text));
    }

    JsonText(const JsonText&) = default;
    JsonText& operator=(const JsonText&) = default;
    /// Leaves `null` behind.
    JsonText(JsonText&& from) noexcept : text_(std::move(from).text()) {}
    /// Leaves `null` behind.
    JsonText& operator=(JsonText&& from) noexcept {
        text_ = std::move(from).text();
        return *this;
    }
    ~JsonText() = default;

    /// Returns the JSON text.
    const std::string& text() const& noexcept { return text_; }
    /// Moves the text out, and leaves `null` behind.
    std::string text() && noexcept { return std::exchange(text_, "null"); }

    friend bool operator==(const JsonText&, const JsonText&) = default;

private:
    explicit JsonText(std::string text) noexcept : text_(std::move(text)) {}

    std::string text_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/json_text.ipp>
#endif
