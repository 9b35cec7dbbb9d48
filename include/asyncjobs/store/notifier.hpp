#pragma once

#include <asyncjobs/config.hpp>
#include <asyncjobs/job_id.hpp>

#include <functional>
#include <memory>
#include <span>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// Passes hints between the users of one store: "there may be something to claim", "these jobs
/// changed". A lost hint costs a poll interval, never a job; a needless one costs a query.
///
/// Client and Executor publish their own changes. A backend that connects processes forwards what
/// is published here to the others, and publishes what it receives from them as
/// `Origin::elsewhere`.
///
/// Thread-safety  Every member may be called concurrently. Listeners run on the publishing thread,
///                must return quickly, must not throw, and must not subscribe or unsubscribe.
class ASYNCJOBS_DECL Notifier {
    struct Hub;

public:
    /// Ends the subscription when destroyed; by then the listener no longer runs.
    class ASYNCJOBS_DECL Subscription {
    public:
        Subscription() noexcept;
        Subscription(Subscription&&) noexcept;
        Subscription& operator=(Subscription&&) noexcept;
        ~Subscription();

    private:
        friend class Notifier;
        struct Entry;
        explicit Subscription(std::unique_ptr<Entry>) noexcept;
        std::unique_ptr<Entry> entry_;
    };

    /// Receives the name of a queue that may have something to claim.
    using ReadyListener = std::function<void(std::string_view queue)>;
    /// Receives jobs that may have changed.
    using ChangeListener = std::function<void(std::span<const JobId>)>;

    /// Where a hint was published: in this process or in another one.
    enum class Origin { here, elsewhere };

    Notifier();
    ~Notifier();
    Notifier(const Notifier&) = delete;
    Notifier& operator=(const Notifier&) = delete;

    [[nodiscard]] Subscription on_ready(ReadyListener);             ///< to ready()
    [[nodiscard]] Subscription on_changed(ChangeListener);          ///< to changed()
    [[nodiscard]] Subscription on_cancel_requested(ChangeListener); ///< to cancel_requested()

    /// For a backend: receives only what is published with Origin::here.
    [[nodiscard]] Subscription on_ready_here(ReadyListener);
    /// For a backend: receives only what is published with Origin::here.
    [[nodiscard]] Subscription on_cancel_requested_here(ChangeListener);

    /// Publishes that `queue` may have something to claim.
    void ready(std::string_view queue, Origin origin = Origin::here);
    /// Publishes that these jobs may have changed.
    void changed(std::span<const JobId> ids);
    /// Publishes that a processing job is to be cancelled.
    void cancel_requested(const JobId& id, Origin origin = Origin::here);

    /// Whether `changed` has subscribers; if not, the caller need not collect ids.
    bool is_watched() const noexcept;

private:
    std::shared_ptr<Hub> hub_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/notifier.ipp>
#endif
