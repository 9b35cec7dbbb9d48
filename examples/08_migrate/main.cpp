// Migrates the tables of a store, or prints the SQL for review.
// Usage: example_08_migrate [--apply] [URL]

#include <asyncjobs/error.hpp>
#include <asyncjobs/soci/open_store.hpp>

#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <string_view>

int main(int argc, char** argv) {
    const bool applies = argc > 1 && std::string_view(argv[1]) == "--apply";
    const int url_at = applies ? 2 : 1;
    const std::string url = argc > url_at ? argv[url_at] : "sqlite:jobs.db";
    if (argc > url_at + 1 || (!url.empty() && url.front() == '-')) {
        fmt::print(stderr, "usage: example_08_migrate [--apply] [URL]\n");
        return 2;
    }
    try {
        const auto pending = asyncjobs::pending_migrations(url);
        for (const auto& migration : pending)
            fmt::print("-- version {}\n{}\n", migration.version, migration.sql);
        if (applies) asyncjobs::open_store(url);
        fmt::print("-- {} to apply{}\n", pending.size(), applies ? ", done" : "");
    } catch (const asyncjobs::Error& error) {
        fmt::print(stderr, "{}\n", error.what());
        return 1;
    }
}
