#include "output.hpp"

#include "exit_code.hpp"
#include "plain_text.hpp"
#include "times.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace asyncjobs::inline ASYNCJOBS_ABI::cli {
namespace {

constexpr std::size_t longest_note = 60; // columns

/// Whether the environment has a variable that is not empty.
bool is_set(const char* name) noexcept {
    const char* value = std::getenv(name);
    return value && *value;
}

void write_all(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const auto written = ::write(descriptor, text.data(), text.size());
        if (written >= 0) {
            text.remove_prefix(static_cast<std::size_t>(written));
            continue;
        }
        if (errno == EINTR) continue;
        if (errno == EPIPE) throw BrokenPipe();
        throw Failure(Exit::output,
                      fmt::format("the output can't be written: {}", std::strerror(errno)));
    }
}

std::string shown_count(const Document& count) {
    const auto precision = count["precision"].text();
    const auto value = count["value"].text();
    if (precision == "at_least") return ">= " + value;
    return (precision == "about" ? "~ " : "") + value;
}

std::string joined(const Document& array) {
    std::string text;
    for (const Document& item : array.items())
        text.append(text.empty() ? "" : " ").append(item.text());
    return text;
}

std::string shown_time(const Document& value, std::optional<Timestamp> now) {
    const auto time = value.time();
    return time && now ? relative(*time, *now) : value.text();
}

bool is_right(Kind kind) noexcept {
    return kind == Kind::number || kind == Kind::count || kind == Kind::percent ||
           kind == Kind::span;
}

std::string padded(const std::string& text, std::size_t width, bool right) {
    const std::string blanks(width - std::min(width, width_of(text)), ' ');
    return right ? blanks + text : text + blanks;
}

std::string csv_value(const Document& value, Kind kind) {
    if (kind == Kind::count) return value["value"].text();
    if (kind == Kind::list) return joined(value);
    return value.text();
}

/// A member of a record: of which kind it is can be seen.
Kind kind_of(std::string_view name, const Document& value) {
    if (value.is_array()) return Kind::list;
    if (!value["precision"].is_null()) return Kind::count;
    if (name == "status" || name == "state") return Kind::status;
    return name.ends_with("_age") ? Kind::span : Kind::text;
}

std::string shown_member(std::string_view name, const Document& value,
                         std::optional<Timestamp> now) {
    const Kind kind = kind_of(name, value);
    if (kind == Kind::text && value.is_object()) {
        std::string text;
        for (const auto& [inner, part] : value.members())
            if (!part.is_null())
                text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", inner, part.text());
        return plain(text);
    }
    const auto time = value.raw().front() == '"' ? value.time() : std::nullopt;
    if (time && now && kind == Kind::text)
        return fmt::format("{} ({})", value.text(), relative(*time, *now));
    return shown(value, kind, now);
}

} // namespace

Output::Output(Format format)
    : format_(format), is_terminal_(::isatty(STDOUT_FILENO) != 0),
      has_colour_(is_terminal_ && !is_set("NO_COLOR")) {}

std::string shown(const Document& value, Kind kind, std::optional<Timestamp> now) {
    if (value.is_null()) return "-";
    switch (kind) {
    case Kind::count:
        return shown_count(value);
    case Kind::percent:
        return value.text() + " %";
    case Kind::time:
        return shown_time(value, now);
    case Kind::span:
        return in_words(span_of(value.number()));
    case Kind::list:
        return plain(joined(value));
    case Kind::note:
        return shortened_to(plain(value.text()), longest_note);
    case Kind::text:
    case Kind::status:
    case Kind::number:
        break;
    }
    return plain(value.text());
}

std::string Output::coloured(std::string_view status, std::string text) const {
    if (!has_colour_) return text;
    constexpr std::string_view red = "31", green = "32", yellow = "33", cyan = "36";
    std::string_view colour;
    if (status == "failed" || status == "dead" || status == "critical") colour = red;
    if (status == "cancelled" || status == "quiet" || status == "warning") colour = yellow;
    if (status == "completed" || status == "ok") colour = green;
    if (status == "processing" || status == "running") colour = cyan;
    return colour.empty() ? text : fmt::format("\x1b[{}m{}\x1b[0m", colour, text);
}

std::string in_one_line(const Document& counts) {
    std::string text;
    for (const auto& [name, count] : counts.members())
        text +=
            fmt::format("{}{} {}", text.empty() ? "" : ", ",
                        count.is_object() ? shown(count, Kind::count, std::nullopt) : count.text(),
                        plain(name));
    return text.empty() ? "none" : text;
}

