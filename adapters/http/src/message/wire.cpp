#include <asyncjobs/http/wire.hpp>

#include <asyncjobs/http/file_stream.hpp>
#include <asyncjobs/http/response_head.hpp>

#include <exception>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {
namespace {

class ChunkedStream final : public BodyStream {
public:
    explicit ChunkedStream(std::shared_ptr<BodyStream> body) : body_(std::move(body)) {}

    void next(Deliver deliver) override {
        if (*ended_) return deliver(std::nullopt);
        body_->next([ended = ended_, deliver = std::move(deliver)](auto piece) {
            *ended = !piece;
            deliver(chunk(piece.value_or("")));
        });
    }

private:
    const std::shared_ptr<BodyStream> body_;
    // A piece may be delivered after this is destroyed.
    const std::shared_ptr<bool> ended_ = std::make_shared<bool>(false);
};

/// Ends where the body can't be completed, so that the connection closes there.
class StreamToItsEnd final : public BodyStream {
public:
    explicit StreamToItsEnd(std::shared_ptr<BodyStream> body) : body_(std::move(body)) {}

    void next(Deliver deliver) override {
        try {
            body_->next(deliver);
        } catch (const std::exception&) {
            deliver(std::nullopt);
        }
    }

private:
    const std::shared_ptr<BodyStream> body_;
};

} // namespace

WireMessage to_wire(Response response, bool http_1_1, bool keep_alive) {
    WireMessage message;
    if (const auto* file = std::get_if<FileBody>(&response.body)) message.rest = stream_file(*file);
    const bool chunked = http_1_1 && !body_length(response.body);
    if (const auto* stream = std::get_if<std::shared_ptr<BodyStream>>(&response.body))
        message.rest = chunked ? std::make_shared<ChunkedStream>(*stream) : *stream;
    if (message.rest) message.rest = std::make_shared<StreamToItsEnd>(std::move(message.rest));
    const bool is_framed =
        response.status == 204 || response.status == 304 || response.headers.find("Content-Length");
    message.keep_alive = keep_alive && !message.rest && is_framed;
    const auto now = std::chrono::floor<Duration>(std::chrono::system_clock::now());
    message.start = response_head(response, now, persistence(http_1_1, message.keep_alive),
                                  chunked ? Framing::chunked : Framing::declared);
    if (const auto* text = std::get_if<std::string>(&response.body)) message.start += *text;
    message.memory = std::move(response.memory);
    return message;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
