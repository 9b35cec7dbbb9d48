#include "zip_archive.hpp"

#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string_view>

namespace report_server {
namespace {

[[noreturn]] void fail(const std::string& problem) {
    throw std::runtime_error{"broken zip archive: " + problem};
}

/// A part of the archive, read with bounds checked and little-endian.
class Bytes {
public:
    explicit Bytes(std::string_view bytes) : bytes_{bytes} {}

    std::string_view slice(std::size_t offset, std::size_t size) const {
        if (offset > bytes_.size() || size > bytes_.size() - offset) fail("it ends too early");
        return bytes_.substr(offset, size);
    }

    std::uint32_t number(std::size_t offset, std::size_t size) const {
        std::uint32_t value = 0;
        const std::string_view digits = slice(offset, size);
        for (std::size_t index = size; index-- > 0;)
            value = (value << 8u) | static_cast<unsigned char>(digits[index]);
        return value;
    }

    std::string_view text() const { return bytes_; }

private:
    std::string_view bytes_;
};

struct Member {
    std::string name;
    std::uint32_t method = 0;
    std::uint32_t checksum = 0;
    std::string_view packed;
    std::size_t size = 0;
};

constexpr std::uint32_t stored = 0;
constexpr std::uint32_t deflated = 8;

std::string inflated(std::string_view packed, std::size_t size) {
    std::string content(size, '\0');
    z_stream stream{};
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) fail("no memory to inflate");
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    stream.next_out = reinterpret_cast<Bytef*>(content.data());
    stream.avail_out = static_cast<uInt>(content.size());
    const int result = inflate(&stream, Z_FINISH);
    const bool is_complete = result == Z_STREAM_END && stream.total_out == size;
    inflateEnd(&stream);
    if (!is_complete) fail("a member can't be inflated");
    return content;
}

/// Reads the central directory's entry at `offset` and moves `offset` behind it.
Member next_member(const Bytes& archive, std::size_t& offset) {
    constexpr std::size_t entry_size = 46;
    constexpr std::size_t local_header_size = 30;
    if (archive.slice(offset, 4) != "PK\1\2") fail("a directory entry is missing");
    const std::size_t name_size = archive.number(offset + 28, 2);
    const std::size_t local = archive.number(offset + 42, 4);
    if (archive.slice(local, 4) != "PK\3\4") fail("a member is missing");
    const std::size_t content =
        local + local_header_size + archive.number(local + 26, 2) + archive.number(local + 28, 2);
    Member member{.name = std::string{archive.slice(offset + entry_size, name_size)},
                  .method = archive.number(offset + 10, 2),
                  .checksum = archive.number(offset + 16, 4),
                  .packed = archive.slice(content, archive.number(offset + 20, 4)),
                  .size = archive.number(offset + 24, 4)};
    offset +=
        entry_size + name_size + archive.number(offset + 30, 2) + archive.number(offset + 32, 2);
    return member;
}

std::string content_of(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) fail(file.string() + " can't be read");
    return {std::istreambuf_iterator<char>(in), {}};
}

std::string unpacked(const Member& member) {
    if (member.method != stored && member.method != deflated) fail("unknown compression");
    std::string content =
        member.method == stored ? std::string{member.packed} : inflated(member.packed, member.size);
    const auto checksum =
        crc32(0, reinterpret_cast<const Bytef*>(content.data()), static_cast<uInt>(content.size()));
    if (content.size() != member.size || checksum != member.checksum)
        fail("the member " + member.name + " does not match its checksum");
    return content;
}

} // namespace

std::map<std::string, std::string> read_zip_archive(const std::filesystem::path& file) {
    const std::string content = content_of(file);
    const Bytes archive{content};
    const auto end = archive.text().rfind("PK\5\6");
    if (end == std::string_view::npos) fail("its directory is missing");

    std::map<std::string, std::string> members;
    std::size_t offset = archive.number(end + 16, 4);
    for (std::uint32_t left = archive.number(end + 10, 2); left > 0; --left) {
        const Member member = next_member(archive, offset);
        members[member.name] = unpacked(member);
    }
    return members;
}

} // namespace report_server
