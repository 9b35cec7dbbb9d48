#include "csv.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::operations {

CsvWriter& CsvWriter::text(std::string_view value) {
    constexpr std::string_view formula_starts = "=+-@\t\r\n";
    constexpr std::string_view separators = ",;\"\t\r\n"; // some spreadsheets split at others
    const bool is_formula = !value.empty() && formula_starts.find(value[0]) != value.npos;
    if (!is_formula && value.find_first_of(separators) == value.npos) return cell(value);
    std::string quoted = is_formula ? "\"'" : "\"";
    for (const char c : value) {
        if (c == '"') quoted += '"';
        quoted += c;
    }
    return cell(quoted + '"');
}

void CsvWriter::end_line() {
    out_ += "\r\n";
    at_start_ = true;
}

CsvWriter& CsvWriter::cell(std::string_view value) {
    if (!std::exchange(at_start_, false)) out_ += ',';
    out_ += value;
    return *this;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::operations
