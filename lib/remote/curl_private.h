// What all users of libcurl share.
#pragma once
#include <signal.h>

namespace inpaint {

/// Readies libcurl, once for the process. Throws std::runtime_error if it cannot be.
void start_libcurl();

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
