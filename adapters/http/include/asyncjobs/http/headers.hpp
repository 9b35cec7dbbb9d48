#pragma once

#include <asyncjobs/config.hpp>

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// The header fields of a message: a multimap with case-insensitive names that keeps its order.
///
/// Its fields can be written to the wire as they are: a name is an HTTP token, and a value contains
/// no CR, LF, NUL or other control character except tab.
///
/// Thread-safety  As std::vector.
/// Errors         add() and set() throw Error (Errc::invalid_argument) for what can't be a field.
class ASYNCJOBS_HTTP_DECL Headers {
public:
    /// One header field.
    struct Field {
        std::string name;
        std::string value;
    };

    Headers() = default;
    Headers(std::initializer_list<Field> fields);

    /// Appends a field; a name may have several.
    void add(std::string name, std::string value);

    /// Replaces all fields of that name.
    void set(std::string name, std::string value);
    void remove(std::string_view name); ///< all fields of that name

    /// The first field's value; nullptr if none exists. Valid until the next change.
    const std::string* find(std::string_view name) const noexcept;

    /// All values of that name as one comma-separated list; empty if none exists.
    std::string joined(std::string_view name) const;
    std::size_t count(std::string_view name) const noexcept; ///< of fields of that name

    std::size_t size() const noexcept { return fields_.size(); }
    auto begin() const noexcept { return fields_.begin(); }
    auto end() const noexcept { return fields_.end(); }

private:
    std::vector<Field> fields_;
};

/// Compares as HTTP does for field names and most tokens: ignores the case of ASCII letters.
ASYNCJOBS_HTTP_DECL bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept;

/// `text` without blanks and tabs at both ends.
ASYNCJOBS_HTTP_DECL std::string_view trimmed(std::string_view text) noexcept;

/// Whether `text` is a token: a method, a field name.
ASYNCJOBS_HTTP_DECL bool is_token(std::string_view text) noexcept;

/// Whether `text` can be a field's value.
ASYNCJOBS_HTTP_DECL bool is_field_value(std::string_view text) noexcept;

/// Calls `visit` with each element of a comma-separated list, trimmed; empty ones are skipped.
template <typename Visit>
void for_each_element(std::string_view list, Visit visit) {
    while (!list.empty()) {
        const auto comma = list.find(',');
        const auto element = trimmed(list.substr(0, comma));
        if (!element.empty()) visit(element);
        if (comma == std::string_view::npos) return;
        list.remove_prefix(comma + 1);
    }
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
