#pragma once

#include <asyncjobs/detail/memory_state.hpp>
#include <asyncjobs/store/job_search.hpp>

#include <cstddef>
#include <optional>
#include <set>
#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// One search of the jobs of a MemoryJobStore, in the index that fits best.
class MemoryJobStore::State::Search {
public:
    Search(State& state, const JobSearch& search);

    JobSearchPage run();

private:
    bool look(const Record& record);
    bool is_related(const Record& record) const;
    SearchPosition position_of(const Record& record) const;

    void look_at_newest();
    void look_at_key_holders();
    bool look_at_processing();
    void look_at(const std::set<JobId>& ids);
    template <typename Iterator, typename RecordAt>
    void look_back(Iterator first, Iterator end, RecordAt record_at);
    template <typename Index>
    void look_back(const Index& index);
    void look_at_claims();
    bool look_at_queue(const std::string& name, Queue& queue);

    State& state_;
    const JobSearch& search_;
    IdRange ids_; ///< of the newest first: those of the search that are left
    JobSearchPage page_;
    std::size_t looks_ = 0;
    const Record* last_ = nullptr; ///< that it has looked at
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI
