#pragma once

namespace report_server {

/// Whatever the locale is.
constexpr bool is_digit(char character) { return character >= '0' && character <= '9'; }

} // namespace report_server
