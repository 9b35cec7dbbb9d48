#include "openapi/references.hpp"

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

using namespace asyncjobs::http::openapi;

TEST_CASE("components with references stay, including cyclic ones and references to a part") {
    auto document = boost::json::parse(R"({
        "paths": [{"$ref": "#/components/schemas/A/properties/x"}, {"$ref": "#/other"}],
        "components": {
            "schemas": {"A": {"$ref": "#/components/schemas/B"}, "B": [{"$ref": "#/components/schemas/A"}],
                        "C": {"$ref": "#/components/schemas/D"}, "D": {}},
            "headers": {"A": {}},
            "securitySchemes": {"key": {}}}})")
                        .as_object();
    drop_unused_components(document);
    CHECK(document.at("components") == boost::json::parse(R"({
        "schemas": {"A": {"$ref": "#/components/schemas/B"}, "B": [{"$ref": "#/components/schemas/A"}]},
        "headers": {},
        "securitySchemes": {"key": {}}})"));
}
