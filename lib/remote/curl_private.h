// What all users of libcurl share.
#pragma once
#include <curl/curl.h>
#include <signal.h>

#include <string>

#include "remote/http.h"

namespace inpaint {

/// Readies libcurl, once for the process. Throws std::runtime_error if it cannot be.
void start_libcurl();

/// What a transfer that ended with this code failed of; not of CURLE_OK.
HttpFailure::Kind failure_kind(CURLcode code);

/// What to do about a certificate that was refused, as the end of a sentence; empty if none was.
std::string trust_advice(CURL* transfer, CURLcode code);

/// While it lives, a connection that the other side closed does not end the program: OpenSSL writes without
/// MSG_NOSIGNAL. For the thread that it lives on.
class NoSigpipe {
 public:
  NoSigpipe();
  ~NoSigpipe();
  NoSigpipe(const NoSigpipe&) = delete;
  NoSigpipe& operator=(const NoSigpipe&) = delete;

 private:
  sigset_t pipe_, before_;
};

}  // namespace inpaint
