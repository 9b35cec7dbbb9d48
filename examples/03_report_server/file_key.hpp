#pragma once

#include "secret.hpp"

#include <string>
#include <string_view>

namespace report_server {

/// Names of stored files: 26 digits of Crockford's base 32 (130 bits), a dot, an extension, such
/// as `7zk3m0q9w5x8r2c4v6b1n0t5ya.pdf`. Nobody guesses one, and none leads out of its directory.
/// Thread-safety: free functions without shared state.

/// Whether `text` has exactly that form.
bool is_file_key(std::string_view text);

/// A new random key. `extension` is 1 to 8 lower-case letters and digits, without a dot; anything
/// else throws `std::invalid_argument`. Throws `std::runtime_error` without a source of randomness.
std::string random_file_key(std::string_view extension);

/// Always the same key for the same `name`, such as a job's id, yet not to be guessed without the
/// secret: a job that runs again replaces its own file. Throws like `random_file_key`.
std::string derived_file_key(const Secret& secret, std::string_view name,
                             std::string_view extension);

} // namespace report_server
