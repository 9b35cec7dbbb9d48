#pragma once

#include <asyncjobs/time.hpp>

#include <concepts>
#include <string>
#include <string_view>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::operations {

/// Writes a document after RFC 4180. A text that a spreadsheet would take for a formula begins with
/// an apostrophe.
class CsvWriter {
public:
    CsvWriter& text(std::string_view value);
    template <std::integral Number>
    CsvWriter& number(Number value) {
        return cell(std::to_string(value));
    }
    CsvWriter& time(Timestamp value) { return cell(to_rfc3339(value)); }
    CsvWriter& empty() { return cell({}); }
    void end_line();

    std::string finish() && { return std::move(out_); }

private:
    /// A cell that needs no quotes.
    CsvWriter& cell(std::string_view value);

    std::string out_;
    bool at_start_ = true; ///< of a line
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::operations
