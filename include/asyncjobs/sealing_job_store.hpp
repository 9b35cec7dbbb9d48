#pragma once

#include <asyncjobs/store/forwarding_job_store.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// Encrypts and authenticates payloads: AES-256-GCM with a fresh nonce each time, for example.
///
/// Thread-safety  Full.
///
/// Errors         An exception of a member is thrown by the store's call; nothing is stored then.
class ASYNCJOBS_DECL Cipher {
public:
    virtual ~Cipher() = default;

    /// `purpose` is authenticated with the text, and not stored: open() receives the same one.
    virtual std::string seal(std::string_view text, std::string_view purpose) const = 0;

    /// Empty if `sealed` was changed, or sealed for another purpose or with another key.
    virtual std::optional<std::string> open(std::string_view sealed,
                                            std::string_view purpose) const = 0;
};

/// A cipher and the name by which stored payloads refer to it.
struct SealingKey {
    std::string id = {}; ///< 1-100 characters of `A-Z a-z 0-9 . _ : / -`; stored with what it seals
    std::shared_ptr<const Cipher> cipher = {};
};

/// Every member is checked by SealingJobStore's constructor.
struct SealingOptions {
    /// The first one seals, all of them open. To rotate: add the new key last in every process,
    /// then put it first in every process; remove the old one when no stored job is sealed with it.
    std::vector<SealingKey> keys = {};
    /// Whether to read payloads that were stored before the store was sealed.
    bool accept_plain = true;
    /// 1 s - 1 day; how long a claimed job whose payloads can't be opened here is released for.
    TimeSpan retry_unreadable_after = std::chrono::minutes{1};
    /// Called for each job that was released for that reason; must neither throw nor call the
    /// store.
    std::function<void(const JobId&, std::string_view reason)> on_unreadable = {};
};

/// Seals payloads in another store: inputs, including those of follow-ups, results, results of
/// steps, and details of errors. Everything else stays readable there: types, queues, owners, keys,
/// metadata, progress, the codes and messages of errors. NewJob::unique_by makes a hash of the
/// plain input, which shows whether two inputs are equal.
///
/// Use it for both Client and Executor. Jobs that a host submits in its own transaction do not pass
/// through it.
///
/// A payload that can't be opened (its key is unknown here, or it was changed) is read as
/// `{"unreadable": "..."}` with the reason. A job with such an input or step does not run: it is
/// released, with its attempt refunded, for a process that has the key.
///
/// Thread-safety  As the inner store.
/// Ownership      Borrows the inner store, which must outlive it.
/// Errors         Bad options throw Error (Errc::invalid_argument) that names the option, the value
///                and the rule; a payload that is too long to be sealed, Errc::invalid_payload.
class ASYNCJOBS_DECL SealingJobStore : public ForwardingJobStore {
public:
    SealingJobStore(JobStore& inner, SealingOptions options);

    /// Whether `payload` is the placeholder of a payload that can't be opened.
    static bool is_unreadable(const JsonText& payload);

    std::vector<Submitted> submit(std::span<const NewJob> jobs) override;
    Exchange exchange(std::span<const Settlement> settlements,
                      const ClaimRequest& request) override;
    std::vector<Renewal> renew(std::span<const Heartbeat> heartbeats, Duration lease_for) override;
    std::vector<ClaimedJob> leases_of(std::string_view worker) override;
    std::vector<std::optional<Job>> find(std::span<const JobId> ids) override;
    JobPage list(const JobQuery& query) override;

private:
    JsonText seal(const JsonText& plain, std::string_view purpose) const;
    std::vector<NewJob> seal(std::span<const NewJob> jobs) const;
    Settlement seal(const Settlement& settlement) const;
    /// Opens `payload` in place. If it can't, returns the reason and leaves the placeholder.
    std::optional<std::string> open(JsonText& payload, std::string_view purpose) const;
    void open(Job& job) const;
    /// Opens payloads, and releases the jobs that have one that can't be opened.
    void open(std::vector<ClaimedJob>& jobs);

    SealingOptions options_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/sealing_job_store.ipp>
#endif
