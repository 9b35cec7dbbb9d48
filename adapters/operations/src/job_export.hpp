#pragma once

#include "documents.hpp"

#include <asyncjobs/http/streams.hpp>
#include <asyncjobs/store/operator_store.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::operations {

/// The last line of an export in NDJSON.
struct ExportEndDocument {
    std::uint64_t exported = 0;                  ///< jobs
    std::optional<std::string> next_cursor = {}; ///< there may be more: continue here
};
BOOST_DESCRIBE_STRUCT(ExportEndDocument, (), (exported, next_cursor))

/// The format of an export.
class ExportFormat {
public:
    virtual ~ExportFormat() = default;

    /// What precedes the jobs.
    virtual std::string begin() const = 0;
    virtual std::string line(const JobDocument& job) const = 0;
    /// What follows the jobs.
    virtual std::string end(const ExportEndDocument& end) const = 0;
    virtual std::string_view content_type() const noexcept = 0;
};

/// `ndjson` or `csv`; nullptr for another name.
const ExportFormat* export_format(std::string_view name) noexcept;

/// The jobs that a search finds, page by page.
class JobExport final : public http::BodySource {
public:
    struct Parts {
        OperatorStore& operators; ///< must outlive the calls of next()
        const ExportFormat& format;
        JobSearch search = {};
        std::size_t limit = 0; ///< jobs
        std::function<bool(const Job&)> is_visible = {};
    };
    explicit JobExport(Parts parts) : parts_(std::move(parts)) {}

    std::optional<std::string> next() override;

private:
    static constexpr std::size_t page_size = 500;
    /// Pages without a visible job, in all: an export ends, and can be continued, before it has
    /// read a large store for nothing.
    static constexpr std::size_t max_empty_pages = 100;

    /// Appends the lines of a page's jobs.
    void add_page(std::string& text);

    Parts parts_;
    std::size_t exported_ = 0;
    std::size_t empty_pages_ = 0;
    bool has_begun_ = false;
    bool has_ended_ = false;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::operations
