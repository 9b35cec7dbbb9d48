#include "render_excel.hpp"

#include "utf8.hpp"
#include "workbook.hpp"

#include <array>
#include <string>
#include <string_view>

namespace report_server {
namespace {

constexpr const char* count_format = "#,##0";
constexpr const char* money_format = "#,##0.00";

enum SheetColumn : lxw_col_t {
    name_column,
    invoices_column,
    lines_column,
    units_column,
    revenue_column
};

constexpr std::array<const char*, 5> country_headers{"Country", "Invoices", "Lines", "Units",
                                                     "Revenue"};

double in_units(Money amount) { return static_cast<double>(to_cents(amount)) / 100; }

lxw_datetime excel_date(std::chrono::sys_days day) {
    const std::chrono::year_month_day date{day};
    return {.year = static_cast<int>(date.year()),
            .month = static_cast<int>(static_cast<unsigned>(date.month())),
            .day = static_cast<int>(static_cast<unsigned>(date.day())),
            .hour = 0,
            .min = 0,
            .sec = 0};
}

struct RowStyle {
    lxw_format* text;
    lxw_format* count;
    lxw_format* money;
};

void write_figures(Sheet& sheet, lxw_row_t row, std::string_view name, const SalesFigures& figures,
                   const RowStyle& style) {
    sheet.text(row, name_column, to_printable_utf8(name), style.text);
    sheet.number(row, invoices_column, static_cast<double>(figures.invoices), style.count);
    sheet.number(row, lines_column, static_cast<double>(figures.lines), style.count);
    sheet.number(row, units_column, static_cast<double>(figures.units), style.count);
    sheet.number(row, revenue_column, in_units(figures.revenue), style.money);
}

void add_country_sheet(Workbook& workbook, const SalesReport& report) {
    Sheet sheet = workbook.add_sheet("Sales by country");
    sheet.set_width(name_column, 28);
    for (lxw_col_t column = invoices_column; column <= revenue_column; ++column)
        sheet.set_width(column, column == revenue_column ? 18 : 12);
    sheet.header(workbook, country_headers);

    const RowStyle plain{nullptr, workbook.number_format(count_format),
                         workbook.number_format(money_format)};
    lxw_row_t row = 1;
    for (const auto& [country, figures] : report.countries)
        write_figures(sheet, row++, country, figures, plain);
    const RowStyle total{workbook.total_format(nullptr), workbook.total_format(count_format),
                         workbook.total_format(money_format)};
    write_figures(sheet, row, "TOTAL", report.total, total);
}

void add_daily_sheet(Workbook& workbook, const SalesReport& report) {
    constexpr std::array<const char*, 2> headers{"Date", "Revenue"};
    constexpr std::size_t days_as_columns = 62;
    const std::string name = "Daily revenue";

    Sheet sheet = workbook.add_sheet(name);
    sheet.set_width(0, 13);
    sheet.set_width(1, 16);
    sheet.header(workbook, headers);
    lxw_format* const date_format = workbook.number_format("yyyy-mm-dd");
    lxw_format* const amount_format = workbook.number_format(money_format);
    lxw_row_t row = 0;
    for (const auto& [day, revenue] : report.days) {
        sheet.date(++row, 0, excel_date(day), date_format);
        sheet.number(row, 1, in_units(revenue), amount_format);
    }
    const bool as_columns = report.days.size() <= days_as_columns;
    sheet.chart_of_dates(workbook, name, row, as_columns ? LXW_CHART_COLUMN : LXW_CHART_LINE);
}

} // namespace

void render_excel(const SalesReport& report, const std::filesystem::path& file) {
    Workbook workbook{file, "Sales report"};
    add_country_sheet(workbook, report);
    add_daily_sheet(workbook, report);
    workbook.finish();
}

} // namespace report_server
