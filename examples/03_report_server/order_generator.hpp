#pragma once

#include <cstdint>
#include <filesystem>

namespace report_server {

struct OrderGeneratorOptions {
    std::uint64_t seed = 1;
    int year = 2011;
    int invoices_per_day = 16; ///< on an average weekday; some 20 times as many lines
};

/// Writes the orders of an invented shop over one year, in the format that `read_orders` reads;
/// gzip-compressed when the name ends in `.gz`. The orders rise towards December, rest on
/// Saturdays, come mostly from one country, and some are cancelled.
///
/// The same options give the same lines on every platform. The file appears only when complete.
/// Returns the number of order lines.
///
/// Thread-safety: may run on many threads at once, on different paths. Blocks on file I/O.
/// Errors: `std::system_error` when the file can't be written, `std::invalid_argument` for a year
/// outside 1 to 9999 or a negative number of invoices; then nothing of it remains.
std::int64_t generate_orders(const std::filesystem::path& file,
                             const OrderGeneratorOptions& options = {});

} // namespace report_server
