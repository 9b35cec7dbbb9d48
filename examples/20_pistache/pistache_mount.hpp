// Mounts the job API into a host on Pistache; meant to be copied.

#pragma once

#include <asyncjobs/http/job_api.hpp>
#include <asyncjobs/http/wire.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <pistache/http.h>
#include <pistache/peer.h>

#include <atomic>

#include <sys/socket.h>

/// Passes requests of a Pistache endpoint to the API. Writes to the peer directly, because
/// ResponseWriter changes Content-Length, and only a worker may flush a ResponseStream. A
/// connection closes after a stream or a file, and if its next request arrives before the last
/// response is written.
///
/// Thread-safety  handle() is called by Pistache's workers; idle() by any thread.
/// Ownership      Made before the API and the endpoint, and destroyed after both.
class PistacheMount {
    using Peer = std::shared_ptr<Pistache::Tcp::Peer>;

    /// Owned by its peer. While `busy`, only the pump's thread uses the other members.
    struct Connection : std::enable_shared_from_this<Connection> {
        Connection(boost::asio::thread_pool& its_pump, const Peer& its_peer)
            : pump(its_pump), peer(its_peer) {}

        ~Connection() { ongoing.cancel_wait(); } // the client has disconnected

        auto later(auto then) {
            return [&on = pump, weak = weak_from_this(), then](auto what) {
                post(on, [weak, then, what = std::move(what)]() mutable {
                    if (const auto self = weak.lock()) (self.get()->*then)(std::move(what));
                });
            };
        }

        void respond(asyncjobs::http::Response response) {
            auto message = to_wire(std::move(response), http_1_1, keep);
            rest = std::move(message.rest);
            if (!message.keep_alive) {
                memory = std::move(message.memory);
                return take(std::move(message.start));
            }
            const auto done = std::exchange(under_way, nullptr);
            busy = false; // before the client can send the next request
            send(message.start, [done, kept = std::move(message.memory)](ssize_t) {});
        }

        void take(std::optional<std::string> piece) {
            if (piece) return send(*piece, later(&Connection::pull));
            if (const auto to = peer.lock()) ::shutdown(to->fd(), SHUT_RDWR);
        }

        void pull(ssize_t) { rest ? rest->next(later(&Connection::take)) : take(std::nullopt); }

        void send(const std::string& text, std::function<void(ssize_t)> then) {
            if (const auto to = peer.lock())
                to->send({text, text.size()}, MSG_NOSIGNAL).then(then, [](std::exception_ptr) {});
        }

        boost::asio::thread_pool& pump;
        const std::weak_ptr<Pistache::Tcp::Peer> peer;
        std::atomic<bool> busy = false;
        std::shared_ptr<void> under_way = {}, memory = {};
        std::shared_ptr<asyncjobs::http::BodyStream> rest = {};
        asyncjobs::http::RequestHandle ongoing = {};
        bool http_1_1 = true, keep = true;
    };

    boost::asio::thread_pool pump_{1}; ///< pulls pieces and reads files, so that no worker blocks
    std::shared_ptr<void> under_way_ = std::make_shared<int>(); ///< shared by all open requests

public:
    void handle(asyncjobs::http::JobApi& api, const Pistache::Http::Request& from, const Peer& to) {
        asyncjobs::http::Request request{.method = methodString(from.method()),
                                         .target = from.resource() + from.query().as_str(),
                                         .body = from.body(),
                                         .remote_address = to->address().host()};
        for (const auto& [name, field] : from.headers().rawList())
            request.headers.add(name, field.value());
        auto link = std::static_pointer_cast<Connection>(to->tryGetData("jobs"));
        if (!link) to->putData("jobs", link = std::make_shared<Connection>(pump_, to));
        if (link->busy.exchange(true)) return void(::shutdown(to->fd(), SHUT_RDWR));
        link->under_way = under_way_;
        link->http_1_1 = from.version() == Pistache::Http::Version::Http11;
        link->keep = link->http_1_1 && request.headers.joined("Connection") != "close";
        to->setIdle(true); // otherwise a response slower than the limit for a head becomes a 408
        link->ongoing = api.handle(std::move(request), link->later(&Connection::respond));
    }

    /// True if no response is outstanding, so that the endpoint can be shut down.
    bool idle() const { return under_way_.use_count() == 1; }
};
