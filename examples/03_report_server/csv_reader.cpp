#include "csv_reader.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace report_server {
namespace {

constexpr std::size_t initial_buffer_bytes = 256 * 1024;
constexpr unsigned inflate_buffer_bytes = 128 * 1024;

char* find(char* first, char* last, char wanted) {
    return static_cast<char*>(std::memchr(first, wanted, static_cast<std::size_t>(last - first)));
}

/// The line feed that ends the record, or null when it isn't in sight yet.
char* find_record_end(char* first, char* last) {
    bool inside_quotes = false;
    for (char* position = first;;) {
        char* const line_feed = find(position, last, '\n');
        if (!line_feed) return nullptr;
        inside_quotes ^= std::count(position, line_feed, '"') % 2 != 0;
        if (!inside_quotes) return line_feed;
        position = line_feed + 1;
    }
}

} // namespace

CsvError::CsvError(const std::filesystem::path& file, std::uint64_t line,
                   const std::string& problem)
    : std::runtime_error{file.string() + ", line " + std::to_string(line) + ": " + problem},
      line_{line} {}

CsvReader::CsvReader(std::filesystem::path file)
    : file_{std::move(file)}, buffer_(initial_buffer_bytes) {
    errno = 0;
    stream_.reset(gzopen(file_.c_str(), "rb"));
    if (!stream_) throw std::system_error{errno, std::generic_category(), file_.string()};
    gzbuffer(stream_.get(), inflate_buffer_bytes);
    bytes_total_ = std::filesystem::file_size(file_);
    skip_byte_order_mark();
}

CsvReader::~CsvReader() = default;
CsvReader::CsvReader(CsvReader&&) noexcept = default;
CsvReader& CsvReader::operator=(CsvReader&&) noexcept = default;

bool CsvReader::next() {
    char* first = nullptr;
    char* last = nullptr;
    do {
        line_ = next_line_;
        if (!take_record(first, last)) return false;
    } while (first == last);

    fields_.clear();
    if (find(first, last, '"'))
        split_quoted(first, last);
    else
        split_plain(first, last);
    return true;
}

std::uint64_t CsvReader::bytes_read() const {
    const auto offset = gzoffset(stream_.get());
    return offset < 0 ? 0 : static_cast<std::uint64_t>(offset);
}

bool CsvReader::take_record(char*& first, char*& last) {
    char* line_feed = nullptr;
    for (;;) {
        first = buffer_.data() + begin_;
        last = buffer_.data() + end_;
        line_feed = find_record_end(first, last);
        if (line_feed || at_end_of_file_) break;
        refill();
    }
    if (line_feed) {
        next_line_ += static_cast<std::uint64_t>(std::count(first, line_feed + 1, '\n'));
        begin_ = static_cast<std::size_t>(line_feed + 1 - buffer_.data());
        last = line_feed;
    } else {
        if (first == last) return false;
        begin_ = end_;
    }
    if (first != last && last[-1] == '\r') --last;
    return true;
}

/// Moves the record begun to the front of the buffer and appends what the file has next.
void CsvReader::refill() {
    std::copy(buffer_.data() + begin_, buffer_.data() + end_, buffer_.data());
    end_ -= begin_;
    begin_ = 0;
    if (end_ >= max_record_bytes)
        fail("a record longer than " + std::to_string(max_record_bytes) +
             " bytes: is a quote left open?");
    if (end_ == buffer_.size()) buffer_.resize(buffer_.size() * 2);

    errno = 0;
    const int count =
        gzread(stream_.get(), buffer_.data() + end_, static_cast<unsigned>(buffer_.size() - end_));
    int status = Z_OK;
    const char* const message = gzerror(stream_.get(), &status);
    if (status == Z_ERRNO) throw std::system_error{errno, std::generic_category(), file_.string()};
    if (status == Z_BUF_ERROR) fail("the compressed data ends too early");
    if (count < 0 || status < 0) fail(std::string{"broken compressed data: "} + message);
    end_ += static_cast<std::size_t>(count);
    at_end_of_file_ = count == 0;
}

void CsvReader::skip_byte_order_mark() {
    constexpr std::string_view mark = "\xEF\xBB\xBF";
    refill();
    if (std::string_view{buffer_.data(), end_}.starts_with(mark)) begin_ = mark.size();
}

void CsvReader::split_plain(const char* first, const char* last) {
    for (const char* position = first;; ++position) {
        if (position != last && *position != ',') continue;
        fields_.emplace_back(first, static_cast<std::size_t>(position - first));
        if (position == last) return;
        first = position + 1;
    }
}

void CsvReader::split_quoted(char* first, char* last) {
    for (char* position = first;;) {
        if (position != last && *position == '"') {
            position = unquote(position + 1, last);
        } else {
            char* const end = std::find(position, last, ',');
            if (find(position, end, '"')) fail("a quote inside an unquoted field");
            fields_.emplace_back(position, static_cast<std::size_t>(end - position));
            position = end;
        }
        if (position == last) return;
        if (*position != ',') fail("text after the closing quote of a field");
        ++position;
    }
}

/// Takes the field whose opening quote stands before `in`, undoubling its quotes in place, and
/// returns the position after the closing quote.
char* CsvReader::unquote(char* in, char* last) {
    char* const begin = in;
    char* out = in;
    while (in != last) {
        if (*in == '"') {
            ++in;
            if (in == last || *in != '"') {
                fields_.emplace_back(begin, static_cast<std::size_t>(out - begin));
                return in;
            }
        }
        *out++ = *in++;
    }
    fail("a quoted field without its closing quote");
}

void CsvReader::fail(const std::string& problem) const { throw CsvError{file_, line_, problem}; }

} // namespace report_server
