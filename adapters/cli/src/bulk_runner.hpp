#pragma once

#include "connection.hpp"

#include <memory>

namespace asyncjobs::inline ASYNCJOBS_ABI::cli {

/// Runs bulk actions in this process while it lives.
class BulkRunner {
public:
    explicit BulkRunner(LocalStore& local);
    ~BulkRunner();
    BulkRunner(const BulkRunner&) = delete;
    BulkRunner& operator=(const BulkRunner&) = delete;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli
