#include "render_csv.hpp"

#include "csv_text.hpp"

#include <asyncjobs/files/durable_file.hpp>

#include <string>
#include <string_view>

namespace report_server {
namespace {

void append_row(std::string& out, std::string_view name, const SalesFigures& figures) {
    append_csv_field(out, name);
    out += ',' + std::to_string(figures.invoices);
    out += ',' + std::to_string(figures.lines);
    out += ',' + std::to_string(figures.units);
    out += ',' + to_string(figures.revenue);
    out += '\n';
}

} // namespace

void render_csv(const SalesReport& report, const std::filesystem::path& file) {
    std::string text = "country,invoices,lines,units,revenue\n";
    for (const auto& [country, figures] : report.countries) append_row(text, country, figures);
    append_row(text, "TOTAL", report.total);
    asyncjobs::files::write_file(file, text);
}

} // namespace report_server
