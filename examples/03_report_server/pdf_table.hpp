#pragma once

#include "pdf_canvas.hpp"
#include "sales_report.hpp"

namespace report_server {

/// Where a table may stand: on the current page below `first_top`, on further pages below
/// `next_top`, and never below `bottom`; in points.
struct TableFrame {
    float left = 0;
    float width = 0;
    float first_top = 0;
    float next_top = 0;
    float bottom = 0;
};

/// Draws a heading, a row for each country and the total, adding pages as needed; every page
/// repeats the header, and the total never stands alone on a page. Throws what the canvas throws.
void draw_sales_table(PdfCanvas& canvas, const SalesReport& report, const TableFrame& frame);

} // namespace report_server
