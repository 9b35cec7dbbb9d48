#include <asyncjobs/json_schema.hpp>

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

namespace {

using namespace asyncjobs;

enum class Size { small, large };
BOOST_DESCRIBE_ENUM(Size, small, large)
enum class Grade { first = 1 };
BOOST_DESCRIBE_ENUM(Grade, first)

struct Item {
    std::string name = "bolt";
    std::uint8_t count = 1;
};
BOOST_DESCRIBE_STRUCT(Item, (), (name, count))

struct Wrapping {
    bool gift = false;
};
BOOST_DESCRIBE_STRUCT(Wrapping, (), (gift))

struct Parcel : Wrapping {
    Item item = {};
    std::vector<Item> more = {};
};
BOOST_DESCRIBE_STRUCT(Parcel, (Wrapping), (item, more))

struct Defaults {
    double ratio = 0.5;
    double unset = std::numeric_limits<double>::quiet_NaN();
    Size size = Size::large;
    Grade grade = {};
    std::chrono::milliseconds pause{1500};
    std::optional<int> limit = 3;
    std::vector<int> list = {1};
    Timestamp at = {};
};
BOOST_DESCRIBE_STRUCT(Defaults, (), (ratio, unset, size, grade, pause, limit, list, at))

struct Tree {
    std::string name = {};
    std::vector<Tree> children = {};
    std::map<std::string, Tree> named = {};
};
BOOST_DESCRIBE_STRUCT(Tree, (), (name, children, named))

struct Forest {
    std::optional<Tree> first = {};
    Tree second = {};
};
BOOST_DESCRIBE_STRUCT(Forest, (), (first, second))

template <typename T>
boost::json::value schema(json::UnknownMembers unknown = json::UnknownMembers::ignore) {
    return json::to_value(json::schema_of<T>(unknown));
}

boost::json::value parsed(const char* text) { return boost::json::parse(text); }

} // namespace

TEST_CASE("scalars have the schema of their accepted values, with the range of their type") {
    CHECK(schema<bool>() == parsed(R"({"type":"boolean"})"));
    CHECK(schema<std::int8_t>() ==
          parsed(R"({"type":"integer","format":"int8","minimum":-128,"maximum":127})"));
    CHECK(schema<std::uint64_t>() == parsed(R"({"type":"integer","format":"uint64","minimum":0,
                     "maximum":18446744073709551615})"));
    CHECK(schema<double>() == parsed(R"({"type":"number","format":"double"})"));
    CHECK(schema<float>().at("maximum").to_number<float>() == std::numeric_limits<float>::max());
    CHECK(schema<std::string>() == parsed(R"({"type":"string"})"));
    CHECK(schema<Size>() == parsed(R"({"type":"string","enum":["small","large"]})"));
    CHECK(schema<Timestamp>() == parsed(R"({"type":"string","format":"date-time"})"));
    CHECK(schema<JsonText>() == parsed("{}"));
    CHECK(schema<boost::json::value>() == parsed("{}"));
}

TEST_CASE("a duration is a number of seconds, in the range of its type") {
    using Ticks = std::chrono::duration<std::int8_t>;
    CHECK(schema<Ticks>() == parsed(R"({"type":"number","description":"in seconds",
                                        "exclusiveMinimum":-127.0,"exclusiveMaximum":127.0})"));
    CHECK(schema<std::chrono::duration<double>>() ==
          parsed(R"({"type":"number","description":"in seconds"})"));
}

TEST_CASE("optional members may be null") {
    CHECK(schema<std::optional<bool>>() == parsed(R"({"type":["boolean","null"]})"));
    CHECK(schema<std::optional<Size>>() ==
          parsed(R"({"type":["string","null"],"enum":["small","large",null]})"));
    CHECK(schema<std::optional<JsonText>>() == parsed("{}"));
    CHECK(schema<std::optional<std::vector<bool>>>() ==
          parsed(R"({"type":["array","null"],"items":{"type":"boolean"}})"));
    CHECK(schema<std::optional<Wrapping>>() == parsed(R"({"anyOf":[{"type":"object","properties":
                              {"gift":{"type":"boolean","default":false}}},{"type":"null"}]})"));
}

