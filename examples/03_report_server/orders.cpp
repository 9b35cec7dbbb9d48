#include "orders.hpp"

#include "order_fields.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace report_server {
namespace {

enum CsvColumn : std::size_t {
    invoice_no,
    stock_code,
    description,
    quantity,
    invoiced_at,
    unit_price,
    customer_id,
    country,
    column_count
};

constexpr std::array<std::string_view, column_count> column_names{
    "invoice_no",  "stock_code", "description", "quantity",
    "invoiced_at", "unit_price", "customer_id", "country"};

constexpr std::uint64_t lines_per_progress = 4096;

class OrderFile {
public:
    explicit OrderFile(const std::filesystem::path& file) : csv_{file} { read_header(); }

    bool next() { return csv_.next(); }
    OrderLine line() const;
    ReadProgress progress() const { return {csv_.bytes_read(), csv_.bytes_total()}; }

private:
    void read_header();

    std::string_view text(CsvColumn column) const { return csv_.fields()[positions_[column]]; }

    std::string_view required_text(CsvColumn column) const {
        if (text(column).empty()) fail(column, "must not be empty");
        return text(column);
    }

    template <typename Parse>
    auto value(CsvColumn column, Parse parse, std::string_view problem) const {
        const auto parsed = parse(text(column));
        if (!parsed) fail(column, problem);
        return *parsed;
    }

    [[noreturn]] void fail(CsvColumn column, std::string_view problem) const {
        throw OrderDataError{csv_.file(), csv_.line(), column_names[column], text(column), problem};
    }

    CsvReader csv_;
    std::size_t field_count_ = 0;
    std::array<std::size_t, column_count> positions_{};
};

void OrderFile::read_header() {
    if (!csv_.next()) throw CsvError{csv_.file(), 1, "the header line is missing"};
    const auto header = csv_.fields();
    field_count_ = header.size();
    for (std::size_t column = 0; column < column_count; ++column) {
        const auto found = std::find(header.begin(), header.end(), column_names[column]);
        if (found == header.end() ||
            std::find(found + 1, header.end(), column_names[column]) != header.end())
            throw CsvError{csv_.file(), csv_.line(),
                           "the header must name the column " + std::string{column_names[column]} +
                               " once"};
        positions_[column] = static_cast<std::size_t>(found - header.begin());
    }
}

OrderLine OrderFile::line() const {
    if (csv_.fields().size() != field_count_)
        throw CsvError{csv_.file(), csv_.line(),
                       std::to_string(csv_.fields().size()) + " fields where the header has " +
                           std::to_string(field_count_)};
    return {
        .invoice_no = required_text(invoice_no),
        .stock_code = text(stock_code),
        .description = text(description),
        .quantity = value(quantity, parse_quantity, "is not a whole number"),
        .invoiced_at =
            value(invoiced_at, parse_utc_time, "is not a UTC time such as 2010-12-01T08:26:00Z"),
        .unit_price = value(unit_price, parse_price, "is not a price of up to three decimals"),
        .customer_id = text(customer_id),
        .country = required_text(country),
    };
}

std::string abbreviated(std::string_view value) {
    constexpr std::size_t most = 80;
    return value.size() <= most ? std::string{value} : std::string{value.substr(0, most)} + "...";
}

} // namespace

OrderDataError::OrderDataError(const std::filesystem::path& file, std::uint64_t line,
                               std::string_view column, std::string_view value,
                               std::string_view problem)
    : CsvError{file, line,
               "column " + std::string{column} + ": '" + abbreviated(value) + "' " +
                   std::string{problem}},
      column_{column}, value_{value} {}

void read_orders(const std::filesystem::path& file, const OrderLineCallback& on_line,
                 const ReadProgressCallback& on_progress) {
    OrderFile orders{file};
    for (std::uint64_t count = 1; orders.next(); ++count) {
        on_line(orders.line());
        if (on_progress && count % lines_per_progress == 0) on_progress(orders.progress());
    }
    if (on_progress) on_progress(orders.progress());
}

} // namespace report_server
