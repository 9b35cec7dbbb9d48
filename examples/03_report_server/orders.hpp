#pragma once

#include "csv_reader.hpp"
#include "money.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string_view>

namespace report_server {

/// One line of an order, as in the order file.
///
/// Ownership: the texts are views that are valid only during the callback that receives them.
struct OrderLine {
    std::string_view invoice_no; ///< begins with `C` on a cancellation
    std::string_view stock_code;
    std::string_view description;
    std::int64_t quantity = 0; ///< negative on a cancellation
    std::chrono::sys_seconds invoiced_at;
    Money unit_price;
    std::string_view customer_id; ///< empty when unknown
    std::string_view country;
};

/// The progress in reading the order file; compressed bytes for a gzip file.
struct ReadProgress {
    std::uint64_t bytes_read = 0;
    std::uint64_t bytes_total = 0;
};

/// A value of the order file is invalid. `what()` names file, line, column and value.
class OrderDataError : public CsvError {
public:
    OrderDataError(const std::filesystem::path& file, std::uint64_t line, std::string_view column,
                   std::string_view value, std::string_view problem);

    const std::string& column() const { return column_; }
    const std::string& value() const { return value_; }

private:
    std::string column_;
    std::string value_;
};

using OrderLineCallback = std::function<void(const OrderLine&)>;
using ReadProgressCallback = std::function<void(const ReadProgress&)>;

/// Passes every line of an order file, plain CSV or gzip, to `on_line`, in the file's order.
///
/// The header names the columns `invoice_no, stock_code, description, quantity, invoiced_at,
/// unit_price, customer_id, country`; they may stand in any order, further ones are ignored.
/// `on_progress` is called about once for every 4,096 lines, and at the end of the file.
///
/// Thread-safety: may run on many threads at once. Blocks on file I/O.
/// Errors: those of `CsvReader`; `OrderDataError` for the first bad value. An exception of a
/// callback ends the reading and reaches the caller.
void read_orders(const std::filesystem::path& file, const OrderLineCallback& on_line,
                 const ReadProgressCallback& on_progress = {});

} // namespace report_server
