#pragma once

#include "gzip_stream.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace report_server {

/// The file is not valid CSV. `what()` names the file, the line and the reason.
class CsvError : public std::runtime_error {
public:
    CsvError(const std::filesystem::path& file, std::uint64_t line, const std::string& problem);

    std::uint64_t line() const { return line_; }

private:
    std::uint64_t line_;
};

/// Reads the records of an RFC 4180 file, plain or gzip-compressed, in constant memory.
///
/// Lines may end in LF or CRLF, a UTF-8 byte order mark is skipped, and so are empty lines.
///
/// Thread-safety: none; one reader belongs to one thread.
/// Ownership: the fields point into the reader and are valid until the next `next()`.
/// Errors: `std::system_error` when the file can't be opened or read, `CsvError` for broken
/// quoting, a broken gzip stream, or a record above `max_record_bytes`.
class CsvReader {
public:
    static constexpr std::size_t max_record_bytes = 1 << 20;

    explicit CsvReader(std::filesystem::path file);
    ~CsvReader();
    CsvReader(CsvReader&&) noexcept;
    CsvReader& operator=(CsvReader&&) noexcept;

    /// Moves to the next record; false at the end of the file.
    bool next();

    std::span<const std::string_view> fields() const { return fields_; }

    /// The line, counted from 1, on which the current record begins.
    std::uint64_t line() const { return line_; }

    /// Bytes of the file consumed so far, and its size; compressed bytes for a gzip file.
    std::uint64_t bytes_read() const;
    std::uint64_t bytes_total() const { return bytes_total_; }

    const std::filesystem::path& file() const { return file_; }

private:
    bool take_record(char*& first, char*& last);
    void refill();
    void skip_byte_order_mark();
    void split_plain(const char* first, const char* last);
    void split_quoted(char* first, char* last);
    char* unquote(char* in, char* last);
    [[noreturn]] void fail(const std::string& problem) const;

    std::filesystem::path file_;
    GzipStream stream_;
    std::vector<char> buffer_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    bool at_end_of_file_ = false;
    std::vector<std::string_view> fields_;
    std::uint64_t line_ = 1;
    std::uint64_t next_line_ = 1;
    std::uint64_t bytes_total_ = 0;
};

} // namespace report_server
