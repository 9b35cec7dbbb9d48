#pragma once

#include <asyncjobs/config.hpp>

#include <boost/json/object.hpp>

#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi {

/// The schemas of a document, by name.
class SchemaBook {
public:
    explicit SchemaBook(boost::json::object schemas) : schemas_(std::move(schemas)) {}

    /// Takes a schema that refers to others of this book, under `name` or, if that is another
    /// one's, with a number behind it. Answers a reference to it.
    boost::json::object add(std::string_view name, const boost::json::object& schema);

    /// Likewise one that stands on its own. Parts of it that it refers to become schemas of their
    /// own, for generators of clients follow no reference into a schema.
    boost::json::object add_whole(std::string_view name, const boost::json::object& schema);

    boost::json::object all() && { return std::move(schemas_); }

private:
    template <typename EntriesOf>
    boost::json::object add_as(std::string_view name, EntriesOf entries_of);
    /// Whether one of these names is another schema's.
    bool has_other(const boost::json::object& schemas) const;

    boost::json::object schemas_;
};

/// The schema as a part of a larger document, where it stands at `pointer`: what refers to a part
/// of it goes on doing so.
boost::json::value placed_at(std::string_view pointer, boost::json::value schema);

/// Takes the parts of the schema of that key that it refers to out of it, and returns them by name.
boost::json::object extract_parts(std::string_view key, boost::json::value& schema);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi
