#pragma once

#include "gzip_stream.hpp"
#include "orders.hpp"

#include <cstdint>
#include <filesystem>
#include <string>

namespace report_server {

/// Writes an order file, gzip-compressed when its name ends in `.gz`, next to its final place and
/// moves it there when it is complete.
///
/// Thread-safety: none; one writer belongs to one thread.
/// Ownership: a writer that is destroyed before publish() deletes its file.
/// Errors: `std::system_error` when the file can't be written.
class OrderWriter {
public:
    explicit OrderWriter(std::filesystem::path file);
    ~OrderWriter();
    OrderWriter(const OrderWriter&) = delete;
    OrderWriter& operator=(const OrderWriter&) = delete;

    void write(const OrderLine& line);

    /// Gives the file its name; the last call. Returns the number of lines written.
    std::int64_t publish();

private:
    void flush();
    [[noreturn]] void fail() const;

    std::filesystem::path file_;
    std::filesystem::path draft_;
    GzipStream stream_;
    std::string pending_;
    std::int64_t count_ = 0;
};

} // namespace report_server
