#include "http_servers.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

namespace bench {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

using Answer = http::response<http::string_body>;
using Strand = asio::strand<asio::io_context::executor_type>;
using Socket = asio::basic_stream_socket<tcp, Strand>;

Answer parse(const std::string& text) {
    http::response_parser<http::string_body> parser;
    parser.eager(true);
    error_code error;
    parser.put(asio::buffer(text), error);
    if (error) throw std::runtime_error("the answer to be repeated can't be read");
    return parser.release();
}

class Connection : public std::enable_shared_from_this<Connection> {
public:
    Connection(Socket socket, const std::string& text, bool streams)
        : socket_(std::move(socket)), text_(text) {
        if (!streams) constant_ = parse(text);
        socket_.set_option(tcp::no_delay(true));
    }

    void read() {
        request_ = {};
        http::async_read(socket_, in_, request_,
                         [self = shared_from_this()](error_code error, std::size_t) {
                             if (!error) self->write();
                         });
    }

private:
    void write() {
        if (!constant_) return write_stream();
        answer_ = *constant_;
        http::async_write(socket_, answer_,
                          [self = shared_from_this()](error_code error, std::size_t) {
                              if (!error) self->read();
                          });
    }

    void write_stream() {
        asio::async_write(socket_, asio::buffer(text_),
                          [self = shared_from_this()](error_code error, std::size_t) {
                              if (!error) self->read();
                          });
    }

    Socket socket_;
    const std::string& text_;
    std::optional<Answer> constant_;
    boost::beast::flat_buffer in_;
    http::request<http::string_body> request_;
    Answer answer_;
};

class Acceptor {
public:
    Acceptor(asio::io_context& io, const std::string& answer)
        : io_(io), answer_(answer), streams_(answer.find("\r\nTransfer-Encoding:") != answer.npos),
          acceptor_(io, {asio::ip::address_v4::loopback(), 0}) {
        accept();
    }

    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

private:
    void accept() {
        acceptor_.async_accept(
            asio::make_strand(io_.get_executor()), [this](error_code error, Socket socket) {
                if (error) return;
                std::make_shared<Connection>(std::move(socket), answer_, streams_)->read();
                accept();
            });
    }

    asio::io_context& io_;
    const std::string& answer_;
    const bool streams_;
    asio::basic_socket_acceptor<tcp, asio::io_context::executor_type> acceptor_;
};

} // namespace

void serve_bare(Channel& channel, const std::string& answer, const Serving& how) {
    asio::io_context io(static_cast<int>(how.io_threads));
    Acceptor acceptor(io, answer);
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < how.io_threads; ++i) threads.emplace_back([&io] { io.run(); });
    channel.say(std::to_string(acceptor.port()));
    channel.hear_if_any(); // until it ends
    io.stop();
}

} // namespace bench
