#include "workbook_check.hpp"

#include "render_excel.hpp"
#include "sample_report.hpp"
#include "scratch_directory.hpp"
#include "zip_archive.hpp"

#include <doctest/doctest.h>
#include <zlib.h>

using namespace report_server;
using namespace report_server::testing;

namespace {

void append_number(std::string& out, std::size_t value, int bytes) {
    for (int index = 0; index < bytes; ++index, value >>= 8u)
        out += static_cast<char>(value & 255u);
}

/// A zip archive of uncompressed members.
std::string zip_of(const std::map<std::string, std::string>& members) {
    std::string archive;
    std::string directory;
    for (const auto& [name, content] : members) {
        const auto offset = archive.size();
        std::string common(8, '\0');
        append_number(common,
                      crc32(0, reinterpret_cast<const Bytef*>(content.data()),
                            static_cast<uInt>(content.size())),
                      4);
        append_number(common, content.size(), 4);
        append_number(common, content.size(), 4);
        append_number(common, name.size(), 2);
        append_number(common, 0, 2);
        archive += std::string("PK\3\4\0\0", 6) + common + name + content;
        directory += std::string("PK\1\2\0\0\0\0", 8) + common + std::string(10, '\0');
        append_number(directory, offset, 4);
        directory += name;
    }
    const auto directory_offset = archive.size();
    archive += directory + std::string("PK\5\6\0\0\0\0", 8);
    append_number(archive, members.size(), 2);
    append_number(archive, members.size(), 2);
    append_number(archive, directory.size(), 4);
    append_number(archive, directory_offset, 4);
    append_number(archive, 0, 2);
    return archive;
}

struct CompleteWorkbook {
    ScratchDirectory directory;
    std::filesystem::path file = directory / "report.xlsx";
    std::map<std::string, std::string> parts;

    CompleteWorkbook() {
        render_excel(sample_report({{"EIRE", {}}}), file);
        parts = read_zip_archive(file);
    }

    void check(const std::map<std::string, std::string>& changed) const {
        require_complete_workbook(with_content(file, zip_of(changed)));
    }
};

} // namespace

TEST_SUITE("workbook check") {
    TEST_CASE_FIXTURE(CompleteWorkbook, "accepts a complete workbook") {
        CHECK_NOTHROW(require_complete_workbook(file));
        CHECK_NOTHROW(check(parts));
    }

    TEST_CASE_FIXTURE(CompleteWorkbook, "finds a part that was cut off before it was packed") {
        for (const auto& part : parts) {
            const std::string& name = part.first;
            const std::string& content = part.second;
            CAPTURE(name);
            for (const std::size_t kept :
                 {std::size_t{0}, content.size() / 2, content.size() - 1}) {
                auto changed = parts;
                changed[name].resize(kept);
                while (changed[name].ends_with('\n')) changed[name].pop_back();
                if (changed[name] + '\n' == content) continue;
                CHECK_THROWS_WITH_AS(check(changed), doctest::Contains(name.c_str()),
                                     std::runtime_error);
            }
        }
    }

    TEST_CASE_FIXTURE(CompleteWorkbook, "misses the parts that every workbook has") {
        auto changed = parts;
        changed.erase("xl/workbook.xml");
        CHECK_THROWS_WITH_AS(check(changed), doctest::Contains("xl/workbook.xml"),
                             std::runtime_error);
    }

    TEST_CASE_FIXTURE(CompleteWorkbook, "refuses an archive that was cut off anywhere") {
        const std::string content = content_of(file);
        for (std::size_t kept = 0; kept < content.size() - 1; kept += 97) {
            CAPTURE(kept);
            with_content(file, content.substr(0, kept));
            CHECK_THROWS_AS(require_complete_workbook(file), std::runtime_error);
        }
    }

    TEST_CASE_FIXTURE(CompleteWorkbook, "refuses content that does not match its checksum") {
        std::string content = zip_of(parts);
        content[content.find("TOTAL")] = 'X';
        with_content(file, content);
        CHECK_THROWS_WITH_AS(require_complete_workbook(file), doctest::Contains("checksum"),
                             std::runtime_error);
    }
}
