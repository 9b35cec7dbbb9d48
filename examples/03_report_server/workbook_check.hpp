#pragma once

#include <filesystem>

namespace report_server {

/// Makes sure that every part of the workbook is whole: libxlsxwriter assembles the parts in
/// temporary files and overlooks it when one of those writes fails.
///
/// Thread-safety: a free function without shared state.
/// Errors: `std::runtime_error` for a workbook that is not complete or can't be read.
void require_complete_workbook(const std::filesystem::path& file);

} // namespace report_server
