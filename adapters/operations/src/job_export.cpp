#include "job_export.hpp"

#include "csv.hpp"
#include "cursor.hpp"

#include <asyncjobs/json.hpp>

#include <boost/mp11/algorithm.hpp>

#include <algorithm>
#include <type_traits>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::operations {
namespace {

class NdjsonFormat final : public ExportFormat {
public:
    std::string begin() const override { return {}; }
    std::string line(const JobDocument& job) const override {
        return json::serialize(job).text() + '\n';
    }
    std::string end(const ExportEndDocument& end) const override {
        return json::serialize(end).text() + '\n';
    }
    std::string_view content_type() const noexcept override { return "application/x-ndjson"; }
};

template <typename Function>
void for_each_member(Function function) {
    boost::mp11::mp_for_each<
        boost::describe::describe_members<JobDocument, boost::describe::mod_public>>(function);
}

struct CellWriter {
    void write(const std::string& value) const { csv.text(value); }
    void write(std::integral auto value) const { csv.number(value); }
    void write(Timestamp value) const { csv.time(value); }
    void write(const JobErrorDocument& error) const { csv.text(error.code).text(error.message); }
    void write(const std::optional<JobErrorDocument>& error) const {
        write(error.value_or(JobErrorDocument()));
    }
    template <typename Value>
    void write(const std::optional<Value>& value) const {
        if (value)
            write(*value);
        else
            csv.empty();
    }

    CsvWriter& csv;
};

/// A column for each member of a job's document, and two for its error.
class CsvFormat final : public ExportFormat {
public:
    std::string begin() const override {
        CsvWriter csv;
        for_each_member([&csv](auto member) {
            using Member =
                std::remove_cvref_t<decltype(std::declval<JobDocument>().*member.pointer)>;
            if constexpr (std::is_same_v<Member, std::optional<JobErrorDocument>>)
                csv.text("error_code").text("error_message");
            else
                csv.text(member.name);
        });
        csv.end_line();
        return std::move(csv).finish();
    }
    std::string line(const JobDocument& job) const override {
        CsvWriter csv;
        for_each_member([&](auto member) { CellWriter{csv}.write(job.*member.pointer); });
        csv.end_line();
        return std::move(csv).finish();
    }
    /// Only if there may be more: a line of the same length.
    std::string end(const ExportEndDocument& end) const override {
        if (!end.next_cursor) return {};
        const std::string header = begin();
        CsvWriter csv;
        csv.text("next_cursor").text(*end.next_cursor);
        for (auto left = std::ranges::count(header, ','); left > 1; --left) csv.empty();
        csv.end_line();
        return std::move(csv).finish();
    }
    std::string_view content_type() const noexcept override {
        return "text/csv; charset=utf-8; header=present";
    }
};

} // namespace

const ExportFormat* export_format(std::string_view name) noexcept {
    static const NdjsonFormat ndjson;
    static const CsvFormat csv;
    if (name == "ndjson") return &ndjson;
    return name == "csv" ? &csv : nullptr;
}

std::optional<std::string> JobExport::next() {
    if (has_ended_) return std::nullopt;
    std::string text;
    if (!std::exchange(has_begun_, true)) text = parts_.format.begin();
    do {
        add_page(text);
    } while (text.empty() && !has_ended_);
    return text.empty() ? std::nullopt : std::optional(std::move(text));
}

void JobExport::add_page(std::string& text) {
    parts_.search.limit = std::min(page_size, parts_.limit - exported_);
    const auto page = parts_.operators.search(parts_.search);
    const auto before = exported_;
    for (const Job& job : page.jobs) {
        if (!parts_.is_visible(job)) continue;
        text += parts_.format.line(document_of(job));
        ++exported_;
    }
    if (exported_ == before) ++empty_pages_;
    parts_.search.after = page.next;
    has_ended_ = !page.next || exported_ == parts_.limit || empty_pages_ == max_empty_pages;
    if (!has_ended_) return;
    ExportEndDocument end{.exported = exported_};
    if (page.next) end.next_cursor = make_cursor(*page.next);
    text += parts_.format.end(end);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::operations
