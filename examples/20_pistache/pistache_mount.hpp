// All that mounting takes, to copy into a host on Pistache.

#pragma once

#include <asyncjobs/http/file_stream.hpp>
#include <asyncjobs/http/job_api.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <fmt/format.h>
#include <pistache/http.h>
#include <pistache/peer.h>

#include <atomic>

#include <sys/socket.h>

/// Has the API answer requests of a Pistache endpoint. Writes to the peer itself: ResponseWriter
/// has its own idea of Content-Length, and ResponseStream may be flushed by a worker only. A
/// connection ends after a stream or a file, and when its next request comes before the last answer
/// is written.
///
/// Thread-safety  handle() is called by Pistache's workers; idle() by any thread.
/// Ownership      Made before the API and the endpoint, and destroyed after both.
class PistacheMount {
    using Peer = Pistache::Tcp::Peer;
    struct Connection;

public:
    ~PistacheMount() { pump_.join(); }

    inline void handle(asyncjobs::http::JobApi& api, const Pistache::Http::Request& from,
                       const std::shared_ptr<Peer>& peer);

    /// Whether all is answered, so that the endpoint can be shut down.
    bool idle() const { return under_way_.use_count() == 1; }

private:
    boost::asio::thread_pool pump_{1}; ///< asks for pieces and reads files, so that no worker does
    std::shared_ptr<void> under_way_ = std::make_shared<int>(); ///< shared by all open requests
};

/// Belongs to its peer. Lives on the pump's thread, and is destroyed there.
struct PistacheMount::Connection : std::enable_shared_from_this<Connection> {
    Connection(boost::asio::thread_pool& its_pump, const std::shared_ptr<Peer>& its_peer)
        : pump(its_pump), peer(its_peer) {}

    template <typename What>
    auto later(void (Connection::*member)(What)) {
        return [&on = pump, weak = weak_from_this(), member](What what) {
            post(on, [weak, member, what = std::move(what)]() mutable {
                const auto self = weak.lock();
                try {
                    if (self) (self.get()->*member)(std::move(what));
                } catch (const std::exception&) { // a file that can't be read
                    self->hang_up(0);
                }
            });
        };
    }

    void respond(asyncjobs::http::Response response) {
        std::string head = fmt::format("HTTP/1.1 {} {}\r\n", response.status,
                                       asyncjobs::http::reason_phrase(response.status));
        for (const auto& [name, value] : response.headers)
            head += fmt::format("{}: {}\r\n", name, value);
        const auto* text = std::get_if<std::string>(&response.body);
        if (const auto* file = std::get_if<asyncjobs::http::FileBody>(&response.body))
            stream = stream_file(*file);
        else if (!text)
            stream = std::get<std::shared_ptr<asyncjobs::http::BodyStream>>(response.body);
        chunked = http_1_1 && !body_length(response.body);
        keep = keep && text;
        head += keep ? "" : "Connection: close\r\n";
        head += chunked ? "Transfer-Encoding: chunked\r\n\r\n" : "\r\n";
        if (text)
            finish(head + *text);
        else
            write(head, later(&Connection::ask));
    }

    void ask(ssize_t) { stream->next(later(&Connection::take)); }

    void take(std::optional<std::string> piece) {
        if (!piece) return finish(chunked ? "0\r\n\r\n" : "");
        write(chunked ? fmt::format("{:x}\r\n{}\r\n", piece->size(), *piece) : *piece,
              later(&Connection::ask));
    }

    void finish(const std::string& text) {
        if (!keep) return write(text, later(&Connection::hang_up));
        auto done = std::exchange(under_way, nullptr);
        busy = false;
        write(text, [done](ssize_t) mutable { done.reset(); });
    }

    template <typename Then>
    void write(const std::string& text, Then then) {
        if (const auto to = peer.lock())
            to->send({text, text.size()}, MSG_NOSIGNAL)
                .then(then, Pistache::Async::IgnoreException);
    }

    void hang_up(ssize_t) {
        under_way.reset();
        if (const auto to = peer.lock()) ::shutdown(to->fd(), SHUT_RDWR);
    }

    boost::asio::thread_pool& pump;
    const std::weak_ptr<Peer> peer;
    std::atomic<bool> busy = false;
    std::shared_ptr<void> under_way;
    std::shared_ptr<asyncjobs::http::BodyStream> stream;
    bool http_1_1 = true, keep = true, chunked = false;
};

void PistacheMount::handle(asyncjobs::http::JobApi& api, const Pistache::Http::Request& from,
                           const std::shared_ptr<Peer>& peer) {
    asyncjobs::http::Request request{.method = methodString(from.method()),
                                     .target = from.resource() + from.query().as_str(),
                                     .body = from.body(),
                                     .remote_address = peer->address().host()};
    for (const auto& [name, field] : from.headers().rawList())
        request.headers.add(name, field.value());
    auto connection = std::static_pointer_cast<Connection>(peer->tryGetData("asyncjobs"));
    if (!connection) {
        const auto destroy = [this](Connection* old) { post(pump_, [old] { delete old; }); };
        connection.reset(new Connection(pump_, peer), destroy);
        peer->putData("asyncjobs", connection);
    }
    if (connection->busy.exchange(true)) return void(::shutdown(peer->fd(), SHUT_RDWR));
    connection->under_way = under_way_;
    connection->http_1_1 = from.version() == Pistache::Http::Version::Http11;
    connection->keep = connection->http_1_1 && request.headers.joined("Connection") != "close";
    peer->setIdle(true); // or an answer that takes longer than a head may take is a 408
    api.handle(std::move(request), connection->later(&Connection::respond));
}
