#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace report_server {

struct Colour {
    float red = 0;
    float green = 0;
    float blue = 0;
};

struct Point {
    float x = 0;
    float y = 0;
};

struct Rectangle {
    float left = 0;
    float bottom = 0;
    float width = 0;
    float height = 0;
};

enum class Alignment { left, centre, right };

struct TextStyle {
    float size = 9;
    bool bold = false;
    Colour colour = {};
    Alignment alignment = Alignment::left;
};

/// A PDF document of A4 pages in memory. Lengths are points (1/72 inch), from the lower left corner
/// of a page; texts are UTF-8 and lose to `?` what the built-in fonts can't show.
///
/// Thread-safety: none; one canvas belongs to one thread.
/// Errors: `std::runtime_error` when the PDF library fails.
class PdfCanvas {
public:
    static constexpr float page_width = 595.276F;
    static constexpr float page_height = 841.89F;

    explicit PdfCanvas(std::string_view title);
    ~PdfCanvas();
    PdfCanvas(const PdfCanvas&) = delete;
    PdfCanvas& operator=(const PdfCanvas&) = delete;

    /// Drawing goes to the page added or selected last.
    void add_page();
    void select_page(std::size_t index);
    std::size_t page_count() const;

    void fill(const Rectangle& area, Colour colour);
    void line(Point from, Point to, Colour colour, float width);
    void polyline(std::span<const Point> points, Colour colour, float width);

    /// Sets the text's baseline at `at`, which is its left end, centre or right end.
    void text(Point at, std::string_view words, const TextStyle& style);

    /// The same, cut with an ellipsis where it would exceed `most_width`.
    void text_within(Point at, std::string_view words, const TextStyle& style, float most_width);

    float text_width(std::string_view words, const TextStyle& style) const;

    /// The document as the bytes of a PDF file; the last call.
    std::string finish();

private:
    struct Document;
    std::unique_ptr<Document> document_;
};

} // namespace report_server
