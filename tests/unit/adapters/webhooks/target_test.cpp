#include "../../thrown.hpp"
#include "target.hpp"

namespace {

using namespace asyncjobs;
using namespace asyncjobs::webhooks;

Target parsed(const std::string& url, const TargetRules& rules = {}) {
    return parse_target("url", url, rules);
}

std::string refused(const std::string& url, const TargetRules& rules = {}) {
    CAPTURE(url);
    return refusal(Errc::invalid_argument, [&] { parsed(url, rules); });
}

} // namespace

TEST_CASE("a URL is split into the parts of a request") {
    const auto target = parsed("https://Hooks.Example.com/a/b%20c?d=e&f");
    CHECK(target.tls);
    CHECK(target.host == "hooks.example.com");
    CHECK_FALSE(target.is_address);
    CHECK(target.port == 443);
    CHECK(target.authority == "hooks.example.com");
    CHECK(target.path == "/a/b%20c?d=e&f");
}

TEST_CASE("a path begins with a slash") {
    CHECK(parsed("https://example.com").path == "/");
    CHECK(parsed("https://example.com?a=b").path == "/?a=b");
}

TEST_CASE("only https is accepted unless http is allowed") {
    for (const char* url : {"http://example.com/", "ftp://example.com/", "file:///etc/passwd",
                            "//example.com/", "/a", "example.com", "", "https:example.com",
                            "https://", "https:///a", "gopher://example.com:70/"})
        CHECK(has(refused(url), "url is"));
    const TargetRules lenient{.allow_http = true};
    CHECK_FALSE(parsed("http://example.com/", lenient).tls);
    CHECK(parsed("http://example.com/", lenient).port == 80);
    CHECK(has(refused("ftp://example.com/", lenient), "http://"));
}

TEST_CASE("a user or a fragment is refused") {
    CHECK(has(refused("https://user@example.com/"), "user"));
    CHECK(has(refused("https://user:secret@example.com/"), "user"));
    CHECK_FALSE(has(refused("https://user:secret@example.com/"), "secret"));
    CHECK(has(refused("https://@example.com/"), "user"));
    CHECK(has(refused("https://example.com/#a"), "fragment"));
    CHECK(has(refused("https://example.com/#"), "fragment"));
}

TEST_CASE("a port must be the scheme's default or a listed one") {
    CHECK(parsed("https://example.com:443/").authority == "example.com");
    CHECK(parsed("https://example.com:/").port == 443);
    for (const char* port : {"80", "22", "8443", "0", "65535", "65536", "99999", "4294967739"})
        CHECK(has(refused(std::string("https://example.com:") + port + "/"), "port"));
    const auto target = parsed("https://example.com:8443/", {.ports = {8443}});
    CHECK(target.port == 8443);
    CHECK(target.authority == "example.com:8443");
}

TEST_CASE("an address in canonical form is accepted") {
    CHECK(parsed("https://93.184.216.34/").is_address);
    const auto six = parsed("https://[2606:4700:4700::1111]/");
    CHECK(six.is_address);
    CHECK(six.host == "2606:4700:4700::1111");
    CHECK(six.authority == "[2606:4700:4700::1111]");
}

TEST_CASE("an address in another form is refused") {
    for (const char* host :
         {"2130706433", "0x7f000001", "0x7F.1", "0177.0.0.1", "127.1", "127.0.1", "1.2.3.4.5",
          "127.0.0.1.example.com", "8.8.8.8a", "256.1.1.1", "127.0.0.01", "0x7f.0.0.0x1", "a.0x7f",
          "example.1", "[v1.a]", "[::1%25lo]", "[::1%lo]", "%31%32%37.0.0.1", "127.0.0.1."}) {

        CHECK(has(refused(std::string("https://") + host + "/"), "url is"));
    }
}

TEST_CASE("a name must consist of labels of letters, digits and hyphens") {
    CHECK(parsed("https://xn--bcher-kva.example/").host == "xn--bcher-kva.example");
    CHECK(parsed("https://localhost/").host == "localhost");
    for (const char* host : {"a..b", ".a", "example.com.", "-a.com", "a-.com", "a_b.com",
                             "a%2eb.com", "exa%00mple.com", "a!b.com",
                             "b\xC3\xBC"
                             "cher.example"})
        CHECK(has(refused(std::string("https://") + host + "/"), "url is"));
    CHECK(has(refused("https://" + std::string(64, 'a') + ".com/"), "host"));
    CHECK(has(refused("https://b\xC3\xBC"
                      "cher.com/"),
              "xn--"));
    CHECK(has(refused("https://example.com./"), "without a trailing dot"));
}

TEST_CASE("hosts of inner networks are refused with the rule unless allowed") {
    const auto rule = [](const std::string& host, Networks networks) {
        return rule_against(parsed("https://" + host + "/"), networks);
    };
    const std::vector<std::pair<const char*, const char*>> inner = {
        {"billing", "one dot"},
        {"LocalHost", "one dot"},
        {"billing.shop.svc.cluster.local", "under .local"},
        {"crm.example", "under .example"},
        {"a.TEST", "under .test"},
        {"db.internal", "under .internal"},
        {"a.localhost", "under .localhost"},
        {"router.home.arpa", "under .home.arpa"},
        {"ipv4only.arpa", "under .ipv4only.arpa"},
        {"nas.lan", "under .lan"},
        {"10.1.2.3", "reserved address"},
        {"[fd00::1]", "reserved address"},
        {"[::ffff:10.0.0.1]", "reserved address"}};
    for (const auto& [host, why] : inner) {
        const std::string name = host;
        CAPTURE(name);
        CHECK(has(rule(name, Networks::public_only), "must be public"));
        CHECK(has(rule(name, Networks::public_only), why));
        CHECK(rule(name, Networks::any).empty());
    }
    for (const char* host : {"example.com", "localhost.example.org", "mylocal.org", "contest.org",
                             "my-example.org", "8.8.8.8", "[2606:4700:4700::1111]"}) {
        CAPTURE(host);
        CHECK(rule(host, Networks::public_only).empty());
    }
}

TEST_CASE("hosts that never resolve are always refused") {
    for (const char* host : {"nowhere.invalid", "invalid", "a.onion", "a.alt", "224.0.0.1",
                             "255.255.255.255", "[ff02::1]", "[::ffff:224.0.0.1]"}) {
        CAPTURE(host);
        const auto target = parsed("https://" + std::string(host) + "/");
        CHECK_FALSE(rule_against(target, Networks::any).empty());
        CHECK_FALSE(rule_against(target, Networks::public_only).empty());
    }
}

TEST_CASE("a URL with a line end is refused") {
    for (const char* url : {"https://example.com/\r\nX: y", "https://example.com/ HTTP/1.1",
                            "https://example.com/\t", "https://exam\nple.com/"})
        CHECK(has(refused(url), "absolute URL"));
}

TEST_CASE("a URL that is too long is refused") {
    const std::string url = "https://example.com/";
    parsed(url + std::string(2048 - url.size(), 'a'));
    CHECK(has(refused(url + std::string(2049 - url.size(), 'a')), "2048"));
}
