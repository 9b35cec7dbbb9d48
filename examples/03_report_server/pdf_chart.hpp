#pragma once

#include "pdf_canvas.hpp"
#include "sales_report.hpp"

#include <span>

namespace report_server {

/// Draws revenue by day into `area` of the current page: bars over a value axis, and for more than
/// about two months a seven-day average, with a legend, in front of them. Throws what the canvas
/// throws.
void draw_revenue_chart(PdfCanvas& canvas, const Rectangle& area,
                        std::span<const DailyRevenue> days);

} // namespace report_server
