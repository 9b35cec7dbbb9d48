#include "sales_report.hpp"

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace report_server {
namespace {

struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
        return std::hash<std::string_view>{}(text);
    }
};

/// Counts distinct invoice numbers. Lines of one invoice mostly follow each other in the file.
class InvoiceSet {
public:
    bool insert(std::string_view invoice_no) {
        if (invoice_no == last_) return false;
        last_ = invoice_no;
        if (numbers_.find(invoice_no) != numbers_.end()) return false;
        numbers_.emplace(invoice_no);
        return true;
    }

    std::int64_t size() const { return static_cast<std::int64_t>(numbers_.size()); }

private:
    std::unordered_set<std::string, TextHash, std::equal_to<>> numbers_;
    std::string last_;
};

struct Tally {
    InvoiceSet invoices;
    SalesFigures figures;

    void add(const OrderLine& line, Money revenue) {
        if (__builtin_add_overflow(figures.units, line.quantity, &figures.units))
            throw std::overflow_error{"a sum of quantities exceeds 64 bits"};
        figures.revenue += revenue;
        ++figures.lines;
        invoices.insert(line.invoice_no);
    }

    SalesFigures result() const {
        SalesFigures counted = figures;
        counted.invoices = invoices.size();
        return counted;
    }
};

Period validated(Period period) {
    if (!period.from.ok() || !period.to.ok())
        throw std::invalid_argument{"the period has a date that doesn't exist"};
    if (period.from > period.to) throw std::invalid_argument{"the period ends before it begins"};
    if (std::chrono::sys_days{period.to} - std::chrono::sys_days{period.from} >= longest_period)
        throw std::invalid_argument{"the period is longer than ten years"};
    return period;
}

bool ranks_before(const CountrySales& left, const CountrySales& right) {
    return std::tie(right.figures.revenue, left.country) <
           std::tie(left.figures.revenue, right.country);
}

} // namespace

struct SalesAggregator::State {
    explicit State(Period covered)
        : period{validated(covered)}, first_day{period.from},
          days(static_cast<std::size_t>((std::chrono::sys_days{period.to} - first_day).count()) +
               1) {}

    Period period;
    std::chrono::sys_days first_day;
    std::vector<Money> days;
    std::unordered_map<std::string, Tally, TextHash, std::equal_to<>> countries;
    Tally total;
};

SalesAggregator::SalesAggregator(Period period) : state_{std::make_unique<State>(period)} {}
SalesAggregator::~SalesAggregator() = default;
SalesAggregator::SalesAggregator(SalesAggregator&&) noexcept = default;
SalesAggregator& SalesAggregator::operator=(SalesAggregator&&) noexcept = default;

void SalesAggregator::add(const OrderLine& line) {
    const auto day = std::chrono::floor<std::chrono::days>(line.invoiced_at);
    const auto index = (day - state_->first_day).count();
    if (index < 0 || static_cast<std::size_t>(index) >= state_->days.size()) return;

    const Money revenue = line.unit_price * line.quantity;
    auto country = state_->countries.find(line.country);
    if (country == state_->countries.end())
        country = state_->countries.try_emplace(std::string{line.country}).first;
    country->second.add(line, revenue);
    state_->total.add(line, revenue);
    state_->days[static_cast<std::size_t>(index)] += revenue;
}

SalesReport SalesAggregator::report() const {
    SalesReport report{
        .period = state_->period, .countries = {}, .days = {}, .total = state_->total.result()};
    for (const auto& [country, tally] : state_->countries)
        report.countries.push_back({country, tally.result()});
    std::sort(report.countries.begin(), report.countries.end(), ranks_before);

    auto day = state_->first_day;
    for (const Money revenue : state_->days) {
        report.days.push_back({day, revenue});
        day += std::chrono::days{1};
    }
    return report;
}

} // namespace report_server
