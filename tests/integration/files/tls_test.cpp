#include "http_exchange.hpp"

#include "integration/private_server.hpp"
#include "scratch_directory.hpp"
#include "unit/thrown.hpp"

using namespace asyncjobs;
using namespace asyncjobs::files;
using namespace std::chrono_literals;

namespace {

/// The TLS server of the openssl tool, which returns a page about itself for every GET.
class TlsServer {
public:
    TlsServer() : process_(command(), out_.write_end()) {
        out_.close_write_end();
        std::string line;
        while (!line.starts_with("ACCEPT ")) line = read_line();
        port_ = static_cast<std::uint16_t>(std::stoi(line.substr(line.rfind(':') + 1)));
    }

    std::string certificate() const { return (folder_ / "certificate").string(); }

    unsigned ask(const std::string& host, const std::string& ca_file) const {
        const auto client = make_http_client(ca_file, 10s);
        return exchange(client, {.host = host, .port = port_, .authority = host},
                        {.headers = {{"host", host}}}, std::nullopt)
            .status;
    }

private:
    std::vector<std::string> command() const {
        const auto key = (folder_ / "key").string();
        output_of({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                   "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=localhost", "-addext",
                   "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate()});
        return {"/usr/bin/openssl", "s_server", "-accept", "127.0.0.1:0", "-key", key, "-cert",
                certificate(),      "-www"};
    }

    std::string read_line() {
        std::string line;
        for (char c = 0; c != '\n';) {
            if (::read(out_.read_end(), &c, 1) != 1) throw std::runtime_error("openssl has ended");
            if (c != '\n') line += c;
        }
        return line;
    }

    ScratchDirectory folder_;
    Pipe out_;
    ChildProcess process_;
    std::uint16_t port_ = 0;
};

} // namespace

TEST_CASE("a server needs a trusted certificate for its name") {
    const TlsServer server;
    CHECK(server.ask("localhost", server.certificate()) == 200);

    const auto untrusted = thrown_by([&] { server.ask("localhost", ""); });
    CHECK(has(untrusted.what(), "certificate verify failed"));
    CHECK(untrusted.code() == Errc::store_unavailable);
    const auto stranger = thrown_by([&] { server.ask("127.0.0.1", server.certificate()); });
    CHECK(has(stranger.what(), "certificate verify failed"));
}
