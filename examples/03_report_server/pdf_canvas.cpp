#include "pdf_canvas.hpp"

#include "utf8.hpp"

#include <hpdf.h>

#include <cstdio>
#include <stdexcept>
#include <vector>

namespace report_server {
namespace {

constexpr const char* ellipsis = "\xE2\x80\xA6";

[[noreturn]] void fail(HPDF_STATUS status, HPDF_STATUS detail) {
    char text[80];
    std::snprintf(text, sizeof text, "the PDF library failed with error 0x%04lX, detail %lu",
                  static_cast<unsigned long>(status), static_cast<unsigned long>(detail));
    throw std::runtime_error{text};
}

} // namespace

/// libharu calls its error handler from C code, through which no exception may pass: the handler
/// notes the first error, and `check` throws once libharu has returned.
struct PdfCanvas::Document {
    Document() {
        handle = HPDF_New(&Document::note_error, this);
        if (!handle) fail(status, detail);
    }
    ~Document() { HPDF_Free(handle); }
    Document(const Document&) = delete;
    Document& operator=(const Document&) = delete;

    static void HPDF_STDCALL note_error(HPDF_STATUS error, HPDF_STATUS detail_no, void* user_data) {
        auto& document = *static_cast<Document*>(user_data);
        if (document.status != HPDF_OK) return;
        document.status = error;
        document.detail = detail_no;
    }

    void check(HPDF_STATUS result) const {
        if (status != HPDF_OK) fail(status, detail);
        if (result != HPDF_OK) fail(result, 0);
    }

    template <typename Handle>
    Handle checked(Handle result) const {
        check(HPDF_OK);
        if (!result) fail(HPDF_INVALID_OBJECT, 0);
        return result;
    }

    HPDF_Font font(const TextStyle& style) const { return style.bold ? bold : regular; }

    HPDF_STATUS status = HPDF_OK;
    HPDF_STATUS detail = 0;
    HPDF_Doc handle = nullptr;
    HPDF_Font regular = nullptr;
    HPDF_Font bold = nullptr;
    std::vector<HPDF_Page> pages;
    HPDF_Page page = nullptr;
};

PdfCanvas::PdfCanvas(std::string_view title) : document_{std::make_unique<Document>()} {
    auto& document = *document_;
    constexpr const char* encoding = "WinAnsiEncoding";
    document.regular = document.checked(HPDF_GetFont(document.handle, "Helvetica", encoding));
    document.bold = document.checked(HPDF_GetFont(document.handle, "Helvetica-Bold", encoding));
    document.check(HPDF_SetCompressionMode(document.handle, HPDF_COMP_ALL));
    document.check(
        HPDF_SetInfoAttr(document.handle, HPDF_INFO_TITLE, to_windows_1252(title).c_str()));
}

PdfCanvas::~PdfCanvas() = default;

void PdfCanvas::add_page() {
    auto& document = *document_;
    document.page = document.checked(HPDF_AddPage(document.handle));
    document.pages.push_back(document.page);
    document.check(HPDF_Page_SetWidth(document.page, page_width));
    document.check(HPDF_Page_SetHeight(document.page, page_height));
}

void PdfCanvas::select_page(std::size_t index) { document_->page = document_->pages.at(index); }

std::size_t PdfCanvas::page_count() const { return document_->pages.size(); }

void PdfCanvas::fill(const Rectangle& area, Colour colour) {
    auto& document = *document_;
    document.check(HPDF_Page_SetRGBFill(document.page, colour.red, colour.green, colour.blue));
    document.check(
        HPDF_Page_Rectangle(document.page, area.left, area.bottom, area.width, area.height));
    document.check(HPDF_Page_Fill(document.page));
}

void PdfCanvas::line(Point from, Point to, Colour colour, float width) {
    const Point points[]{from, to};
    polyline(points, colour, width);
}

void PdfCanvas::polyline(std::span<const Point> points, Colour colour, float width) {
    if (points.size() < 2) return;
    auto& document = *document_;
    document.check(HPDF_Page_SetRGBStroke(document.page, colour.red, colour.green, colour.blue));
    document.check(HPDF_Page_SetLineWidth(document.page, width));
    document.check(HPDF_Page_SetLineJoin(document.page, HPDF_ROUND_JOIN));
    document.check(HPDF_Page_MoveTo(document.page, points[0].x, points[0].y));
    for (const Point point : points.subspan(1))
        document.check(HPDF_Page_LineTo(document.page, point.x, point.y));
    document.check(HPDF_Page_Stroke(document.page));
}

void PdfCanvas::text(Point at, std::string_view words, const TextStyle& style) {
    auto& document = *document_;
    if (style.alignment != Alignment::left) {
        const float width = text_width(words, style);
        at.x -= style.alignment == Alignment::right ? width : width / 2;
    }
    const Colour colour = style.colour;
    document.check(HPDF_Page_SetFontAndSize(document.page, document.font(style), style.size));
    document.check(HPDF_Page_SetRGBFill(document.page, colour.red, colour.green, colour.blue));
    document.check(HPDF_Page_BeginText(document.page));
    document.check(HPDF_Page_TextOut(document.page, at.x, at.y, to_windows_1252(words).c_str()));
    document.check(HPDF_Page_EndText(document.page));
}

void PdfCanvas::text_within(Point at, std::string_view words, const TextStyle& style,
                            float most_width) {
    if (text_width(words, style) <= most_width) return text(at, words, style);
    std::string kept;
    for (std::string_view rest = words; !rest.empty();) {
        const char* const first = rest.data();
        take_code_point(rest);
        const std::string longer = kept + std::string{first, rest.data()};
        if (text_width(longer + ellipsis, style) > most_width) break;
        kept = longer;
    }
    text(at, kept + ellipsis, style);
}

float PdfCanvas::text_width(std::string_view words, const TextStyle& style) const {
    const std::string bytes = to_windows_1252(words);
    const HPDF_TextWidth width = HPDF_Font_TextWidth(
        document_->font(style), reinterpret_cast<const HPDF_BYTE*>(bytes.data()),
        static_cast<HPDF_UINT>(bytes.size()));
    document_->check(HPDF_OK);
    return static_cast<float>(width.width) * style.size / 1000;
}

std::string PdfCanvas::finish() {
    auto& document = *document_;
    document.check(HPDF_SaveToStream(document.handle));
    std::string bytes(HPDF_GetStreamSize(document.handle), '\0');
    auto size = static_cast<HPDF_UINT32>(bytes.size());
    document.check(
        HPDF_ReadFromStream(document.handle, reinterpret_cast<HPDF_BYTE*>(bytes.data()), &size));
    bytes.resize(size);
    return bytes;
}

} // namespace report_server
