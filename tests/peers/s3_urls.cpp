// Reads lines of an endpoint, a region, `path` or `host`, a bucket, a session token, a key, a time
// in seconds since 1970, for how many seconds from then on, a content type and a content
// disposition, each ended by a tab, and prints a presigned URL for each line.

#include <asyncjobs/files/s3_file_store.hpp>

#include <array>
#include <iostream>
#include <string>

int main() {
    using namespace asyncjobs;
    std::ios::sync_with_stdio(false);
    std::array<std::string, 10> fields;
    for (;;) {
        for (auto& field : fields)
            if (!std::getline(std::cin, field, '\t')) return 0;
        std::cin.get(); // the end of the line
        const auto& [endpoint, region, style, bucket, token, key, at, lasts, type, disposition] =
            fields;
        const Timestamp now{std::chrono::seconds(std::stoll(at))};
        const files::S3FileStore store({.endpoint = endpoint,
                                        .region = region,
                                        .bucket = bucket,
                                        .path_style = style == "path",
                                        .credentials =
                                            [session = token] {
                                                return files::S3Credentials{
                                                    "AKIAIOSFODNN7EXAMPLE",
                                                    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                                                    session};
                                            },
                                        .now = [now] { return now; }});
        std::cout << store.url(key, now + std::chrono::seconds(std::stoll(lasts)),
                               {.response_content_type = type,
                                .response_content_disposition = disposition})
                  << '\n';
    }
}
