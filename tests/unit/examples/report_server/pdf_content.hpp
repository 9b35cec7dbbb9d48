#pragma once

#include <zlib.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace report_server::testing {

/// The unpacked content streams of a PDF file, one after the other.
inline std::string pdf_content(std::string_view pdf) {
    constexpr std::string_view opening = "\nstream\r\n";
    std::string content;
    for (auto at = pdf.find(opening); at != std::string_view::npos; at = pdf.find(opening, at)) {
        at += opening.size();
        std::string unpacked(1 << 20, '\0');
        uLongf size = unpacked.size();
        const auto end = pdf.find("endstream", at);
        if (uncompress(reinterpret_cast<Bytef*>(unpacked.data()), &size,
                       reinterpret_cast<const Bytef*>(pdf.data() + at), end - at) != Z_OK)
            throw std::runtime_error{"a stream of the PDF file can't be unpacked"};
        content += unpacked.substr(0, size);
    }
    return content;
}

inline std::size_t occurrences(std::string_view text, std::string_view part) {
    std::size_t count = 0;
    for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1))
        ++count;
    return count;
}

} // namespace report_server::testing
