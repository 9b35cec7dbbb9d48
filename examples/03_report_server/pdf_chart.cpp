#include "pdf_chart.hpp"

#include "chart_axis.hpp"
#include "pdf_palette.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace report_server {
namespace {

constexpr std::size_t most_date_labels = 13;
constexpr std::int64_t most_value_steps = 6;
constexpr std::size_t average_window = 7;
constexpr std::size_t days_without_average = 62;
constexpr float widest_bar = 46;
constexpr float inset = 6;
constexpr float date_label_height = 32;
constexpr float gap_below_plot = 4;
constexpr float legend_height = 18;
constexpr TextStyle label_style{.size = 8, .colour = palette::grey};

class RevenueChart {
public:
    RevenueChart(PdfCanvas& canvas, const Rectangle& area, std::span<const DailyRevenue> days)
        : canvas_{canvas}, days_{days} {
        const auto [lowest, highest] = std::minmax_element(
            days.begin(), days.end(), [](const DailyRevenue& one, const DailyRevenue& other) {
                return one.revenue < other.revenue;
            });
        axis_ = value_axis(lowest->revenue, highest->revenue, most_value_steps);
        ticks_ = value_ticks(axis_);
        lay_out(area);
    }

    void draw() {
        draw_gridlines();
        draw_bars();
        line_at(Money{}, palette::grey, 0.8F);
        draw_dates();
        if (has_average()) {
            draw_average();
            draw_legend();
        }
    }

private:
    bool has_average() const { return days_.size() > days_without_average; }

    void lay_out(const Rectangle& area) {
        float label_width = 0;
        for (const ValueTick& tick : ticks_)
            label_width = std::max(label_width, canvas_.text_width(tick.label, label_style));
        plot_.left = area.left + label_width + 8;
        plot_.bottom = area.bottom + date_label_height;
        plot_.width = area.width - (plot_.left - area.left);
        plot_.height = area.height - date_label_height - (has_average() ? legend_height : 6);
        slot_ = (plot_.width - 2 * inset) / static_cast<float>(days_.size());
    }

    float x_of(std::size_t day) const {
        return plot_.left + inset + (static_cast<float>(day) + 0.5F) * slot_;
    }

    float y_of(double thousandths) const {
        const auto lowest = static_cast<double>(axis_.lowest.thousandths());
        const auto highest = static_cast<double>(axis_.highest.thousandths());
        return plot_.bottom +
               plot_.height * static_cast<float>((thousandths - lowest) / (highest - lowest));
    }

    float y_of(Money value) const { return y_of(static_cast<double>(value.thousandths())); }

    void line_at(Money value, Colour colour, float width) {
        const float y = y_of(value);
        canvas_.line({plot_.left, y}, {plot_.left + plot_.width, y}, colour, width);
    }

    void draw_gridlines() {
        TextStyle style = label_style;
        style.alignment = Alignment::right;
        for (const ValueTick& tick : ticks_) {
            line_at(tick.value, palette::rule, 0.5F);
            canvas_.text({plot_.left - 6, y_of(tick.value) - 2.8F}, tick.label, style);
        }
    }

    void draw_bars() {
        const float share_of_slot = days_.size() > 2 * days_without_average ? 1.0F : 0.74F;
        const float width = std::min(slot_ * share_of_slot, widest_bar);
        const Colour positive = has_average() ? palette::pale_blue : palette::blue;
        const float zero = y_of(Money{});
        for (std::size_t day = 0; day < days_.size(); ++day) {
            const Money revenue = days_[day].revenue;
            if (revenue == Money{}) continue;
            const float end = y_of(revenue);
            canvas_.fill({x_of(day) - width / 2, std::min(zero, end), width, std::abs(end - zero)},
                         revenue < Money{} ? palette::red : positive);
        }
    }

    void draw_dates() {
        TextStyle style = label_style;
        style.alignment = Alignment::centre;
        for (const DateTick& tick : date_ticks(days_.front().day, days_.size(), most_date_labels)) {
            const float x = x_of(tick.day_index);
            const float top = plot_.bottom - gap_below_plot;
            canvas_.line({x, top}, {x, top - 3}, palette::grey, 0.6F);
            canvas_.text({x, top - 12}, tick.label, style);
            if (!tick.year.empty()) canvas_.text({x, top - 22}, tick.year, style);
        }
    }

    void draw_average() {
        std::vector<Point> points;
        for (std::size_t first = 0; first + average_window <= days_.size(); ++first) {
            double sum = 0;
            for (const DailyRevenue& day : days_.subspan(first, average_window))
                sum += static_cast<double>(day.revenue.thousandths());
            points.push_back({x_of(first + average_window / 2),
                              y_of(sum / static_cast<double>(average_window))});
        }
        canvas_.polyline(points, palette::navy, 1.4F);
    }

    void draw_legend() {
        const float y = plot_.bottom + plot_.height + 9;
        const float right = plot_.left + plot_.width;
        const float words = right - canvas_.text_width("7-day average", label_style);
        canvas_.text({words, y}, "7-day average", label_style);
        canvas_.line({words - 20, y + 2.8F}, {words - 5, y + 2.8F}, palette::navy, 1.4F);

        const float day_words = words - 34 - canvas_.text_width("Day", label_style);
        canvas_.text({day_words, y}, "Day", label_style);
        canvas_.fill({day_words - 13, y - 0.5F, 8, 7}, palette::pale_blue);
    }

    PdfCanvas& canvas_;
    std::span<const DailyRevenue> days_;
    ValueAxis axis_;
    std::vector<ValueTick> ticks_;
    Rectangle plot_;
    float slot_ = 0;
};

} // namespace

void draw_revenue_chart(PdfCanvas& canvas, const Rectangle& area,
                        std::span<const DailyRevenue> days) {
    if (!days.empty()) RevenueChart{canvas, area, days}.draw();
}

} // namespace report_server
