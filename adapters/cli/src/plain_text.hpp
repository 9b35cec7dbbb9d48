#pragma once

#include <asyncjobs/config.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::cli {

/// The text in one line that no terminal obeys: control characters, escape sequences, marks that
/// reorder text, and bytes that are no UTF-8 become escapes, such as `\n` and `\u001b`.
std::string plain(std::string_view text);

/// A JSON text whose strings no terminal obeys, with equal values.
std::string plain_json(std::string_view json);

/// The columns that a plain text takes on a terminal.
std::size_t width_of(std::string_view text) noexcept;

/// The text, or as much of it as fits in `width` columns with `…` at its end.
std::string shortened_to(std::string_view text, std::size_t width);

/// A cell by RFC 4180. With `is_foreign`, one that a spreadsheet would take for a formula begins
/// with `'`.
std::string csv_cell(std::string text, bool is_foreign);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli
