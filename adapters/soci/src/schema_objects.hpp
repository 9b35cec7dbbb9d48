#pragma once

#include "session.hpp"

#include <asyncjobs/soci/open_store.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// A table, or what shares the names of tables with it.
struct SchemaObject {
    std::string kind; ///< `table`, `view`, `index`, `sequence` or `type`
    std::string name;
    std::vector<std::string> columns = {}; ///< of a table
};

using SchemaObjects = std::vector<SchemaObject>;

/// Null if there is none of the name.
const SchemaObject* find_object(const SchemaObjects& objects, std::string_view name);

/// What is there when the statements of `steps` have been run, one after the other. Columns are
/// those of CREATE TABLE.
SchemaObjects objects_made_by(std::span<const Migration> steps);

/// `'a', 'b'` for objects a and b.
std::string quoted_names(const SchemaObjects& objects);

/// Reads the kind, the name and the columns of objects: a row for each column of a table, and one
/// for anything else.
SchemaObjects read_objects(Session& session, const std::string& sql);

/// Whether `found` is a table with all columns of `wanted`.
bool is_like(const SchemaObject& found, const SchemaObject& wanted);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
