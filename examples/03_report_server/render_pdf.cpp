#include "render_pdf.hpp"

#include "number_text.hpp"
#include "pdf_canvas.hpp"
#include "pdf_chart.hpp"
#include "pdf_palette.hpp"
#include "pdf_table.hpp"

#include <asyncjobs/files/durable_file.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace report_server {
namespace {

constexpr float margin = 50;
constexpr float content_width = PdfCanvas::page_width - 2 * margin;
constexpr float content_right = margin + content_width;
constexpr float content_top = PdfCanvas::page_height - 56;
constexpr float content_bottom = 56;

std::string period_text(const Period& period) {
    if (period.from == period.to) return long_date(period.from);
    return long_date(period.from) + " \xE2\x80\x93 " + long_date(period.to);
}

Money average_per_day(const SalesReport& report) {
    const auto days = static_cast<std::int64_t>(report.days.size());
    return Money::from_thousandths(report.total.revenue.thousandths() /
                                   std::max<std::int64_t>(days, 1));
}

/// The figure as large as the width allows.
void draw_figure(PdfCanvas& canvas, Point at, const std::string& value, float most_width) {
    TextStyle style{.size = 15, .bold = true, .colour = palette::ink};
    style.size *= std::min(1.0F, most_width / canvas.text_width(value, style));
    canvas.text(at, value, style);
}

void draw_title(PdfCanvas& canvas, const SalesReport& report) {
    canvas.fill({0, PdfCanvas::page_height - 8, PdfCanvas::page_width, 8}, palette::navy);
    canvas.text({margin, 770}, "Sales report", {.size = 26, .bold = true, .colour = palette::navy});
    canvas.text({margin, 750}, period_text(report.period), {.size = 12, .colour = palette::grey});
}

void draw_key_figures(PdfCanvas& canvas, const SalesReport& report) {
    const SalesFigures& total = report.total;
    const std::array<std::pair<std::string_view, std::string>, 5> figures{
        {{"Revenue", grouped(total.revenue)},
         {"Average per day", grouped(average_per_day(report))},
         {"Invoices", grouped(total.invoices)},
         {"Order lines", grouped(total.lines)},
         {"Units", grouped(total.units)}}};
    constexpr std::array<float, 5> shares{0.26F, 0.22F, 0.16F, 0.18F, 0.18F};
    constexpr float gap = 8;
    constexpr Rectangle band{margin, 680, content_width, 50};

    float left = band.left;
    for (std::size_t index = 0; index < figures.size(); ++index) {
        const auto& [name, value] = figures[index];
        const float width = (band.width - gap * (figures.size() - 1)) * shares[index];
        canvas.fill({left, band.bottom, width, band.height}, palette::mist);
        canvas.fill({left, band.bottom, 2.5F, band.height}, palette::blue);
        canvas.text({left + 11, band.bottom + 32}, name, {.size = 8, .colour = palette::grey});
        draw_figure(canvas, {left + 11, band.bottom + 13}, value, width - 16);
        left += width + gap;
    }
}

void draw_chart(PdfCanvas& canvas, const SalesReport& report) {
    canvas.text({margin, 652}, "Revenue by day",
                {.size = 12, .bold = true, .colour = palette::navy});
    draw_revenue_chart(canvas, {margin, 452, content_width, 192}, report.days);
}

void draw_footers(PdfCanvas& canvas, const SalesReport& report) {
    TextStyle style{.size = 8, .colour = palette::grey};
    const std::string pages = std::to_string(canvas.page_count());
    for (std::size_t page = 0; page < canvas.page_count(); ++page) {
        canvas.select_page(page);
        canvas.line({margin, 46}, {content_right, 46}, palette::rule, 0.5F);
        style.alignment = Alignment::left;
        canvas.text({margin, 34}, "Sales report, " + period_text(report.period), style);
        style.alignment = Alignment::right;
        canvas.text({content_right, 34}, "Page " + std::to_string(page + 1) + " of " + pages,
                    style);
    }
}

} // namespace

void render_pdf(const SalesReport& report, const std::filesystem::path& file) {
    PdfCanvas canvas{"Sales report, " + period_text(report.period)};
    canvas.add_page();
    draw_title(canvas, report);
    draw_key_figures(canvas, report);
    draw_chart(canvas, report);
    draw_sales_table(canvas, report,
                     {.left = margin,
                      .width = content_width,
                      .first_top = 440,
                      .next_top = content_top,
                      .bottom = content_bottom});
    draw_footers(canvas, report);
    asyncjobs::files::write_file(file, canvas.finish());
}

} // namespace report_server
