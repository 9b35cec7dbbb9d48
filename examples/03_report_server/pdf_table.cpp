#include "pdf_table.hpp"

#include "number_text.hpp"
#include "pdf_palette.hpp"

#include <array>
#include <string>
#include <string_view>

namespace report_server {
namespace {

constexpr float heading_height = 22;
constexpr float header_height = 18;
constexpr float row_height = 13.6F;
constexpr float padding = 8;

struct NumberColumn {
    std::string_view title;
    float right; ///< as a share of the table's width; numbers end here
};

constexpr std::string_view name_title = "Country";
constexpr float name_width = 0.36F;
constexpr std::array<NumberColumn, 5> number_columns{{{"Invoices", 0.49F},
                                                      {"Lines", 0.61F},
                                                      {"Units", 0.745F},
                                                      {"Revenue", 0.90F},
                                                      {"Share", 1.0F}}};

class SalesTable {
public:
    SalesTable(PdfCanvas& canvas, const SalesReport& report, const TableFrame& frame)
        : canvas_{canvas}, report_{report}, frame_{frame}, top_{frame.first_top} {}

    void draw() {
        draw_heading("Sales by country");
        draw_header();
        for (std::size_t index = 0; index < report_.countries.size(); ++index) {
            const bool is_last = index + 1 == report_.countries.size();
            make_room(is_last ? 2 : 1);
            if (index % 2 == 1)
                canvas_.fill({frame_.left, top_ - row_height, frame_.width, row_height},
                             palette::mist);
            const auto& [country, figures] = report_.countries[index];
            draw_row(country, figures, {.size = 8.5F, .colour = palette::ink});
        }
        make_room(1);
        canvas_.line({frame_.left, top_}, {frame_.left + frame_.width, top_}, palette::navy, 1);
        draw_row("Total", report_.total, {.size = 8.5F, .bold = true, .colour = palette::navy});
    }

private:
    void make_room(int rows) {
        if (top_ - row_height * static_cast<float>(rows) >= frame_.bottom) return;
        canvas_.add_page();
        top_ = frame_.next_top;
        draw_heading("Sales by country, continued");
        draw_header();
    }

    void draw_heading(std::string_view words) {
        canvas_.text({frame_.left, top_ - 12}, words,
                     {.size = 12, .bold = true, .colour = palette::navy});
        top_ -= heading_height;
    }

    float right_of(const NumberColumn& column) const {
        return frame_.left + frame_.width * column.right - padding;
    }

    void draw_header() {
        canvas_.fill({frame_.left, top_ - header_height, frame_.width, header_height},
                     palette::navy);
        TextStyle style{.size = 9, .bold = true, .colour = palette::white};
        const float baseline = top_ - 12.5F;
        canvas_.text({frame_.left + padding, baseline}, name_title, style);
        style.alignment = Alignment::right;
        for (const NumberColumn& column : number_columns)
            canvas_.text({right_of(column), baseline}, column.title, style);
        top_ -= header_height;
    }

    void draw_row(std::string_view name, const SalesFigures& figures, TextStyle style) {
        const std::array<std::string, number_columns.size()> numbers{
            grouped(figures.invoices), grouped(figures.lines), grouped(figures.units),
            grouped(figures.revenue), share(figures.revenue, report_.total.revenue)};
        const float baseline = top_ - 10;
        canvas_.text_within({frame_.left + padding, baseline}, name, style,
                            frame_.width * name_width - padding);
        style.alignment = Alignment::right;
        for (std::size_t index = 0; index < numbers.size(); ++index)
            canvas_.text({right_of(number_columns[index]), baseline}, numbers[index], style);
        top_ -= row_height;
    }

    PdfCanvas& canvas_;
    const SalesReport& report_;
    TableFrame frame_;
    float top_;
};

} // namespace

void draw_sales_table(PdfCanvas& canvas, const SalesReport& report, const TableFrame& frame) {
    SalesTable{canvas, report, frame}.draw();
}

} // namespace report_server
