#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace report_server {

/// The members of a small zip archive by name, read into memory and checked against their sizes and
/// checksums. Without encryption and zip64.
///
/// Thread-safety: a free function without shared state.
/// Errors: `std::runtime_error` that names the defect, `std::system_error` when the file can't
/// be read.
std::map<std::string, std::string> read_zip_archive(const std::filesystem::path& file);

} // namespace report_server
