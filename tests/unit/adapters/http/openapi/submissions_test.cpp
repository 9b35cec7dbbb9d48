#include "openapi/submissions.hpp"

#include <boost/describe.hpp>
#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

using namespace asyncjobs;
using namespace asyncjobs::http;
using openapi::SchemaBook;

namespace {

struct Photo {
    static constexpr std::string_view type = "photo.resize";
    std::string url = {};
    int width = 640;
};
BOOST_DESCRIBE_STRUCT(Photo, (), (url, width))

struct Size {
    std::int64_t bytes = 0;
};
BOOST_DESCRIBE_STRUCT(Size, (), (bytes))

struct Folder {
    static constexpr std::string_view type = "folder";
    std::vector<Folder> folders = {};
};
BOOST_DESCRIBE_STRUCT(Folder, (), (folders))

SchemaBook empty_book() { return SchemaBook(boost::json::object()); }

const boost::json::value& schema_of_body(const boost::json::object& body) {
    return body.at("content").at("application/json").at("schema");
}

} // namespace

TEST_CASE("a typed route's body is its struct, with its required members and no others") {
    const auto rule = http::detail::make_rule(SubmitRoute<Photo>{.required = {"url"}});
    auto book = empty_book();
    const auto body = openapi::request_body(rule, book);
    CHECK(body.at("required") == true);
    CHECK(schema_of_body(body).at("$ref") == "#/components/schemas/PhotoResizeInput");
    const auto schema = std::move(book).all().at("PhotoResizeInput");
    CHECK(schema.at("required") == boost::json::parse(R"(["url"])"));
    CHECK(schema.at("additionalProperties") == false);
    CHECK(schema.at_pointer("/properties/width/description") == "if absent: 640");
    CHECK_FALSE(schema.at_pointer("/properties/url").as_object().contains("description"));
}

TEST_CASE("no input schema has the keyword default, but members of that name are kept") {
    const auto schema = openapi::input_schema({.input_schema = JsonText::parse(R"({
        "properties": {
            "default": {"type": "integer", "default": 1, "description": "a number"},
            "list": {"items": {"anyOf": [{"default": "x"}, {"type": "null"}]}}},
        "$defs": {"one": {"additionalProperties": {"default": null}}}})")});
    CHECK(schema == boost::json::parse(R"({
        "properties": {
            "default": {"type": "integer", "description": "a number; if absent: 1"},
            "list": {"items": {"anyOf": [{"description": "if absent: \"x\""}, {"type": "null"}]}}},
        "$defs": {"one": {"additionalProperties": {"description": "if absent: null"}}}})"));
}

TEST_CASE("members that the host sets are left out of the body, and must exist in the input") {
    const auto rule =
        http::detail::make_rule(SubmitRoute<Photo>{.required = {"url"}, .set_by_host = {"width"}});
    const auto schema = openapi::input_schema(rule.description);
    CHECK_FALSE(schema.at("properties").as_object().contains("width"));
    for (const std::string name : {"url", "height"}) {
        auto wrong = rule.description;
        wrong.set_by_host = {name};
        CHECK_THROWS_AS(openapi::input_schema(wrong), Error);
    }
}

TEST_CASE("a route that ignores unknown members allows them in its schema") {
    const auto rule = http::detail::make_rule(
        SubmitRoute<Photo>{.unknown_members = json::UnknownMembers::ignore});
    auto book = empty_book();
    openapi::request_body(rule, book);
    CHECK_FALSE(
        std::move(book).all().at("PhotoResizeInput").as_object().contains("additionalProperties"));
}

TEST_CASE("an untyped route's body is its declared schema, with its required members") {
    const auto rule = http::detail::make_rule(
        SubmitRoute<>{.job = {.type = "note"},
                      .required = {"b", "a"},
                      .input_schema = JsonText::parse(R"({"type":"object","required":["a"]})")});
    auto book = empty_book();
    openapi::request_body(rule, book);
    CHECK(std::move(book).all().at("NoteInput") ==
          boost::json::parse(
              R"({"type":"object","required":["a","b"],"properties":{"b":{},"a":{}}})"));
}

TEST_CASE("an untyped route without a schema accepts any input") {
    auto book = empty_book();
    openapi::request_body(http::detail::make_rule(SubmitRoute<>{.job = {.type = "note"}}), book);
    CHECK(std::move(book).all().at("NoteInput") == boost::json::object());
}

TEST_CASE("an invalid schema is refused") {
    for (const auto* text : {"[]", R"({"required":1})", R"({"properties":[]})"}) {
        CAPTURE(text);
        CHECK_THROWS_AS(openapi::input_schema({.input_schema = JsonText::parse(text)}), Error);
    }
}

TEST_CASE("a recursive input refers to itself in the document") {
    auto book = empty_book();
    openapi::request_body(http::detail::make_rule(SubmitRoute<Folder>{}), book);
    CHECK(std::move(book).all().at("FolderInput").at_pointer("/properties/folders/items/$ref") ==
          "#/components/schemas/FolderInput");
}

TEST_CASE("the generic route accepts one of its types, each with its input") {
    openapi::GenericTypes types;
    types.emplace("note", http::detail::make_rule(SubmitRoute<>{.job = {.type = "note"}}));
    types.emplace("photo.resize", http::detail::make_rule(SubmitRoute<Photo>{}));
    auto book = empty_book();
    const auto body = openapi::request_body(types, book);
    const auto& schema = schema_of_body(body);
    CHECK(schema.at("oneOf").as_array().size() == 2);
    CHECK(schema.at("discriminator").at("mapping").at("photo.resize") ==
          "#/components/schemas/PhotoResizeSubmission");
    const auto submission = std::move(book).all().at("PhotoResizeSubmission");
    CHECK(submission.at_pointer("/properties/type/const") == "photo.resize");
    CHECK(submission.at_pointer("/properties/input/$ref") ==
          "#/components/schemas/PhotoResizeInput");
    CHECK(submission.at("required") == boost::json::parse(R"(["type","input"])"));
}

TEST_CASE("results are those that routes declare, and any value if a route declares none") {
    const auto photo = http::detail::make_rule(
        SubmitRoute<Photo>{.result_schema = json::schema_of_serialized<Size>()});
    const auto note = http::detail::make_rule(SubmitRoute<>{.job = {.type = "note"}});
    auto book = empty_book();
    CHECK_FALSE(openapi::result_schema({&note}, book).contains("anyOf"));
    CHECK(openapi::result_schema({&photo, &photo}, book).at("$ref") ==
          "#/components/schemas/PhotoResizeResult");
    const auto text = http::detail::make_rule(SubmitRoute<>{
        .job = {.type = "text"}, .result_schema = JsonText::parse(R"({"type":"string"})")});
    CHECK(openapi::result_schema({&photo, &text}, book).at("anyOf") ==
          boost::json::parse(R"([{"$ref":"#/components/schemas/PhotoResizeResult"},
                                 {"$ref":"#/components/schemas/TextResult"}])"));
    const auto another = boost::json::parse(R"({"type":"null"})");
    CHECK(openapi::result_schema({&photo}, book, {another}).at("anyOf") ==
          boost::json::array{
              boost::json::parse(R"({"$ref":"#/components/schemas/PhotoResizeResult"})"), another});
    CHECK(openapi::result_schema({}, book, {another}).at("anyOf").as_array().size() == 2);
    const auto open = openapi::result_schema({&photo, &note}, book);
    CHECK(open.at("anyOf").as_array().size() == 2);
    CHECK_FALSE(open.at("anyOf").at(1).as_object().contains("$ref"));
}