TEST_CASE("containers have the schema of their elements") {
    CHECK(schema<std::vector<bool>>() == parsed(R"({"type":"array","items":{"type":"boolean"}})"));
    CHECK(schema<std::map<std::string, bool>>() ==
          parsed(R"({"type":"object","additionalProperties":{"type":"boolean"}})"));
    CHECK(schema<std::set<bool>>() == schema<std::vector<bool>>());
    CHECK(schema<std::unordered_map<std::string, bool>>() == schema<std::map<std::string, bool>>());
    CHECK(schema<std::array<bool, 3>>() ==
          parsed(R"({"type":"array","items":{"type":"boolean"},"minItems":3,"maxItems":3})"));
}

TEST_CASE("a variant may be any of its alternatives") {
    using Choice = std::variant<std::monostate, bool, std::string>;
    CHECK(schema<Choice>() ==
          parsed(R"({"anyOf":[{"type":"null"},{"type":"boolean"},{"type":"string"}]})"));
    CHECK(schema<std::optional<Choice>>().at("anyOf").at(1) == parsed(R"({"type":"null"})"));
}

TEST_CASE("a struct has its members, inherited ones too, and those of its members") {
    const auto order = schema<Parcel>();
    CHECK(order.at("type") == "object");
    const auto& members = order.at("properties").as_object();
    CHECK(members.size() == 3);
    CHECK(members.at("gift").at("type") == "boolean");
    CHECK(members.at("item") == schema<Item>());
    CHECK(members.at("more").at("items") == schema<Item>());
    CHECK_FALSE(order.as_object().contains("required"));
}

TEST_CASE("unknown members are refused at every depth or at none") {
    const auto open = schema<Parcel>();
    CHECK_FALSE(open.as_object().contains("additionalProperties"));
    const auto closed = schema<Parcel>(json::UnknownMembers::refuse);
    CHECK(closed.at("additionalProperties") == false);
    CHECK(closed.at("properties").at("more").at("items").at("additionalProperties") == false);
}

TEST_CASE("the schema states a scalar member's default if JSON can hold it") {
    const auto members = schema<Defaults>().at("properties");
    CHECK(members.at("ratio").at("default") == 0.5);
    CHECK(members.at("size").at("default") == "large");
    CHECK(members.at("pause").at("default") == 1.5);
    for (const auto* name : {"unset", "grade", "limit", "list", "at"}) {
        CAPTURE(name);
        CHECK_FALSE(members.at(name).as_object().contains("default"));
    }
}

TEST_CASE("serialized documents have all members but empty optionals, and none is null") {
    const auto written = json::to_value(json::schema_of_serialized<Defaults>());
    CHECK(written.at("required") ==
          parsed(R"(["ratio","unset","size","grade","pause","list","at"])"));
    CHECK(written.at("properties").at("limit").at("type") == "integer");
    CHECK(written.at("properties").at("ratio") == schema<double>());
    CHECK(json::to_value(json::schema_of_serialized<Parcel>())
              .at_pointer("/properties/more/items/required") == parsed(R"(["name","count"])"));
}

TEST_CASE("a recursive struct refers to its own description") {
    const auto tree = schema<Tree>().at("properties");
    CHECK(tree.at("children").at("items") == parsed(R"({"$ref":"#"})"));
    CHECK(tree.at("named").at("additionalProperties") == parsed(R"({"$ref":"#"})"));
    const auto forest = schema<Forest>();
    CHECK(forest.at_pointer("/properties/first/anyOf/0/properties/children/items/$ref") ==
          "#/properties/first/anyOf/0");
    CHECK(forest.at_pointer("/properties/second/properties/children/items/$ref") ==
          "#/properties/second");
}
