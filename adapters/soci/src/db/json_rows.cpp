#include "db/json_rows.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

void JsonRows::append(std::string_view text) {
    constexpr const char* digits = "0123456789abcdef";
    text_ += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            text_ += '\\';
            text_ += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            text_ += "\\u00";
            text_ += digits[c >> 4];
            text_ += digits[c & 15];
        } else {
            text_ += c;
        }
    }
    text_ += "\",";
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
