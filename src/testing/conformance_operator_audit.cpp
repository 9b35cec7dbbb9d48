#include "conformance_operator.hpp"

/// What operators did.
namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {
namespace {

std::vector<JobId> entry_ids(const std::vector<AuditEntry>& entries) {
    std::vector<JobId> ids;
    for (const AuditEntry& entry : entries) ids.push_back(entry.id);
    return ids;
}

void returns_entries(Scene& scene) {
    AuditEntry entry{.id = scene.fresh_id(),
                     .at = long_ago,
                     .who = "Zoë \"Z\"",
                     .from = "10.0.0.1",
                     .action = "retry",
                     .target = std::string(AuditEntry::max_text, 't'),
                     .reason = "line 1\nline 2\t\\'",
                     .outcome = "done"};
    const Timestamp before = scene.operators().counts().now;
    scene.operators().record(entry);
    const auto page = scene.operators().audit({});
    expect_equal(page.entries.size(), 1, "entries");
    expect(page.entries[0].at >= before && page.entries[0].at <= scene.operators().counts().now,
           "the time of the entry by the store's clock");
    entry.at = page.entries[0].at;
    expect(page.entries[0] == entry, "the entry as it was recorded");
    expect(!page.next, "no further page");
}

void returns_the_newest_first(Scene& scene) {
    std::vector<JobId> ids;
    for (int i = 0; i < 5; ++i) ids.push_back(scene.fresh_id());
    for (const std::size_t i : {2U, 0U, 4U, 1U, 3U}) scene.operators().record({.id = ids[i]});
    for (std::size_t limit = 1; limit <= ids.size() + 1; ++limit) {
        AuditQuery query{.limit = limit};
        std::vector<JobId> found;
        for (std::size_t pages = 0; pages <= ids.size(); ++pages) {
            const auto page = scene.operators().audit(query);
            expect(page.entries.size() <= limit, "no more entries in a page than its limit");
            for (const JobId& id : entry_ids(page.entries)) found.push_back(id);
            query.before = page.next;
            if (!page.next) break;
        }
        expect_equal(found, newest_first(ids), fmt::format("entries in pages of {}", limit));
    }
}

void keeps_the_first_of_an_id(Scene& scene) {
    const auto id = scene.fresh_id();
    scene.operators().record({.id = id, .who = "first"});
    scene.operators().record({.id = id, .who = "second"});
    const auto entries = scene.operators().audit({}).entries;
    expect_equal(entries.size(), 1, "entries");
    expect_equal(entries[0].who, "first", "who");
}

void checks_entries(Scene& scene) {
    const auto refused = [&](std::string_view argument, auto AuditEntry::*member, std::string bad) {
        AuditEntry entry{.id = scene.fresh_id()};
        entry.*member = std::move(bad);
        expect_refused(argument, [&] { scene.operators().record(entry); });
    };
    const std::string with_nul("a\0b", 3), too_long(AuditEntry::max_text + 1, 'x');
    for (const std::string& bad : {with_nul, std::string("\xff"), too_long}) {
        refused("who", &AuditEntry::who, bad);
        refused("from", &AuditEntry::from, bad);
        refused("action", &AuditEntry::action, bad);
        refused("target", &AuditEntry::target, bad);
        refused("reason", &AuditEntry::reason, bad);
        refused("outcome", &AuditEntry::outcome, bad);
    }
    expect(scene.operators().audit({}).entries.empty(), "no refused entry");
    for (const std::size_t limit : {std::size_t{0}, AuditQuery::max_limit + 1})
        expect_refused("limit", [&] { scene.operators().audit({.limit = limit}); });
}

void purges_old_entries(Scene& scene) {
    for (int i = 0; i < 3; ++i) scene.operators().record({.id = scene.fresh_id()});
    const auto kept = JobId::make(scene.operators().counts().now, 1, 1);
    scene.operators().record({.id = kept});
    expect_equal(scene.operators().purge(2), 2, "entries purged by a purge of two");
    expect_equal(scene.operators().purge(100), 1, "entries purged by the next one");
    expect_equal(entry_ids(scene.operators().audit({}).entries), {kept}, "entries left");
}

} // namespace

Cases operator_audit_cases() {
    return {
        {"an audit entry is returned as it was recorded", returns_entries},
        {"audit entries are returned newest first, in pages of any length",
         returns_the_newest_first},
        {"a repeated audit entry changes nothing", keeps_the_first_of_an_id},
        {"an audit entry out of range is refused", checks_entries},
        {"a purge deletes old audit entries", purges_old_entries},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
