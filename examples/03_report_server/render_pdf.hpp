#pragma once

#include "sales_report.hpp"

#include <filesystem>

namespace report_server {

/// Writes the report as a PDF file of A4 pages: key figures, a chart of revenue by day, and the
/// table of countries, which continues on further pages under a repeated header.
///
/// Thread-safety: may run on many threads at once, on different paths. Blocks on file I/O.
/// Errors: `std::system_error` when the file can't be written, `std::runtime_error` when the PDF
/// library fails; then no file remains.
void render_pdf(const SalesReport& report, const std::filesystem::path& file);

} // namespace report_server
