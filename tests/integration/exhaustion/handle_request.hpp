#pragma once

#include "faulty_heap.hpp"
#include "requests.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <thread>

inline constexpr auto patience = std::chrono::seconds{30};

/// Receives a response without allocating memory.
struct ResponseSink {
    void take(asyncjobs::http::Response response) {
        const std::lock_guard lock(mutex);
        last = std::move(response);
        ++count;
        came.notify_all();
    }
    asyncjobs::http::Response wait() {
        std::unique_lock lock(mutex);
        REQUIRE(came.wait_for(lock, patience, [this] { return count > 0; }));
        return std::move(last);
    }

    std::mutex mutex;
    std::condition_variable came;
    asyncjobs::http::Response last;
    int count = 0;
};

inline asyncjobs::http::Request neutral(const RequestKind& kind, const std::string& line) {
    asyncjobs::http::Request request{.method = line.substr(0, line.find(' ')),
                                     .target = line.substr(line.find(' ') + 1),
                                     .headers = {{"Authorization", "Bearer ann"}},
                                     .body = kind.body,
                                     .remote_address = "127.0.0.1"};
    for (std::string_view rest = kind.fields; !rest.empty();) {
        const auto end = rest.find("\r\n"), colon = rest.find(": ");
        request.headers.add(std::string(rest.substr(0, colon)),
                            std::string(rest.substr(colon + 2, end - colon - 2)));
        rest.remove_prefix(end + 2);
    }
    return request;
}

/// Reads a stream's first pieces, and abandons it.
inline void read_stream(const std::shared_ptr<asyncjobs::http::BodyStream>& stream) {
    struct Piece {
        std::mutex mutex;
        std::condition_variable came;
        std::optional<std::string> text;
        bool is_there = false;
    };
    for (int i = 0; i < 2; ++i) {
        const auto piece = std::make_shared<Piece>();
        asyncjobs::http::BodyStream::Deliver deliver = [piece](std::optional<std::string> text) {
            const std::lock_guard lock(piece->mutex);
            piece->text = std::move(text);
            piece->is_there = true;
            piece->came.notify_all();
        };
        try {
            const faulty_heap::NotSpared not_spared;
            stream->next(std::move(deliver));
        } catch (const std::bad_alloc&) {
            return;
        }
        std::unique_lock lock(piece->mutex);
        REQUIRE(piece->came.wait_for(lock, patience, [&] { return piece->is_there; }));
        if (!piece->text) return;
    }
}

inline asyncjobs::http::Response handle(asyncjobs::http::JobApi& api,
                                        asyncjobs::http::Request request, bool leaves = false) {
    const auto sink = std::make_shared<ResponseSink>();
    asyncjobs::http::JobApi::Respond respond = [sink](asyncjobs::http::Response response) {
        sink->take(std::move(response));
    };
    asyncjobs::http::RequestHandle ongoing;
    {
        const faulty_heap::NotSpared not_spared;
        ongoing = api.handle(std::move(request), std::move(respond));
        if (leaves) ongoing.cancel_wait();
    }
    auto response = sink->wait();
    const std::lock_guard lock(sink->mutex);
    CHECK(sink->count == 1);
    return response;
}

inline asyncjobs::http::Request get(std::string target) {
    return {
        .method = "GET", .target = std::move(target), .headers = {{"Authorization", "Bearer ann"}}};
}

/// Waits until only the request for the metrics is counted.
inline void await_idle(asyncjobs::http::JobApi& api) {
    for (const auto deadline = std::chrono::steady_clock::now() + patience;;) {
        const auto text = std::get<std::string>(handle(api, get("/metrics")).body);
        if (text.find("\nasyncjobs_http_requests_in_flight 1\n") != text.npos &&
            text.find("\nasyncjobs_http_requests_waiting 0\n") != text.npos &&
            text.find("\nasyncjobs_http_event_streams 0\n") != text.npos)
            return;
        REQUIRE_MESSAGE(std::chrono::steady_clock::now() < deadline, text);
        std::this_thread::yield();
    }
}
