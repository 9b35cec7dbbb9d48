#pragma once

#include <xlsxwriter.h>

#include <filesystem>
#include <span>
#include <string>

namespace report_server {

class Workbook;

/// A sheet of a workbook under construction, A4 and as wide as a page when printed.
///
/// Thread-safety: none. Ownership: belongs to its workbook and must not outlive it.
/// Errors: `std::runtime_error` with the library's message.
class Sheet {
public:
    explicit Sheet(lxw_worksheet* sheet);

    void set_width(lxw_col_t column, double characters);

    /// The first row: a title on the left, then those of columns of numbers. It stays in sight and
    /// is repeated on every printed page.
    void header(Workbook& workbook, std::span<const char* const> titles);

    void text(lxw_row_t row, lxw_col_t column, const std::string& text, lxw_format* format);
    void number(lxw_row_t row, lxw_col_t column, double number, lxw_format* format);
    void date(lxw_row_t row, lxw_col_t column, lxw_datetime date, lxw_format* format);

    /// A chart of the second column over the dates of the first, from the second row to `last_row`;
    /// `name` is the sheet's own.
    void chart_of_dates(Workbook& workbook, const std::string& name, lxw_row_t last_row,
                        lxw_chart_type type);

private:
    lxw_worksheet* sheet_;
};

/// An Excel workbook on its way into a file.
///
/// Thread-safety: none; one workbook belongs to one thread.
/// Ownership: a workbook that isn't finished leaves no file.
/// Errors: `std::runtime_error` with the library's message.
class Workbook {
public:
    Workbook(const std::filesystem::path& file, std::string title);
    ~Workbook();
    Workbook(const Workbook&) = delete;
    Workbook& operator=(const Workbook&) = delete;

    Sheet add_sheet(const std::string& name);
    lxw_format* header_format(lxw_format_alignments alignment);
    lxw_format* number_format(const char* pattern);

    /// Bold under a rule; `pattern` may be null for text.
    lxw_format* total_format(const char* pattern);

    lxw_workbook* get() const { return workbook_; }

    /// Writes the file, reads it back to be sure that it is complete, and syncs it; the last call.
    void finish();

private:
    void discard_file() const;

    std::filesystem::path file_;
    std::string temporary_directory_;
    lxw_workbook* workbook_;
};

} // namespace report_server
