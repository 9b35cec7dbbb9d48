#include "workbook_check.hpp"

#include "zip_archive.hpp"

#include <array>
#include <stdexcept>
#include <string>
#include <string_view>

namespace report_server {
namespace {

constexpr std::array<std::string_view, 2> required_parts{"[Content_Types].xml", "xl/workbook.xml"};

/// Whether the document ends by closing its outermost element.
bool is_whole_xml(std::string_view document) {
    const auto declaration_end = document.find("?>");
    if (declaration_end == std::string_view::npos) return false;
    const auto root = document.find('<', declaration_end);
    if (root == std::string_view::npos) return false;
    const auto name_end = document.find_first_of(" \r\n\t/>", root);
    if (name_end == std::string_view::npos) return false;

    const std::string closing_tag =
        "</" + std::string{document.substr(root + 1, name_end - root - 1)} + ">";
    const auto last = document.find_last_not_of(" \r\n\t");
    const std::string_view content = document.substr(0, last + 1);
    const bool is_single_tag = content.find('>', root) + 1 == content.size();
    return content.ends_with(closing_tag) || (is_single_tag && content.ends_with("/>"));
}

bool is_xml(std::string_view name) { return name.ends_with(".xml") || name.ends_with(".rels"); }

} // namespace

void require_complete_workbook(const std::filesystem::path& file) {
    const auto parts = read_zip_archive(file);
    for (const std::string_view name : required_parts)
        if (!parts.contains(std::string{name}))
            throw std::runtime_error{"the workbook lacks its part " + std::string{name}};
    for (const auto& [name, content] : parts)
        if (is_xml(name) && !is_whole_xml(content))
            throw std::runtime_error{"the workbook's part " + name + " is cut off"};
}

} // namespace report_server
