#pragma once

#include <string>
#include <string_view>

namespace report_server {

/// Appends one field of an RFC 4180 record, quoted only where its text makes that necessary.
inline void append_csv_field(std::string& out, std::string_view field) {
    if (field.find_first_of(",\"\r\n") == std::string_view::npos) {
        out += field;
        return;
    }
    out += '"';
    for (const char character : field) {
        if (character == '"') out += '"';
        out += character;
    }
    out += '"';
}

} // namespace report_server
