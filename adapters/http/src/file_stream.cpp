#include <asyncjobs/http/file_stream.hpp>

#include <algorithm>
#include <fstream>
#include <stdexcept>

namespace asyncjobs::http {
namespace {

constexpr std::uint64_t piece_size = 64 * 1024;

class FileStream final : public BodyStream {
public:
    explicit FileStream(const FileBody& body)
        : file_(body.path, std::ios::binary | std::ios::ate), left_(body.length) {
        const auto end = file_.tellg();
        if (!file_ || static_cast<std::uint64_t>(end) < body.offset ||
            static_cast<std::uint64_t>(end) - body.offset < body.length)
            throw std::runtime_error("a file to be sent can't be read");
        file_.seekg(static_cast<std::streamoff>(body.offset));
    }

    void next(Deliver deliver) override {
        if (left_ == 0) return deliver(std::nullopt);
        std::string piece(static_cast<std::size_t>(std::min(piece_size, left_)), '\0');
        if (!file_.read(piece.data(), static_cast<std::streamsize>(piece.size())))
            throw std::runtime_error("a file became shorter while it was sent");
        left_ -= piece.size();
        deliver(std::move(piece));
    }

private:
    std::ifstream file_;
    std::uint64_t left_;
};

} // namespace

std::shared_ptr<BodyStream> stream_file(const FileBody& body) {
    return std::make_shared<FileStream>(body);
}

} // namespace asyncjobs::http
