#include "remote/curl_private.h"

#include <openssl/x509_vfy.h>

#include <mutex>
#include <stdexcept>

namespace inpaint {

void start_libcurl() {
  static std::once_flag once;
  std::call_once(once, [] {
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) throw std::runtime_error("libcurl cannot be started");
  });
}

HttpFailure::Kind failure_kind(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR: return HttpFailure::Kind::unreachable;  // the last: not for want of trust
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR: return HttpFailure::Kind::untrusted;
    case CURLE_OPERATION_TIMEDOUT: return HttpFailure::Kind::timeout;
    default: return HttpFailure::Kind::broken;
  }
}

std::string trust_advice(CURL* transfer, CURLcode code) {
  if (code == CURLE_SSL_CACERT_BADFILE)
    return "; the variable SSL_CERT_FILE must name a PEM file with the certificates to trust";
  if (code != CURLE_PEER_FAILED_VERIFICATION) return "";
  long found = X509_V_OK;
  curl_easy_getinfo(transfer, CURLINFO_SSL_VERIFYRESULT, &found);
  switch (found) {
    case X509_V_OK:
    case X509_V_ERR_UNSPECIFIED:  // libcurl looks at the name first, itself
      return "; correct the host's name in the address to one that the certificate is made for";
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "; check this machine's clock; if it is right, the server needs a new one";
    default:
      return "; if you trust it, set the variable SSL_CERT_FILE to a PEM file that holds it, or its authority's "
             "certificate";
  }
}

NoSigpipe::NoSigpipe() {
  sigemptyset(&pipe_);
  sigaddset(&pipe_, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
}

NoSigpipe::~NoSigpipe() {
  const timespec at_once = {};
  while (sigtimedwait(&pipe_, nullptr, &at_once) == SIGPIPE) {
  }
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

}  // namespace inpaint
