#pragma once

#include "money.hpp"
#include "orders.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace report_server {

/// The days a report covers, both ends inclusive, in UTC.
struct Period {
    std::chrono::year_month_day from;
    std::chrono::year_month_day to;
};

/// The longest period that a report covers, about ten years.
inline constexpr std::chrono::days longest_period{3660};

/// The sales of one country, or of all of them.
struct SalesFigures {
    std::int64_t invoices = 0; ///< distinct invoice numbers; a cancellation is an invoice
    std::int64_t lines = 0;
    std::int64_t units = 0; ///< cancelled units count as negative
    Money revenue;
};

struct CountrySales {
    std::string country;
    SalesFigures figures;
};

struct DailyRevenue {
    std::chrono::sys_days day;
    Money revenue;
};

struct SalesReport {
    Period period;
    std::vector<CountrySales> countries; ///< by revenue downwards, then by name
    std::vector<DailyRevenue> days;      ///< every day of the period, in order
    SalesFigures total;

    /// No order line fell into the period.
    bool empty() const { return total.lines == 0; }
};

/// Collects order lines into a sales report.
///
/// Thread-safety: none; one aggregator belongs to one thread.
/// Ownership: copies what it keeps; an `OrderLine` need not outlive `add`.
class SalesAggregator {
public:
    /// Throws `std::invalid_argument` when the period has an impossible date, ends before it
    /// begins, or exceeds `longest_period`.
    explicit SalesAggregator(Period period);
    ~SalesAggregator();
    SalesAggregator(SalesAggregator&&) noexcept;
    SalesAggregator& operator=(SalesAggregator&&) noexcept;

    /// Counts the line if it falls into the period. Throws `std::overflow_error` when a sum leaves
    /// 64 bits.
    void add(const OrderLine& line);

    /// Returns the report on the lines so far.
    SalesReport report() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace report_server
