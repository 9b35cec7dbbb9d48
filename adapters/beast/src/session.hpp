#pragma once

#include "framing.hpp"
#include "hub.hpp"
#include "transport.hpp"

#include <asyncjobs/http/response_head.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::beast {

/// One connection: reads a request, passes it to the API, writes the response, and repeats.
///
/// Runs on the I/O thread of its socket, except start() and stop(), which any thread may call. An
/// idle connection has no buffer.
class Session : public std::enable_shared_from_this<Session> {
public:
    Session(std::shared_ptr<Hub> hub, std::unique_ptr<Hub::Admission> admission,
            Transport::Socket socket, const boost::asio::ip::address& peer);
    ~Session();

    void start();

    /// Closes now, or, if `gracefully`, after the request in progress.
    void stop(bool gracefully);

    /// Whether the awaited response was lost. Thread-safe, like start() and stop().
    bool has_lost_response() const noexcept { return lost_response_; }

private:
    using Clock = std::chrono::steady_clock;
    using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
    using Stream = std::shared_ptr<http::BodyStream>;
    enum class Phase {
        handshake,
        idle,
        head,
        body,
        handling,
        writing,
        streaming,
        lingering,
        closed
    };

    void start_connection();
    void await_request();
    void read_first_bytes();
    void on_first_bytes(boost::system::error_code error, std::size_t bytes);
    void begin_head();
    void read_head();
    void on_head_bytes();
    void begin_request();
    void begin_body();
    void read_body();
    void on_body_bytes();
    boost::system::error_code feed_parser();
    std::size_t room_for_body() const;
    Hub::Full account_body();
    void pass_to_api(std::string body);

    void refuse(unsigned status, std::string code, std::string detail);
    void refuse_framing();
    void respond(http::Response response);
    void write(bool with_head);
    bool fill_slice();
    void begin_stream();
    void request_piece();
    void on_piece(std::optional<std::string> piece);
    void write_piece(std::string piece, void (Session::*then)());
    void end_exchange();
    void linger();
    void end_sending();
    void await_end();
    void close() noexcept;

    /// Calls `what`; closes the connection if it throws.
    template <typename What>
    void safely(What what) noexcept;
    template <typename What>
    std::function<void(What)> callback_for(Phase awaited, void (Session::*take)(What));

    void set_deadline(Clock::time_point deadline);
    void watch_deadline();
    void on_deadline();
    template <typename Handler>
    auto guarded(Handler handler);

    const std::shared_ptr<Hub> hub_;
    const std::unique_ptr<Hub::Admission> admission_;
    Transport transport_;
    const std::string peer_name_;
    boost::asio::steady_timer timer_;
    Clock::time_point deadline_ = Clock::time_point::max();
    Phase phase_ = Phase::idle;

    boost::beast::flat_buffer in_;
    std::size_t scanned_ = 0;      ///< bytes of `in_` searched for the head's end
    bool blank_line_seen_ = false; ///< before the head
    std::size_t head_length_ = 0;
    Head head_;
    std::optional<Parser> parser_;
    std::size_t extensions_ = 0; ///< bytes, of all chunks
    std::function<void(std::uint64_t, std::string_view, boost::system::error_code&)>
        check_extensions_;
    Clock::time_point body_began_ = {};
    std::size_t body_memory_ = 0; ///< taken from the hub

    http::RequestHandle request_handle_;
    std::atomic<bool> lost_response_ = false;
    bool keep_ = false;      ///< the connection persists after this exchange
    bool has_ended_ = false; ///< the peer has ended its side
    http::Response response_;
    std::string out_text_;   ///< what is being written: a head, or a piece of a stream
    std::uint64_t sent_ = 0; ///< of the body
    std::vector<char> slice_;
    std::array<char, 1024> first_bytes_; ///< the first bytes of a request, or ignored ones
    bool is_reading_first_bytes_ = false;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::beast
