#include "http_servers.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

namespace bench {
namespace {

namespace asio = boost::asio;
namespace beast_http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

using Response = beast_http::response<beast_http::string_body>;
using Strand = asio::strand<asio::io_context::executor_type>;
using Socket = asio::basic_stream_socket<tcp, Strand>;

Response parse(const std::string& text) {
    beast_http::response_parser<beast_http::string_body> parser;
    parser.eager(true);
    error_code error;
    parser.put(asio::buffer(text), error);
    if (error) throw std::runtime_error("invalid response to repeat");
    return parser.release();
}

/// The state that all connections share.
struct Server {
    const std::string& response;
    const BareWork& work;
    const bool streams;
    asio::thread_pool workers;
};

class Connection : public std::enable_shared_from_this<Connection> {
public:
    Connection(Socket socket, Server& server) : socket_(std::move(socket)), server_(server) {
        if (!server.streams) constant_ = parse(server.response);
        socket_.set_option(tcp::no_delay(true));
    }

    void read() {
        request_ = {};
        beast_http::async_read(socket_, in_, request_,
                               [self = shared_from_this()](error_code error, std::size_t) {
                                   if (!error) self->work();
                               });
    }

private:
    void work() {
        if (server_.work.threads == 0) return write();
        asio::post(server_.workers, [self = shared_from_this()] {
            self->server_.work.work(self->request_.body());
            asio::post(self->socket_.get_executor(), [self] { self->write(); });
        });
    }

    void write() {
        if (!constant_) return write_stream();
        response_ = *constant_;
        beast_http::async_write(socket_, response_,
                                [self = shared_from_this()](error_code error, std::size_t) {
                                    if (!error) self->read();
                                });
    }

    void write_stream() {
        asio::async_write(socket_, asio::buffer(server_.response),
                          [self = shared_from_this()](error_code error, std::size_t) {
                              if (!error) self->read();
                          });
    }

    Socket socket_;
    Server& server_;
    std::optional<Response> constant_;
    boost::beast::flat_buffer in_;
    beast_http::request<beast_http::string_body> request_;
    Response response_;
};

class Acceptor {
public:
    Acceptor(asio::io_context& io, Server& server)
        : io_(io), server_(server), acceptor_(io, {asio::ip::address_v4::loopback(), 0}) {
        accept();
    }

    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

private:
    void accept() {
        acceptor_.async_accept(asio::make_strand(io_.get_executor()),
                               [this](error_code error, Socket socket) {
                                   if (error) return;
                                   std::make_shared<Connection>(std::move(socket), server_)->read();
                                   accept();
                               });
    }

    asio::io_context& io_;
    Server& server_;
    asio::basic_socket_acceptor<tcp, asio::io_context::executor_type> acceptor_;
};

} // namespace

void serve_bare(Channel& channel, const std::string& response, const Serving& how,
                const BareWork& work) {
    asio::io_context io(static_cast<int>(how.io_threads));
    Server server{.response = response,
                  .work = work,
                  .streams = response.find("\r\nTransfer-Encoding:") != response.npos,
                  .workers = asio::thread_pool(std::max<std::size_t>(work.threads, 1))};
    Acceptor acceptor(io, server);
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < how.io_threads; ++i) threads.emplace_back([&io] { io.run(); });
    channel.send_line(std::to_string(acceptor.port()));
    channel.receive_line_if_any(); // until it ends
    io.stop();
    server.workers.join();
}

} // namespace bench
