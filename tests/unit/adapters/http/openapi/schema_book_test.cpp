#include "openapi/schema_book.hpp"

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

using namespace asyncjobs::http::openapi;

namespace {} // namespace

TEST_CASE("a schema that refers to itself goes on doing so where it is placed") {
    const auto tree = parse_object(R"({"properties":{"left":{"$ref":"#"},
                                 "all":{"items":{"anyOf":[{"$ref":"#/properties/left"}]}},
                                 "$ref":{"type":"string"},"other":{"$ref":"https://a.example/b"}}})");
    const auto placed = placed_at("#/components/schemas/Tree", tree);
    CHECK(placed.at_pointer("/properties/left/$ref") == "#/components/schemas/Tree");
    CHECK(placed.at_pointer("/properties/all/items/anyOf/0/$ref") ==
          "#/components/schemas/Tree/properties/left");
    CHECK(placed.at_pointer("/properties/$ref/type") == "string");
    CHECK(placed.at_pointer("/properties/other/$ref") == "https://a.example/b");
}

TEST_CASE("equal schemas of one name are one, and others get a number") {
    SchemaBook book({{"Job", parse_object(R"({"type":"object"})")}});
    const auto text = parse_object(R"({"type":"string"})");
    const auto number = parse_object(R"({"type":"number"})");
    CHECK(book.add("Job", text).at("$ref") == "#/components/schemas/Job2");
    CHECK(book.add("Job", text).at("$ref") == "#/components/schemas/Job2");
    CHECK(book.add("Job", number).at("$ref") == "#/components/schemas/Job3");
    CHECK(book.add("Note", text).at("$ref") == "#/components/schemas/Note");
    CHECK(book.add("Pair", {{"$ref", "#/components/schemas/Job2"}}).at("$ref") ==
          "#/components/schemas/Pair");
    CHECK(book.add_whole("List", {{"items", {{"$ref", "#"}}}}).at("$ref") ==
          "#/components/schemas/List");
    const auto all = std::move(book).all();
    CHECK(all.at("Pair").at("$ref") == "#/components/schemas/Job2");
    CHECK(all.at("List").at("items").at("$ref") == "#/components/schemas/List");
    CHECK(all.size() == 6);
    CHECK(all.at("Job").at("type") == "object");
    CHECK(all.at("Job3").at("type") == "number");
}
