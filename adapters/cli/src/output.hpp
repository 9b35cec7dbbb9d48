#pragma once

#include "document.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::cli {

enum class Format { table, json, jsonl, csv, id };

/// How a table shows a value. CSV has it as in the document.
enum class Kind {
    text,
    note,   ///< a text that may be long
    status, ///< coloured
    number,
    count,   ///< `>= 10000` or `~ 2000000`, if it is not exact
    percent, ///< `40 %`
    time,    ///< relative to the store's time
    span,    ///< a number of seconds
    list,
};

/// A column of a list: a member of each of its documents.
struct Column {
    std::string_view title = {};
    std::string_view member = {}; ///< `queue`, `error.code`
    Kind kind = Kind::text;
};

/// A list in a document.
struct Listing {
    std::string_view array = {}; ///< the document's member that is the list
    std::string_view id = {};    ///< the member of an item that identifies it
    std::vector<Column> columns = {};
};

/// Data on standard output, everything else on standard error.
///
/// Errors  BrokenPipe, or Failure (Exit::output), if standard output can't be written.
class Output {
public:
    explicit Output(Format format);

    Format format() const noexcept { return format_; }
    /// Whether standard output is a terminal.
    bool is_terminal() const noexcept { return is_terminal_; }
    bool has_colour() const noexcept { return has_colour_; }

    /// A list, whose items may be of several pages: `last` is the document of the last one. `now`,
    /// the store's time, is needed by tables with times.
    void list(const Listing& listing, const std::vector<Document>& items, const Document& last,
              std::optional<Timestamp> now) const;
    void list(const Listing& listing, const Document& document,
              std::optional<Timestamp> now) const {
        list(listing, document[listing.array].items(), document, now);
    }

    /// A single document: in a table, a line per member that is not null; `id` prints `id`.
    void record(const Document& document, std::string_view id, std::optional<Timestamp> now) const;
    /// A document that has a sentence; a table has only that.
    void sentence(const Document& document, std::string_view sentence) const;
    /// JSON as it is, with an end of line.
    void json(std::string_view json) const;
    /// A line of text; only for Format::table.
    void line(std::string_view text) const;
    /// A line on standard error.
    void note(std::string_view text) const;
    /// Text as it is, such as a program's.
    void raw(std::string_view text) const;

    /// The text, coloured if it is a status that a person should see.
    std::string coloured(std::string_view status, std::string text) const;

private:
    void table(const std::vector<Column>& columns, const std::vector<Document>& items,
               std::optional<Timestamp> now) const;
    void csv(const std::vector<Column>& columns, const std::vector<Document>& items) const;

    Format format_;
    bool is_terminal_;
    bool has_colour_;
};

/// A value as a table shows it.
std::string shown(const Document& value, Kind kind, std::optional<Timestamp> now);

/// Counts by name in one line: `12 pending, 3 failed`.
std::string in_one_line(const Document& counts);

/// The rows of a table as lines, columns aligned, numbers to the right.
/// With colours if `colours` has some.
std::vector<std::string> table_lines(const std::vector<Column>& columns,
                                     const std::vector<Document>& items,
                                     std::optional<Timestamp> now, const Output* colours = nullptr);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli
