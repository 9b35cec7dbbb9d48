#pragma once

#include <asyncjobs/config.hpp>
#include <asyncjobs/limits.hpp>
#include <asyncjobs/log_entry.hpp>
#include <asyncjobs/retry_policy.hpp>
#include <asyncjobs/time.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI {

class EventStream;

/// A queue that an executor serves: `"reports"`, or with a weight `{"reports", 3}`.
struct ServedQueue {
    ServedQueue(std::string queue, unsigned chances = 0)
        : name(std::move(queue)), weight(chances) {}
    ServedQueue(std::string_view queue, unsigned chances = 0)
        : ServedQueue(std::string(queue), chances) {}
    ServedQueue(const char* queue, unsigned chances = 0)
        : ServedQueue(std::string(queue), chances) {}

    std::string name;
    /// 0-1000. Queues without a weight are served in the given order, after the weighted ones. Each
    /// claim draws a random order of the weighted queues, with chances in proportion to the
    /// weights, so that no queue starves.
    unsigned weight;
};

/// Every member is checked by Executor's constructor.
struct ExecutorOptions {
    std::vector<ServedQueue> queues = {"default"};
    unsigned concurrency = 0; ///< 0-10000; jobs at once; 0: one per core, at least 2
    /// 0-10000; how many of these may take a thread each, started on demand; 0: `concurrency`.
    /// Asynchronous handlers take none.
    unsigned threads = 0;
    std::string worker = {};  ///< this executor's name in the store; empty: host, process, random
    std::string version = {}; ///< of the program, for operators; at most 255 bytes
    TimeSpan lease_for =
        std::chrono::seconds{30}; ///< 100 ms - 1 day; a crash delays its jobs by about as long
    TimeSpan poll_every = std::chrono::seconds{1}; ///< 1 ms - 1 hour; makes up for lost hints
    TimeSpan report_every =
        std::chrono::milliseconds{250};              ///< 1 ms - 1 min; how often progress is stored
    TimeSpan rescue_every = std::chrono::seconds{5}; ///< 1 ms - 1 hour
    TimeSpan purge_every = std::chrono::minutes{1};  ///< 1 ms - 1 day
    /// 100 ms - 1 min; how often it reports to operators, counts ended attempts in the store and
    /// obeys orders. A crash loses the counts since the last heartbeat.
    TimeSpan heartbeat_every = std::chrono::seconds{5};
    /// How long a timed-out handler may take to stop. After it the attempt has failed, and another
    /// job takes its slot; its thread, if it has one, is replaced, and ends when the handler
    /// returns.
    TimeSpan timeout_grace = std::chrono::seconds{5};
    /// 1-1000; lost workers until a job is quarantined. An executor runs jobs that are one crash
    /// below the limit one at a time, so that none is quarantined for another's crash.
    int crash_limit = 3;
    /// 10 ms - 1 hour; how long stop() and the destructor, after waiting for handlers, let the
    /// store record the outcomes. The destructor then interrupts the calls of a store that hangs.
    Duration record_within = std::chrono::seconds{5};
    unsigned prefetch_limit = 1000; ///< 0-100000; most short jobs claimed ahead of a free thread
    RetryPolicy retry = {};         ///< for types without a policy of their own
    /// Apply to this executor's jobs only; names are unique. For limits over all processes see
    /// Client::set_limit.
    std::vector<Limit> limits = {};
    /// Called from any thread, one call at a time; must neither throw nor call the executor.
    std::function<void(const LogEntry&)> log = {};
    EventStream* events = nullptr; ///< borrowed: receives what happens to jobs here
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI
