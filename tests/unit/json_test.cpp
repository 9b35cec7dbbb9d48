#include "thrown.hpp"

#include <asyncjobs/json.hpp>

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <deque>
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

namespace {

using namespace asyncjobs;
using namespace std::chrono_literals;

enum class Format { pdf, excel, csv };
BOOST_DESCRIBE_ENUM(Format, pdf, excel, csv)

struct Line {
    std::string item;
    std::uint32_t quantity = 1;

    friend bool operator==(const Line&, const Line&) = default;
};
BOOST_DESCRIBE_STRUCT(Line, (), (item, quantity))

struct Base {
    int inherited = 1;

    friend bool operator==(const Base&, const Base&) = default;
};
BOOST_DESCRIBE_STRUCT(Base, (), (inherited))

struct Order : Base {
    bool gift = false;
    std::int8_t tiny = 2;
    std::uint64_t large = 3;
    double price = 4.5;
    float rate = 0.5f;
    std::string note = "none";
    Format format = Format::excel;
    Line main_line;
    std::optional<int> discount;
    std::optional<Line> extra;
    std::vector<Line> lines;
    std::vector<bool> flags;
    std::map<std::string, double> prices;
    std::chrono::milliseconds patience = 1500ms;
    std::chrono::duration<double> precise{0.25};
    Timestamp placed_at = {};
    JsonText raw;
    boost::json::value any;

