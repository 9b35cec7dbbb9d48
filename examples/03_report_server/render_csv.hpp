#pragma once

#include "sales_report.hpp"

#include <filesystem>

namespace report_server {

/// Writes the report as an RFC 4180 file with LF line ends: the header
/// `country,invoices,lines,units,revenue`, a row for each country, and a last row `TOTAL`.
///
/// Thread-safety: may run on many threads at once, on different paths. Blocks on file I/O.
/// Errors: `std::system_error` when the file can't be written; then no file remains.
void render_csv(const SalesReport& report, const std::filesystem::path& file);

} // namespace report_server
