#include "orders.hpp"

#include "scratch_directory.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

using namespace report_server;

namespace {

constexpr const char* header =
    "invoice_no,stock_code,description,quantity,invoiced_at,unit_price,customer_id,country\n";

struct OrderText {
    ScratchDirectory directory;

    std::filesystem::path file(const std::string& text) const {
        return with_content(directory / "orders.csv", text);
    }

    void read(const std::string& text) const {
        read_orders(file(text), [](const OrderLine&) {});
    }
};

} // namespace

TEST_SUITE("orders") {
    TEST_CASE_FIXTURE(OrderText, "a line carries its eight values") {
        int count = 0;
        read_orders(file(std::string{header} +
                         "C536365,85123A,\"MUG, \"\"BIG\"\"\",-6,2010-12-01T08:26:00Z,2.55,17850,"
                         "United Kingdom\r\n"),
                    [&count](const OrderLine& line) {
                        ++count;
                        CHECK(line.invoice_no == "C536365");
                        CHECK(line.stock_code == "85123A");
                        CHECK(line.description == "MUG, \"BIG\"");
                        CHECK(line.quantity == -6);
                        CHECK(line.invoiced_at.time_since_epoch().count() == 1291191960);
                        CHECK(line.unit_price == Money::from_thousandths(2550));
                        CHECK(line.customer_id == "17850");
                        CHECK(line.country == "United Kingdom");
                    });
        CHECK(count == 1);
    }

    TEST_CASE_FIXTURE(OrderText, "columns are found by name in any order") {
        std::string country;
        read_orders(file("country,note,unit_price,customer_id,invoiced_at,quantity,description,"
                         "stock_code,invoice_no\nEIRE,x,1,,2010-12-01T08:26:00Z,3,D,S,N\n"),
                    [&country](const OrderLine& line) { country = line.country; });
        CHECK(country == "EIRE");
    }

    TEST_CASE_FIXTURE(OrderText, "a header that lacks or doubles a column is an error") {
        CHECK_THROWS_WITH_AS(read(""), doctest::Contains("the header line is missing"), CsvError);
        CHECK_THROWS_WITH_AS(read("invoice_no,stock_code\n"), doctest::Contains("description"),
                             CsvError);
        CHECK_THROWS_WITH_AS(read("country," + std::string{header}),
                             doctest::Contains("country once"), CsvError);
        CHECK_THROWS_WITH_AS(read("536365,85123A,MUG,6,2010-12-01T08:26:00Z,2.55,17850,EIRE\n"),
                             doctest::Contains("invoice_no"), CsvError);
    }

    TEST_CASE_FIXTURE(OrderText,
                      "a bad value is an error that names file, line, column and value") {
        const std::string good = "1,S,D,6,2010-12-01T08:26:00Z,2.55,,EIRE\n";
        const auto message_for = [&](const std::string& line) -> std::string {
            try {
                read(header + good + line);
            } catch (const OrderDataError& error) {
                CHECK(error.line() == 3);
                return error.what();
            }
            return "no error";
        };
        const std::string place = (directory / "orders.csv").string() + ", line 3: column ";
        CHECK(message_for("1,S,D,six,2010-12-01T08:26:00Z,2.55,,EIRE\n") ==
              place + "quantity: 'six' is not a whole number");
        CHECK(message_for("1,S,D,6,2010-12-32T08:26:00Z,2.55,,EIRE\n") ==
              place + "invoiced_at: '2010-12-32T08:26:00Z' is not a UTC time such as "
                      "2010-12-01T08:26:00Z");
        CHECK(message_for("1,S,D,6,2010-12-01T08:26:00Z,2.5501,,EIRE\n") ==
              place + "unit_price: '2.5501' is not a price of up to three decimals");
        CHECK(message_for(",S,D,6,2010-12-01T08:26:00Z,2.55,,EIRE\n") ==
              place + "invoice_no: '' must not be empty");
        CHECK(message_for("1,S,D,6,2010-12-01T08:26:00Z,2.55,,\n") ==
              place + "country: '' must not be empty");
    }

    TEST_CASE_FIXTURE(OrderText, "a line with too few or too many fields is an error") {
        CHECK_THROWS_WITH_AS(read(std::string{header} + "1,S,D\n"),
                             doctest::Contains("line 2: 3 fields where the header has 8"),
                             CsvError);
        CHECK_THROWS_WITH_AS(
            read(std::string{header} + "1,S,D,6,2010-12-01T08:26:00Z,2.55,,EIRE,9\n"),
            doctest::Contains("line 2: 9 fields"), CsvError);
    }

    TEST_CASE_FIXTURE(OrderText, "progress never falls and ends at the file's size") {
        std::string text = header;
        for (int count = 0; count < 20'000; ++count)
            text += "1,S,D,6,2010-12-01T08:26:00Z,2.55,,EIRE\n";
        std::vector<std::uint64_t> seen;
        read_orders(
            file(text), [](const OrderLine&) {},
            [&](const ReadProgress& progress) {
                CHECK(progress.bytes_total == text.size());
                seen.push_back(progress.bytes_read);
            });
        CHECK(seen.size() >= 4);
        CHECK(std::is_sorted(seen.begin(), seen.end()));
        CHECK(seen.front() < text.size());
        CHECK(seen.back() == text.size());
    }

    TEST_CASE_FIXTURE(OrderText, "an exception of a callback ends the reading") {
        std::string text = header;
        for (int count = 0; count < 10; ++count)
            text += "1,S,D,6,2010-12-01T08:26:00Z,2.55,,EIRE\n";
        struct Cancelled {};
        int count = 0;
        CHECK_THROWS_AS(read_orders(file(text),
                                    [&count](const OrderLine&) {
                                        if (++count == 3) throw Cancelled{};
                                    }),
                        Cancelled);
        CHECK(count == 3);
    }
}