    friend bool operator==(const Order&, const Order&) = default;
};
BOOST_DESCRIBE_STRUCT(Order, (Base),
                      (gift, tiny, large, price, rate, note, format, main_line, discount, extra,
                       lines, flags, prices, patience, precise, placed_at, raw, any))

struct Money {
    int cents = 0;
};

void tag_invoke(boost::json::value_from_tag, boost::json::value& out, const Money& money) {
    out = std::to_string(money.cents / 100) + "." + std::to_string(money.cents % 100);
}

Money tag_invoke(boost::json::value_to_tag<Money>, const boost::json::value& value) {
    if (!value.is_string()) throw std::invalid_argument("an amount is a string");
    return {static_cast<int>(std::lround(std::stod(value.get_string().c_str()) * 100))};
}

template <typename T>
struct Holder {
    T value = {};
};
BOOST_DESCRIBE_STRUCT(Holder<std::int8_t>, (), (value))
BOOST_DESCRIBE_STRUCT(Holder<double>, (), (value))
BOOST_DESCRIBE_STRUCT(Holder<std::string>, (), (value))
BOOST_DESCRIBE_STRUCT(Holder<Format>, (), (value))
BOOST_DESCRIBE_STRUCT(Holder<std::optional<int>>, (), (value))
BOOST_DESCRIBE_STRUCT(Holder<JsonText>, (), (value))

/// Read separately: the rules of one type.
template <typename T>
std::optional<T> read_one(const std::string& text) {
    T value{};
    const auto mismatches = json::read(boost::json::parse(text), value);
    return mismatches.empty() ? std::optional(value) : std::nullopt;
}

/// Each mismatch as `pointer: detail`, one per line.
template <typename T>
std::string mismatches_of(const std::string& text,
                          json::UnknownMembers unknown = json::UnknownMembers::ignore) {
    T value{};
    std::string lines;
    for (const auto& [pointer, detail] : json::read(boost::json::parse(text), value, unknown))
        lines += pointer + ": " + detail + "\n";
    return lines;
}

Order sample() {
    Order order;
    order.inherited = 7;
    order.gift = true;
    order.tiny = -128;
    order.large = std::numeric_limits<std::uint64_t>::max();
    order.price = 0.1;
    order.rate = 1.25f;
    order.note = "caf\xC3\xA9 \"quoted\"\n";
    order.format = Format::csv;
    order.main_line = {.item = "a", .quantity = 4'000'000'000};
    order.discount = -5;
    order.extra = Line{.item = "b", .quantity = 0};
    order.lines = {{.item = "c", .quantity = 1}, {.item = "d", .quantity = 2}};
    order.flags = {true, false};
    order.prices = {{"x", 1.5}, {"y/z", -2.0}};
    order.patience = 2ms;
    order.precise = std::chrono::duration<double>(1e-9);
    order.placed_at = Timestamp{std::chrono::sys_days{std::chrono::year{2025} / 1 / 8} + 1us};
    order.raw = JsonText::parse("[1,{\"a\":null}]");
    order.any = {1, "two", nullptr};
    return order;
}

TEST_CASE("a struct comes back as it was written") {
    CHECK(json::parse<Order>(json::serialize(sample())) == sample());
    CHECK(json::parse<Order>(json::serialize(Order{})) == Order{});
}

TEST_CASE("a missing member keeps its default") {
    CHECK(json::parse<Order>(JsonText::parse("{}")) == Order{});
    const auto order = json::parse<Order>(JsonText::parse(R"({"gift":true,"main_line":{}})"));
    CHECK(order.gift);
    CHECK(order.note == "none");
    CHECK(order.main_line.quantity == 1);
}

TEST_CASE("an unknown member is ignored unless requested otherwise") {
    const std::string text = R"({"new":1,"lines":[{"item":"a","colour":"red"}]})";
    CHECK(mismatches_of<Order>(text) == "");
    CHECK(mismatches_of<Order>(text, json::UnknownMembers::refuse) ==
          "/lines/0/colour: is unknown here\n/new: is unknown here\n");
}

TEST_CASE("all mismatches are named at once, each with its pointer") {
    CHECK(mismatches_of<Order>(R"({
        "gift": 1, "tiny": 1.5, "large": -1, "price": "1", "rate": true, "note": null,
        "format": "PDF", "main_line": [], "discount": "x", "lines": [{"item": 1}, 2, {"quantity": {}}],
        "flags": {}, "prices": {"a": "b"}, "patience": "1s", "placed_at": "yesterday",
        "inherited": []})") ==
          "/inherited: expected a whole number\n"
          "/gift: expected true or false\n"
          "/tiny: expected a whole number from -128 to 127\n"
          "/large: expected a whole number from 0 to 18446744073709551615\n"
          "/price: expected a number\n"
          "/rate: expected a number\n"
          "/note: expected a string\n"
          "/format: expected one of \"pdf\", \"excel\", \"csv\"\n"
          "/main_line: expected an object\n"
          "/discount: expected a whole number\n"
          "/lines/0/item: expected a string\n"
          "/lines/1: expected an object\n"
          "/lines/2/quantity: expected a whole number\n"
          "/flags: expected an array\n"
          "/prices/a: expected a number\n"
          "/patience: expected a number\n"
          "/placed_at: expected a date and time as in \"2025-01-08T12:00:00Z\"\n");
    CHECK(mismatches_of<Order>("[]") == ": expected an object\n");
}

TEST_CASE("a pointer escapes ~ as ~0 and / as ~1") {
    using Prices = std::map<std::string, int>;
    CHECK(mismatches_of<Prices>(R"({"a/b~c":"x"})") == "/a~1b~0c: expected a whole number\n");
    CHECK(mismatches_of<Line>(R"({"~1":0})", json::UnknownMembers::refuse) ==
          "/~01: is unknown here\n");
}

TEST_CASE("a whole number is within its type's range and has no fraction") {
    CHECK(read_one<std::int8_t>("127") == std::int8_t{127});
    CHECK(read_one<std::int8_t>("-128") == std::int8_t{-128});
    CHECK(read_one<std::int8_t>("128") == std::nullopt);
    CHECK(read_one<std::int8_t>("-129") == std::nullopt);
    CHECK(read_one<unsigned>("-1") == std::nullopt);
    CHECK(read_one<unsigned>("4294967295") == 4294967295u);
    CHECK(read_one<unsigned>("4294967296") == std::nullopt);
    CHECK(read_one<std::int64_t>("9223372036854775807") == std::int64_t{9223372036854775807});
    CHECK(read_one<std::int64_t>("9223372036854775808") == std::nullopt);
    CHECK(read_one<std::uint64_t>("18446744073709551616") == std::nullopt);
    CHECK(read_one<int>("3.0") == 3);
    CHECK(read_one<int>("3.5") == std::nullopt);
    CHECK(read_one<int>("1e300") == std::nullopt);
    CHECK(read_one<int>("\"3\"") == std::nullopt);
    CHECK(read_one<int>("true") == std::nullopt);
}

TEST_CASE("a floating-point number accepts any number that its type can hold") {
    CHECK(read_one<double>("3") == 3.0);
    CHECK(read_one<double>("-0.5e-3") == -0.0005);
    CHECK(read_one<float>("0.5") == 0.5f);
    CHECK(mismatches_of<float>("1e39") == ": expected a number in range\n");
    CHECK(mismatches_of<float>("-1e39") == ": expected a number in range\n");
    CHECK(mismatches_of<double>("1e999") == ": expected a number in range\n");
}

TEST_CASE("an enum is read and written by the names of its values only") {
    CHECK(read_one<Format>("\"csv\"") == Format::csv);
    for (const auto* text : {"\"CSV\"", "\"\"", "2", "null"})
        CHECK(read_one<Format>(text) == std::nullopt);
    CHECK(json::serialize(Format::pdf).text() == "\"pdf\"");
    CHECK(has(refusal(Errc::invalid_payload, [] { json::serialize(static_cast<Format>(9)); }),
              "an enum's value has no name"));
}

TEST_CASE("an optional is empty for null and omitted when empty") {
    using Optional = std::optional<int>;
    CHECK(json::parse<Holder<Optional>>(JsonText::parse(R"({"value":null})")).value ==
          std::nullopt);
    CHECK(json::parse<Holder<Optional>>(JsonText::parse(R"({"value":5})")).value == 5);
    CHECK(json::serialize(Holder<Optional>{}).text() == "{}");
    CHECK(json::serialize(std::vector<Optional>{1, std::nullopt}).text() == "[1,null]");
}

TEST_CASE("a duration is a number of seconds, rounded to its unit") {
    CHECK(read_one<std::chrono::milliseconds>("1.5") == 1500ms);
    CHECK(read_one<std::chrono::seconds>("-2") == -2s);
    CHECK(read_one<std::chrono::milliseconds>("0.0004") == 0ms);
    CHECK(read_one<std::chrono::milliseconds>("0.0006") == 1ms);
    CHECK(json::serialize(1500ms) == JsonText::parse("1.5E0"));
    CHECK(mismatches_of<std::chrono::nanoseconds>("1e10") ==
          ": expected a number of seconds in range\n");
    CHECK(mismatches_of<std::chrono::milliseconds>("-1e300") ==
          ": expected a number of seconds in range\n");
}

TEST_CASE("a JSON text within a struct is not changed") {
    const auto holder = json::parse<Holder<JsonText>>(JsonText::parse(R"({"value":[1,{"a":2}]})"));
    CHECK(holder.value.text() == R"([1,{"a":2}])");
    CHECK(json::serialize(holder).text() == R"({"value":[1,{"a":2}]})");
}

TEST_CASE("containers of the standard library are arrays and objects") {
    using Table = std::unordered_map<std::string, std::array<int, 2>>;
    CHECK(json::serialize(std::set{3, 1, 2}).text() == "[1,2,3]");
    CHECK(read_one<std::set<int>>("[2,1,2]") == std::set{1, 2});
    CHECK(read_one<std::deque<Line>>(R"([{"item":"a"}])") == std::deque{Line{.item = "a"}});
    CHECK(json::serialize(Table{{"a", {1, 2}}}).text() == R"({"a":[1,2]})");
    CHECK(read_one<Table>(R"({"a":[1,2]})") == Table{{"a", {1, 2}}});
    CHECK(mismatches_of<std::set<int>>(R"([1,"x"])") == "/1: expected a whole number\n");
    CHECK(mismatches_of<Table>(R"({"a":[1]})") == "/a: expected an array of 2 elements\n");
    CHECK(mismatches_of<Table>(R"({"a":[1,true]})") == "/a/1: expected a whole number\n");
}

TEST_CASE("a variant is the first of its alternatives that fits") {
    using Choice = std::variant<std::monostate, int, std::string, Line>;
    for (const Choice& choice : {Choice(), Choice(7), Choice("x"), Choice(Line{.item = "a"})})
        CHECK(read_one<Choice>(json::serialize(choice).text()) == choice);
    CHECK(read_one<Choice>("1.5") == std::nullopt);
    CHECK(mismatches_of<std::variant<int, Line>>(R"({"item":1})") ==
          ": expected a whole number, or /item: expected a string\n");
}

struct Fork;
struct Left {
    std::vector<Fork> next;
    int mark = 0;
};
struct Right {
    std::vector<Fork> next;
    std::string mark;
};
struct Fork {
    std::variant<Left, Right> side;
};
BOOST_DESCRIBE_STRUCT(Left, (), (next, mark))
BOOST_DESCRIBE_STRUCT(Right, (), (next, mark))
BOOST_DESCRIBE_STRUCT(Fork, (), (side))

/// On each level, the value below is read as part of a Left first, and then of a Right.
boost::json::value rights(int depth, boost::json::value innermost) {
    for (; depth > 0; --depth) {
        boost::json::object side;
        side["next"] = boost::json::array{std::move(innermost)};
        side["mark"] = "x";
        innermost = boost::json::object();
        innermost.as_object()["side"] = std::move(side);
    }
    return innermost;
}

TEST_CASE("nested variants do not double the work and the error with each level") {
    Fork fork;
    auto mismatches = json::read(rights(64, boost::json::object()), fork);
    CHECK(mismatches.empty());
    for (int depth = 0; depth < 64; ++depth) {
        Fork next = std::get<Right>(fork.side).next.at(0);
        fork = std::move(next);
    }
    CHECK(std::holds_alternative<Left>(fork.side)); // as constructed

    mismatches = json::read(rights(64, 1), fork);
    REQUIRE(mismatches.size() == 1);
    CHECK(mismatches[0].detail.size() < 1100);
    mismatches = json::read(rights(2, 1), fork);
    REQUIRE(mismatches.size() == 1);
    CHECK(mismatches[0].detail.find("/next/0: expected an object") != std::string::npos);
}

TEST_CASE("a path is a string in UTF-8") {
    const std::filesystem::path path(u8"caf\u00E9/a.txt");
    CHECK(json::serialize(path).text() == "\"caf\xC3\xA9/a.txt\"");
    CHECK(read_one<std::filesystem::path>(json::serialize(path).text()) == path);
    CHECK(mismatches_of<std::filesystem::path>("1") == ": expected a string\n");
}

TEST_CASE("a type is converted by the host's functions for Boost.JSON") {
    CHECK(json::serialize(std::vector{Money{1250}}).text() == R"(["12.50"])");
    CHECK(json::parse<std::vector<Money>>(JsonText::parse(R"(["12.50"])")).at(0).cents == 1250);
    CHECK(mismatches_of<std::vector<Money>>("[true]") == "/0: an amount is a string\n");
}

TEST_CASE("values that JSON or a store can't hold are refused when written") {
    const auto refuses = [](const auto& value) {
        return !refusal(Errc::invalid_payload, [&] { json::serialize(value); }).empty();
    };
    CHECK(refuses(Holder<double>{std::nan("")}));
    CHECK(refuses(Holder<double>{std::numeric_limits<double>::infinity()}));
    CHECK(refuses(Holder<std::string>{"\xFF"}));
    CHECK(refuses(Holder<std::string>{std::string("a\0b", 3)}));
    CHECK(refuses(std::map<std::string, int>{{std::string("\0", 1), 1}}));
}

TEST_CASE("a text that does not fit throws, naming every mismatch") {
    const auto message = refusal(Errc::invalid_payload, [] {
        json::parse<Order>(JsonText::parse(R"({"gift":0,"lines":[{"quantity":-1}]})"));
    });
    CHECK(has(message, "/gift: expected true or false; "
                       "/lines/0/quantity: expected a whole number from 0 to 4294967295"));
    CHECK(has(refusal(Errc::invalid_payload, [] { json::parse<Order>(JsonText()); }),
              "the document: expected an object"));
    CHECK(has(refusal(Errc::invalid_payload,
                      [] {
                          json::parse<Line>(JsonText::parse(R"({"x":1})"),
                                            json::UnknownMembers::refuse);
                      }),
              "/x: is unknown here"));
}

TEST_CASE("a mismatch's message is fit for logs with any member names") {
    using Prices = std::map<std::string, int>;
    const auto message = refusal(Errc::invalid_payload, [] {
        json::parse<Prices>(JsonText::parse(R"({"a\nb\u001b":"x"})"));
    });
    CHECK(has(message, "/a?b?: expected a whole number"));
}

TEST_CASE("a document of the maximum depth is read") {
    const std::string text = std::string(64, '[') + std::string(64, ']');
    CHECK(json::serialize(json::to_value(JsonText::parse(text))).text() == text);
}

} // namespace

TEST_CASE("read() names 100 mismatches and one more") {
    std::string text = R"({"lines":[0)";
    for (int i = 0; i < 100'000; ++i) text += ",0";
    const auto document = boost::json::parse(text + "]}");
    Order order;
    CHECK(json::read(document, order).size() == json::most_mismatches + 1);

    boost::json::object strange;
    for (int i = 0; i < 100'000; ++i) strange[std::to_string(i)] = 0;
    Line line;
    CHECK(json::read(strange, line, json::UnknownMembers::refuse).size() ==
          json::most_mismatches + 1);
}

TEST_CASE("a mismatch below a very long key names an enclosing place") {
    const std::string key(100'000, 'k');
    std::map<std::string, std::vector<int>> out;
    const boost::json::value document{{"short", {"x"}}, {key, {"x"}}};
    const auto mismatches = json::read(document, out);
    REQUIRE(mismatches.size() == 2);
    CHECK(mismatches[0].pointer == "/short/0");
    CHECK(mismatches[1].pointer == "");
    CHECK(mismatches[1].detail == "below here: expected a whole number");
}
