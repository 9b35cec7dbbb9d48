#pragma once

#include "sales_report.hpp"

#include <filesystem>

namespace report_server {

/// Writes the report as an Excel workbook: a sheet with the table of countries, and one with the
/// revenue of each day and its chart. Amounts are numbers, rounded to the cent as everywhere.
///
/// Thread-safety: may run on many threads at once, on different paths. Blocks on file I/O.
/// Errors: `std::runtime_error` with the library's message when the workbook can't be written, or
/// not completely, such as on a full disk; then no file remains.
void render_excel(const SalesReport& report, const std::filesystem::path& file);

} // namespace report_server
