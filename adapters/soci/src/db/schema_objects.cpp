#include "db/schema_objects.hpp"

#include "statements/columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

constexpr std::string_view name_characters = "abcdefghijklmnopqrstuvwxyz0123456789_";

std::string_view take_word(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(" \n"), text.size()));
    const auto word = text.substr(0, text.find_first_of(" \n(;,"));
    text.remove_prefix(word.size());
    return word;
}

/// Each column is on a separate line, indented by four spaces.
std::vector<std::string> columns_of(std::string_view table) {
    constexpr std::string_view begin = "\n    ";
    std::vector<std::string> columns;
    for (auto at = table.find(begin); at != table.npos; at = table.find(begin)) {
        table.remove_prefix(at + begin.size());
        const auto name = table.substr(0, table.find_first_not_of(name_characters));
        if (!name.empty()) columns.emplace_back(name);
    }
    return columns;
}

/// Of an ALTER TABLE.
void rename_columns(std::string_view rest, SchemaObjects& objects) {
    constexpr std::string_view rename = "RENAME COLUMN ";
    take_word(rest);
    const auto table = std::ranges::find(objects, take_word(rest), &SchemaObject::name);
    if (table == objects.end()) return;
    for (auto at = rest.find(rename); at != rest.npos; at = rest.find(rename)) {
        rest.remove_prefix(at + rename.size());
        const auto old_name = take_word(rest);
        take_word(rest);
        std::ranges::replace(table->columns, old_name, take_word(rest));
    }
}

void apply(std::string_view statement, SchemaObjects& objects) {
    std::string_view rest = statement;
    const auto verb = take_word(rest);
    if (verb == "ALTER") return rename_columns(rest, objects);
    if (verb != "CREATE" && verb != "DROP") return;
    constexpr std::array<std::string_view, 3> kinds = {"TABLE", "VIEW", "INDEX"};
    std::string_view kind;
    while (std::ranges::find(kinds, kind = take_word(rest)) == kinds.end())
        if (kind.empty()) return;
    std::string_view name;
    do name = take_word(rest);
    while (name == "IF" || name == "NOT" || name == "EXISTS");

    std::erase_if(objects, [&](const SchemaObject& object) { return object.name == name; });
    if (verb == "DROP") return;
    if (kind == "TABLE")
        objects.push_back({"table", std::string(name), columns_of(rest)});
    else
        objects.push_back({kind == "VIEW" ? "view" : "index", std::string(name)});
}

} // namespace

const SchemaObject* find_object(const SchemaObjects& objects, std::string_view name) {
    const auto found = std::ranges::find(objects, name, &SchemaObject::name);
    return found == objects.end() ? nullptr : &*found;
}

SchemaObjects objects_made_by(std::span<const Migration> steps) {
    constexpr std::string_view end_of_statement = ";\n";
    SchemaObjects objects;
    for (const Migration& step : steps) {
        std::string_view rest = step.sql;
        for (auto end = rest.find(end_of_statement); end != rest.npos;
             end = rest.find(end_of_statement)) {
            apply(rest.substr(0, end), objects);
            rest.remove_prefix(end + end_of_statement.size());
        }
    }
    return objects;
}

std::string quoted_names(const SchemaObjects& objects) {
    std::string names;
    for (const SchemaObject& object : objects)
        names += fmt::format("{}'{}'", names.empty() ? "" : ", ", object.name);
    return names;
}

SchemaObjects read_objects(Session& session, const std::string& sql) {
    SchemaObjects objects;
    session.query({"find_objects", sql, columns::three_texts}).for_each([&](Row row) {
        const std::string kind = row.take_text(), name = row.take_text();
        auto found = std::ranges::find_if(objects, [&](const SchemaObject& object) {
            return object.kind == kind && object.name == name;
        });
        if (found == objects.end()) found = objects.insert(found, {kind, name});
        if (const auto column = row.optional_text()) found->columns.push_back(*column);
    });
    return objects;
}

bool is_like(const SchemaObject& found, const SchemaObject& wanted) {
    return found.kind == "table" && std::ranges::all_of(wanted.columns, [&](const auto& column) {
               return std::ranges::find(found.columns, column) != found.columns.end();
           });
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
