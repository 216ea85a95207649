#include "tls_server.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>

namespace inpaint::test {
namespace {

constexpr long day = 24 * 3600;

template <auto release>
struct Release {
  template <class T>
  void operator()(T* what) const {
    release(what);
  }
};
using Bio = std::unique_ptr<BIO, Release<BIO_free_all>>;
using Key = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY_free>>;
using Paper = std::unique_ptr<X509, Release<X509_free>>;

std::string text_of(BIO* bio) {
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio, &text);
  return {text, static_cast<size_t>(size)};
}

Bio reader_of(const std::string& text) { return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

sockaddr_in local_address(int port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

int port_in(const std::string& url) { return std::stoi(url.substr(url.rfind(':') + 1)); }

int connect_to(int port) {
  const int connection = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = local_address(port);
  REQUIRE(::connect(connection, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  return connection;
}

void reset(int connection) {
  const linger at_once = {1, 0};
  ::setsockopt(connection, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::close(connection);
}

}  // namespace

Certificate make_certificate(const CertificateOptions& options) {
  const Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  const Paper paper(X509_new());
  X509_set_version(paper.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(paper.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(paper.get()), -10 * day);
  X509_gmtime_adj(X509_getm_notAfter(paper.get()), options.expired ? -day : day);
  X509_set_pubkey(paper.get(), key.get());
  X509_NAME* subject = X509_get_subject_name(paper.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("test"), -1, -1, 0);
  X509_set_issuer_name(paper.get(), subject);
  X509_EXTENSION* names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, options.name.c_str());
  REQUIRE(names != nullptr);
  X509_add_ext(paper.get(), names, -1);
  X509_EXTENSION_free(names);
  REQUIRE(X509_sign(paper.get(), key.get(), EVP_sha256()) > 0);
  const Bio certificate_text(BIO_new(BIO_s_mem())), key_text(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(certificate_text.get(), paper.get());
  PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return {text_of(certificate_text.get()), text_of(key_text.get())};
}

struct TlsServer::Context {
  std::unique_ptr<SSL_CTX, Release<SSL_CTX_free>> ssl{SSL_CTX_new(TLS_server_method())};
};

TlsServer::TlsServer(const HttpServer& server, const Certificate& certificate, int hang_ups)
    : context_(std::make_unique<Context>()), backend_port_(port_in(server.url())), hang_ups_(hang_ups) {
  const Paper paper(PEM_read_bio_X509(reader_of(certificate.certificate).get(), nullptr, nullptr, nullptr));
  const Key key(PEM_read_bio_PrivateKey(reader_of(certificate.key).get(), nullptr, nullptr, nullptr));
  REQUIRE(SSL_CTX_use_certificate(context_->ssl.get(), paper.get()) == 1);
  REQUIRE(SSL_CTX_use_PrivateKey(context_->ssl.get(), key.get()) == 1);
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = local_address(0);
  socklen_t size = sizeof address;
  REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::listen(listener_, 16) == 0);
  REQUIRE(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_connections(); });
}

TlsServer::~TlsServer() {
  stopping_ = true;
  acceptor_.join();
  for (std::thread& connection : connections_) connection.join();
  ::close(listener_);
}

std::string TlsServer::url(const std::string& path) const { return fmt::format("https://127.0.0.1:{}{}", port_, path); }

void TlsServer::accept_connections() {
  while (!stopping_) {
    pollfd waiting = {listener_, POLLIN, 0};
    if (::poll(&waiting, 1, 20) <= 0) continue;
    const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) continue;
    if (hang_ups_ > 0 && readable(connection, connection)) {
      --hang_ups_;
      reset(connection);
      continue;
    }
    connections_.emplace_back([this, connection] { serve(connection); });
  }
}

bool TlsServer::readable(int connection, int other) const {
  while (!stopping_) {
    std::array<pollfd, 2> waiting = {{{connection, POLLIN, 0}, {other, POLLIN, 0}}};
    if (::poll(waiting.data(), waiting.size(), 20) > 0) return true;
  }
  return false;
}

void TlsServer::serve(int connection) {
  sigset_t pipe = {};  // OpenSSL writes to clients that have hung up
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
  const std::unique_ptr<SSL, Release<SSL_free>> ssl(SSL_new(context_->ssl.get()));
  SSL_set_fd(ssl.get(), connection);
  if (SSL_accept(ssl.get()) == 1) {
    const int backend = connect_to(backend_port_);
    std::array<char, 16384> bytes;
    while (readable(connection, backend)) {
      pollfd answered = {backend, POLLIN, 0};
      if (::poll(&answered, 1, 0) > 0) {
        const ssize_t got = ::recv(backend, bytes.data(), bytes.size(), 0);
        if (got <= 0 || SSL_write(ssl.get(), bytes.data(), static_cast<int>(got)) <= 0) break;
        continue;
      }
      const int got = SSL_read(ssl.get(), bytes.data(), static_cast<int>(bytes.size()));
      if (got <= 0 || ::send(backend, bytes.data(), static_cast<size_t>(got), MSG_NOSIGNAL) != got) break;
    }
    SSL_shutdown(ssl.get());
    ::close(backend);
  }
  ::close(connection);
}

}  // namespace inpaint::test
