#include "csv_reader.hpp"

#include "scratch_directory.hpp"

#include <doctest/doctest.h>
#include <zlib.h>

#include <vector>

using namespace report_server;

namespace {

using Record = std::vector<std::string>;

std::vector<Record> records_of(const std::filesystem::path& file) {
    std::vector<Record> records;
    for (CsvReader reader{file}; reader.next();)
        records.emplace_back(reader.fields().begin(), reader.fields().end());
    return records;
}

struct CsvText {
    ScratchDirectory directory;

    std::vector<Record> records(std::string_view text) const {
        return records_of(with_content(directory / "text.csv", text));
    }
};

void write_gzip(const std::filesystem::path& file, std::string_view content) {
    const gzFile stream = gzopen(file.c_str(), "wb");
    REQUIRE(gzwrite(stream, content.data(), static_cast<unsigned>(content.size())) ==
            static_cast<int>(content.size()));
    REQUIRE(gzclose(stream) == Z_OK);
}

} // namespace

TEST_SUITE("CSV reader") {
    TEST_CASE_FIXTURE(CsvText, "splits records at line feeds and fields at commas") {
        CHECK(records("a,b\nc,d\n") == std::vector<Record>{{"a", "b"}, {"c", "d"}});
    }

    TEST_CASE_FIXTURE(CsvText, "accepts CRLF and a last line without its end") {
        CHECK(records("a,b\r\n\"c\",d") == std::vector<Record>{{"a", "b"}, {"c", "d"}});
    }

    TEST_CASE_FIXTURE(CsvText, "keeps empty fields") {
        CHECK(records(",,\n") == std::vector<Record>{{"", "", ""}});
        CHECK(records("\"\",x,\n") == std::vector<Record>{{"", "x", ""}});
    }

    TEST_CASE_FIXTURE(CsvText, "a quoted field may hold commas, quotes and line ends") {
        CHECK(records("\"a,b\",\"a \"\"quote\"\"\",\"two\r\nlines\"\n") ==
              std::vector<Record>{{"a,b", "a \"quote\"", "two\r\nlines"}});
    }

    TEST_CASE_FIXTURE(CsvText, "skips a byte order mark and empty lines") {
        CHECK(records("\xEF\xBB\xBF"
                      "a\n\n\r\nb\n\n") == std::vector<Record>{{"a"}, {"b"}});
    }

    TEST_CASE_FIXTURE(CsvText, "an empty file has no records") { CHECK(records("").empty()); }

    TEST_CASE_FIXTURE(CsvText, "counts the lines inside quotes and the empty ones") {
        CsvReader reader{with_content(directory / "lines.csv", "a\n\"b\nb\"\n\nc\n")};
        std::vector<std::uint64_t> lines;
        while (reader.next()) lines.push_back(reader.line());
        CHECK(lines == std::vector<std::uint64_t>{1, 2, 5});
    }

    TEST_CASE_FIXTURE(CsvText, "broken quoting is an error that names file and line") {
        CHECK_THROWS_WITH_AS(records("a\nb\"c\",d\n"),
                             doctest::Contains("text.csv, line 2: a quote inside"), CsvError);
        CHECK_THROWS_WITH_AS(records("a\n\"b\"c\n"), doctest::Contains("line 2: text after"),
                             CsvError);
        CHECK_THROWS_WITH_AS(records("a\nb\n\"c\nd\n"), doctest::Contains("line 3: a quoted field"),
                             CsvError);
    }

    TEST_CASE_FIXTURE(CsvText, "a record spans any number of reads up to its limit") {
        const std::string longest(CsvReader::max_record_bytes - 10, 'x');
        CHECK(records("\"" + longest + "\"\nnext\n") == std::vector<Record>{{longest}, {"next"}});

        const std::string too_long(CsvReader::max_record_bytes * 2, 'x');
        CHECK_THROWS_WITH_AS(records("a\n\"" + too_long),
                             doctest::Contains("line 2: a record longer"), CsvError);
    }

    TEST_CASE_FIXTURE(CsvText, "keeps every record whole wherever a read ends") {
        std::string text;
        std::vector<Record> expected;
        for (int index = 0; text.size() < 600'000; ++index) {
            const std::string number = std::to_string(index);
            text += number + ",\"a \"\"quoted\"\"\n" + number + "\"\r\n";
            expected.push_back({number, "a \"quoted\"\n" + number});
        }
        CHECK(records(text) == expected);
    }

    TEST_CASE_FIXTURE(CsvText, "reads gzip, and reports progress in bytes of the file") {
        std::string text;
        for (long index = 0; index < 300'000; ++index) text += std::to_string(index * 7919) + '\n';
        const auto file = directory / "numbers.csv.gz";
        write_gzip(file, text);
        REQUIRE(std::filesystem::file_size(file) < text.size());

        CsvReader reader{file};
        CHECK(reader.bytes_total() == std::filesystem::file_size(file));
        CHECK(reader.next());
        CHECK(reader.bytes_read() < reader.bytes_total());
        std::size_t count = 1;
        while (reader.next()) ++count;
        CHECK(count == 300'000);
        CHECK(reader.bytes_read() == reader.bytes_total());
    }

    TEST_CASE_FIXTURE(CsvText, "a gzip file that was cut off or damaged is an error") {
        std::string text;
        for (long index = 0; index < 100'000; ++index) text += std::to_string(index * 7919) + '\n';
        const auto file = directory / "numbers.csv.gz";
        write_gzip(file, text);
        std::string content = content_of(file);

        with_content(file, std::string_view{content}.substr(0, content.size() / 2));
        CHECK_THROWS_WITH_AS(records_of(file), doctest::Contains("ends too early"), CsvError);

        content[content.size() - 6] ^= 0x55;
        with_content(file, content);
        CHECK_THROWS_WITH_AS(records_of(file), doctest::Contains("broken compressed data"),
                             CsvError);
    }

    TEST_CASE_FIXTURE(CsvText, "a missing file is a system error that names it") {
        CHECK_THROWS_WITH_AS(CsvReader{directory / "missing.csv"}, doctest::Contains("missing.csv"),
                             std::system_error);
    }
}
