#include "openapi/json_object.hpp"
#include "openapi/schema_book.hpp"

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

using namespace asyncjobs::http::openapi;

TEST_CASE("a schema's references to itself are adjusted to its position") {
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

TEST_CASE("equal schemas of one name are shared, and others get a number") {
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

TEST_CASE("parts that a schema refers to become separate schemas") {
    SchemaBook book((boost::json::object()));
    const auto schema = parse_object(R"({"properties": {
        "root": {"properties": {"folders": {"items": {"$ref": "#/properties/root"}}}},
        "also": {"anyOf": [{"properties": {"next": {"properties": {
            "up": {"$ref": "#/properties/also/anyOf/0"},
            "in": {"$ref": "#/properties/also/anyOf/0/properties/next"}}}}}, {"type": "null"}]}}})");
    for (int i = 0; i < 2; ++i)
        CHECK(book.add_whole("Backup", schema).at("$ref") == "#/components/schemas/Backup");
    const auto all = std::move(book).all();
    CHECK(all.at("Backup") == boost::json::parse(R"({"properties": {
        "root": {"$ref": "#/components/schemas/BackupRoot"},
        "also": {"anyOf": [{"$ref": "#/components/schemas/BackupAlso0"}, {"type": "null"}]}}})"));
    CHECK(
        all.at("BackupRoot") ==
        boost::json::parse(
            R"({"properties": {"folders": {"items": {"$ref": "#/components/schemas/BackupRoot"}}}})"));
    CHECK(all.at("BackupAlso0") ==
          boost::json::parse(
              R"({"properties": {"next": {"$ref": "#/components/schemas/BackupAlso0Next"}}})"));
    CHECK(all.at("BackupAlso0Next") == boost::json::parse(R"({"properties": {
        "up": {"$ref": "#/components/schemas/BackupAlso0"},
        "in": {"$ref": "#/components/schemas/BackupAlso0Next"}}})"));
    CHECK(all.size() == 4);
}
