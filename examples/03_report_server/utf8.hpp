#pragma once

#include <string>
#include <string_view>

namespace report_server {

/// Names come from an unvalidated file; these functions convert them for a document's format.
/// Thread-safety: pure functions.

/// Takes one code point off the front of `text`, which must not be empty; U+FFFD for each byte
/// that isn't part of well-formed UTF-8.
char32_t take_code_point(std::string_view& text);

/// The text as well-formed UTF-8 without control characters, both replaced by U+FFFD.
std::string to_printable_utf8(std::string_view text);

/// The text in Windows-1252, the character set of a PDF's built-in fonts; `?` for missing
/// characters.
std::string to_windows_1252(std::string_view text);

} // namespace report_server
