#include <asyncjobs/http/file_stream.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {
namespace {

constexpr std::uint64_t piece_size = 64 * 1024;

class FileStream final : public BodyStream {
public:
    explicit FileStream(FileBody body) : file_(std::move(body.file)), left_(body.length) {}

    void next(Deliver deliver) override {
        if (left_ == 0) return deliver(std::nullopt);
        std::string piece(static_cast<std::size_t>(std::min(piece_size, left_)), '\0');
        if (!file_->read(piece.data(), static_cast<std::streamsize>(piece.size())))
            throw std::runtime_error("file truncated while it was sent");
        left_ -= piece.size();
        deliver(std::move(piece));
    }

private:
    const std::shared_ptr<std::istream> file_;
    std::uint64_t left_;
};

} // namespace

std::shared_ptr<BodyStream> stream_file(FileBody body) {
    return std::make_shared<FileStream>(std::move(body));
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
