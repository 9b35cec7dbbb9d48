#include "order_writer.hpp"

#include "csv_text.hpp"
#include "order_fields.hpp"

#include <asyncjobs/files/durable_file.hpp>

#include <cerrno>
#include <random>
#include <system_error>
#include <utility>

namespace report_server {
namespace {

constexpr std::size_t flush_bytes = 64 * 1024;

std::filesystem::path draft_beside(const std::filesystem::path& file) {
    auto draft = file;
    draft.replace_filename("." + file.filename().string() + "." +
                           std::to_string(std::random_device{}()) + ".partial");
    return draft;
}

/// Up to three decimals, at least two: `2.55`, `0.001`.
std::string price_text(Money price) {
    const auto thousandths = price.thousandths();
    if (thousandths % 10 == 0) return to_string(price);
    std::string digits = std::to_string(thousandths < 0 ? -thousandths : thousandths);
    if (digits.size() < 4) digits.insert(0, 4 - digits.size(), '0');
    digits.insert(digits.size() - 3, 1, '.');
    return thousandths < 0 ? "-" + digits : digits;
}

} // namespace

OrderWriter::OrderWriter(std::filesystem::path file)
    : file_{std::move(file)}, draft_{draft_beside(file_)} {
    errno = 0;
    stream_.reset(gzopen(draft_.c_str(), file_.extension() == ".gz" ? "wbx" : "wbxT"));
    if (!stream_) fail();
    pending_ = "invoice_no,stock_code,description,quantity,invoiced_at,unit_price,customer_id,"
               "country\n";
}

OrderWriter::~OrderWriter() {
    std::error_code ignored;
    std::filesystem::remove(draft_, ignored);
}

void OrderWriter::write(const OrderLine& line) {
    const std::string quantity = std::to_string(line.quantity);
    const std::string invoiced_at = to_string(line.invoiced_at);
    const std::string unit_price = price_text(line.unit_price);
    for (const std::string_view field :
         {line.invoice_no, line.stock_code, line.description, std::string_view{quantity},
          std::string_view{invoiced_at}, std::string_view{unit_price}, line.customer_id}) {
        append_csv_field(pending_, field);
        pending_ += ',';
    }
    append_csv_field(pending_, line.country);
    pending_ += '\n';
    ++count_;
    if (pending_.size() >= flush_bytes) flush();
}

std::int64_t OrderWriter::publish() {
    flush();
    errno = 0;
    if (gzclose(stream_.release()) != Z_OK) fail();
    asyncjobs::files::publish_file(draft_, file_);
    return count_;
}

void OrderWriter::flush() {
    if (pending_.empty()) return;
    errno = 0;
    if (gzwrite(stream_.get(), pending_.data(), static_cast<unsigned>(pending_.size())) <= 0)
        fail();
    pending_.clear();
}

void OrderWriter::fail() const {
    throw std::system_error{errno ? errno : EIO, std::generic_category(),
                            "cannot write " + file_.string()};
}

} // namespace report_server
