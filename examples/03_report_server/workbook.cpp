#include "workbook.hpp"

#include "workbook_check.hpp"

#include <asyncjobs/files/durable_file.hpp>

#include <mutex>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace report_server {
namespace {

constexpr lxw_color_t navy = 0x173862;
constexpr lxw_color_t blue = 0x3378BF;
constexpr lxw_color_t grey = 0x6B7585;
constexpr lxw_color_t pale_grey = 0xDEE3EB;
constexpr std::uint8_t a4 = 9;

void check(lxw_error error) {
    if (error != LXW_NO_ERROR)
        throw std::runtime_error{std::string{"cannot write the workbook: "} + lxw_strerror(error)};
}

/// libxlsxwriter states the time of creation through `gmtime`, whose result all threads share.
lxw_error close_one_at_a_time(lxw_workbook* workbook) {
    static std::mutex closing;
    const std::lock_guard lock{closing};
    return workbook_close(workbook);
}

template <typename Handle>
Handle checked(Handle handle) {
    if (!handle) throw std::runtime_error{"cannot write the workbook: out of memory"};
    return handle;
}

void style_axes(lxw_chart* chart, lxw_row_t day_count) {
    constexpr lxw_row_t most_labels = 12;
    const auto days_per_label = static_cast<std::uint16_t>((day_count - 1) / most_labels + 1);
    chart_axis_set_interval_unit(chart->x_axis, days_per_label);
    chart_axis_set_interval_tick(chart->x_axis, days_per_label);
    chart_axis_set_num_format(chart->x_axis, "d mmm yyyy");
    chart_axis_set_num_format(chart->y_axis, "#,##0");
    chart_axis_set_label_position(chart->x_axis, LXW_CHART_AXIS_LABEL_POSITION_LOW);
    lxw_chart_font font{};
    font.size = 9;
    font.color = grey;
    chart_axis_set_num_font(chart->x_axis, &font);
    chart_axis_set_num_font(chart->y_axis, &font);
    lxw_chart_line gridline{};
    gridline.color = pale_grey;
    gridline.width = 0.75F;
    chart_axis_major_gridlines_set_line(chart->y_axis, &gridline);
}

} // namespace

Sheet::Sheet(lxw_worksheet* sheet) : sheet_{sheet} {
    worksheet_set_paper(sheet_, a4);
    worksheet_fit_to_pages(sheet_, 1, 0);
}

void Sheet::set_width(lxw_col_t column, double characters) {
    check(worksheet_set_column(sheet_, column, column, characters, nullptr));
}

void Sheet::header(Workbook& workbook, std::span<const char* const> titles) {
    lxw_format* format = workbook.header_format(LXW_ALIGN_LEFT);
    for (lxw_col_t column = 0; const char* const title : titles) {
        check(worksheet_write_string(sheet_, 0, column++, title, format));
        if (column == 1) format = workbook.header_format(LXW_ALIGN_RIGHT);
    }
    worksheet_freeze_panes(sheet_, 1, 0);
    check(worksheet_repeat_rows(sheet_, 0, 0));
}

void Sheet::text(lxw_row_t row, lxw_col_t column, const std::string& text, lxw_format* format) {
    check(worksheet_write_string(sheet_, row, column, text.c_str(), format));
}

void Sheet::number(lxw_row_t row, lxw_col_t column, double number, lxw_format* format) {
    check(worksheet_write_number(sheet_, row, column, number, format));
}

void Sheet::date(lxw_row_t row, lxw_col_t column, lxw_datetime date, lxw_format* format) {
    check(worksheet_write_datetime(sheet_, row, column, &date, format));
}

void Sheet::chart_of_dates(Workbook& workbook, const std::string& name, lxw_row_t last_row,
                           lxw_chart_type type) {
    const std::string last = std::to_string(last_row + 1);
    const std::string dates = "='" + name + "'!$A$2:$A$" + last;
    const std::string values = "='" + name + "'!$B$2:$B$" + last;
    lxw_chart* const chart =
        checked(workbook_add_chart(workbook.get(), static_cast<std::uint8_t>(type)));
    lxw_chart_series* const series =
        checked(chart_add_series(chart, dates.c_str(), values.c_str()));
    chart_series_set_name(series, name.c_str());
    chart_title_set_name(chart, name.c_str());
    chart_legend_set_position(chart, LXW_CHART_LEGEND_NONE);
    style_axes(chart, last_row);

    lxw_chart_line line{};
    line.color = blue;
    line.width = 1.5F;
    lxw_chart_fill fill{};
    fill.color = blue;
    if (type == LXW_CHART_LINE)
        chart_series_set_line(series, &line);
    else
        chart_series_set_fill(series, &fill);

    lxw_chart_options size{};
    size.x_scale = 1.9;
    size.y_scale = 1.5;
    check(worksheet_insert_chart_opt(sheet_, 1, 3, chart, &size));
}

Workbook::Workbook(const std::filesystem::path& file, std::string title)
    : file_{file}, temporary_directory_{file.has_parent_path() ? file.parent_path().string() : "."},
      workbook_{nullptr} {
    lxw_workbook_options options{};
    options.tmpdir = temporary_directory_.data();
    workbook_ = checked(workbook_new_opt(file_.c_str(), &options));
    lxw_doc_properties properties{};
    properties.title = title.data();
    const lxw_error error = workbook_set_properties(workbook_, &properties);
    if (error != LXW_NO_ERROR) lxw_workbook_free(std::exchange(workbook_, nullptr));
    check(error);
}

Workbook::~Workbook() {
    if (workbook_) lxw_workbook_free(workbook_);
}

Sheet Workbook::add_sheet(const std::string& name) {
    return Sheet{checked(workbook_add_worksheet(workbook_, name.c_str()))};
}

lxw_format* Workbook::header_format(lxw_format_alignments alignment) {
    lxw_format* const format = checked(workbook_add_format(workbook_));
    format_set_bold(format);
    format_set_font_color(format, LXW_COLOR_WHITE);
    format_set_bg_color(format, navy);
    format_set_align(format, static_cast<std::uint8_t>(alignment));
    return format;
}

lxw_format* Workbook::number_format(const char* pattern) {
    lxw_format* const format = checked(workbook_add_format(workbook_));
    format_set_num_format(format, pattern);
    return format;
}

lxw_format* Workbook::total_format(const char* pattern) {
    lxw_format* const format = checked(workbook_add_format(workbook_));
    format_set_bold(format);
    format_set_top(format, LXW_BORDER_THIN);
    if (pattern) format_set_num_format(format, pattern);
    return format;
}

void Workbook::finish() {
    try {
        check(close_one_at_a_time(std::exchange(workbook_, nullptr)));
        require_complete_workbook(file_);
        asyncjobs::files::sync_file(file_);
    } catch (...) {
        discard_file();
        throw;
    }
}

void Workbook::discard_file() const {
    std::error_code ignored;
    if (std::filesystem::is_regular_file(file_, ignored)) std::filesystem::remove(file_, ignored);
}

} // namespace report_server