std::vector<std::string> table_lines(const std::vector<Column>& columns,
                                     const std::vector<Document>& items,
                                     std::optional<Timestamp> now, const Output* colours) {
    std::vector<std::string> lines(items.size() + 1);
    for (const Column& column : columns) {
        std::vector<std::string> cells = {std::string(column.title)};
        for (const Document& item : items)
            cells.push_back(shown(item[column.member], column.kind, now));
        std::size_t width = 0;
        for (const auto& cell : cells) width = std::max(width, width_of(cell));
        const bool is_last = &column == &columns.back() && !is_right(column.kind);
        for (std::size_t i = 0; i < cells.size(); ++i) {
            auto cell = is_last ? cells[i] : padded(cells[i], width, is_right(column.kind));
            if (colours && column.kind == Kind::status && i > 0)
                cell = colours->coloured(items[i - 1][column.member].text(), std::move(cell));
            lines[i].append(&column == &columns.front() ? "" : "  ").append(cell);
        }
    }
    if (colours && colours->has_colour()) lines[0] = "\x1b[1m" + lines[0] + "\x1b[0m";
    return lines;
}

void Output::table(const std::vector<Column>& columns, const std::vector<Document>& items,
                   std::optional<Timestamp> now) const {
    std::string text;
    for (const auto& line : table_lines(columns, items, now, this)) text += line + '\n';
    raw(text);
}

void Output::csv(const std::vector<Column>& columns, const std::vector<Document>& items) const {
    std::string text;
    const auto end_cell = [&](const Column& column) {
        text += &column == &columns.back() ? "\r\n" : ",";
    };
    for (const Column& column : columns) {
        text += csv_cell(std::string(column.member), false);
        end_cell(column);
    }
    for (const Document& item : items)
        for (const Column& column : columns) {
            const auto value = item[column.member];
            const bool is_foreign = value.raw().front() == '"' || value.is_array();
            auto cell = csv_value(value, column.kind);
            if (is_terminal_) cell = plain(cell);
            text += csv_cell(std::move(cell), is_foreign);
            end_cell(column);
        }
    raw(text);
}

void Output::list(const Listing& listing, const std::vector<Document>& items, const Document& last,
                  std::optional<Timestamp> now) const {
    switch (format_) {
    case Format::table:
        return table(listing.columns, items, now);
    case Format::csv:
        return csv(listing.columns, items);
    case Format::jsonl:
        for (const Document& item : items) json(item.raw());
        return;
    case Format::id:
        for (const Document& item : items) raw(plain(item[listing.id].text()) + '\n');
        return;
    case Format::json:
        break;
    }
    std::vector<std::string_view> texts;
    for (const Document& item : items) texts.push_back(item.raw());
    ObjectText whole;
    for (const auto& [name, value] : last.members())
        whole.raw(name, name == listing.array ? array_of(texts) : std::string(value.raw()));
    json(whole.done());
}

void Output::record(const Document& document, std::string_view id,
                    std::optional<Timestamp> now) const {
    if (format_ == Format::id) return raw(plain(document[id].text()) + '\n');
    if (format_ == Format::csv) {
        const auto members = document.members();
        std::vector<Column> columns;
        for (const auto& [name, value] : members)
            columns.push_back({.member = name, .kind = kind_of(name, value)});
        return csv(columns, {document});
    }
    if (format_ != Format::table) return json(document.raw());
    std::size_t width = 0;
    for (const auto& [name, value] : document.members()) width = std::max(width, width_of(name));
    std::string text;
    for (const auto& [name, value] : document.members()) {
        if (value.is_null() || value.raw() == "[]" || value.raw() == "\"\"") continue;
        auto cell = shown_member(name, value, now);
        if (kind_of(name, value) == Kind::status) cell = coloured(value.text(), std::move(cell));
        text += padded(plain(name), width + 2, false) + cell + '\n';
    }
    raw(text);
}

void Output::sentence(const Document& document, std::string_view sentence) const {
    if (format_ == Format::json || format_ == Format::jsonl) return json(document.raw());
    raw(plain(sentence) + '\n');
}

void Output::json(std::string_view json) const {
    // A file gets the bytes as they are; a terminal might obey some of them.
    raw((is_terminal_ ? plain_json(json) : std::string(json)) + '\n');
}

void Output::line(std::string_view text) const { raw(plain(text) + '\n'); }

void Output::note(std::string_view text) const {
    const std::string line = plain(text) + '\n';
    const auto ignored = ::write(STDERR_FILENO, line.data(), line.size());
    static_cast<void>(ignored);
}

void Output::raw(std::string_view text) const { write_all(STDOUT_FILENO, text); }

} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli
