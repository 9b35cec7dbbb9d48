#include "run_conformance.hpp"

#include <asyncjobs/sealing_job_store.hpp>
#include <asyncjobs/store/forwarding_job_store.hpp>
#include <asyncjobs/store/memory_job_store.hpp>
#include <asyncjobs/testing/faulty_job_store.hpp>

namespace {

using asyncjobs::ForwardingJobStore;
using asyncjobs::MemoryJobStore;
using asyncjobs::SealingJobStore;
using asyncjobs::Timestamp;
using asyncjobs::testing::FaultyJobStore;

/// Turns a text into another one, of valid and invalid UTF-8.
struct Inverting final : asyncjobs::Cipher {
    std::string seal(std::string_view text, std::string_view) const override {
        std::string out(text);
        for (char& c : out) c = static_cast<char>(~c);
        return out;
    }
    std::optional<std::string> open(std::string_view sealed,
                                    std::string_view purpose) const override {
        return seal(sealed, purpose);
    }
};

/// Seals with its own key.
struct SealedStore final : SealingJobStore {
    explicit SealedStore(MemoryJobStore& store)
        : SealingJobStore(store,
                          {.keys = {{.id = "key", .cipher = std::make_shared<Inverting>()}}}) {}
};

TEST_CASE("the memory store conforms") {
    conformance::run(conformance::shared_store<MemoryJobStore, ForwardingJobStore>());
}

TEST_CASE("the memory store conforms while its clock stands still") {
    const auto noon = [] { return Timestamp(std::chrono::hours{12} + std::chrono::days{20'000}); };
    conformance::run(
        conformance::shared_store<MemoryJobStore, ForwardingJobStore>(MemoryJobStore::Clock(noon)));
}

TEST_CASE("a sealing store conforms") {
    conformance::run(conformance::shared_store<MemoryJobStore, SealedStore>());
}

TEST_CASE("the memory store conforms while its clock is moved") {
    const conformance::MovedClock clock;
    conformance::run_with(clock, conformance::shared_store<MemoryJobStore, ForwardingJobStore>(
                                     MemoryJobStore::Clock(clock)));
}

TEST_CASE("a faulty store without faults conforms") {
    std::unique_ptr<MemoryJobStore> store;
    conformance::run(
        {.reset = [&] { store = std::make_unique<MemoryJobStore>(); },
         .open = [&] { return std::make_unique<FaultyJobStore>(*store, FaultyJobStore::Plan()); }});
}

} // namespace
