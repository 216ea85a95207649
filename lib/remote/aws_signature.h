#pragma once
#include <chrono>
#include <string>

#include "remote/http.h"

namespace inpaint {

struct AwsKeys {
  std::string access_key, secret_key;
  std::string session_token = {};  ///< of temporary keys; empty: none
};

/// What a request is signed for: "eu-central-1", "sagemaker".
struct AwsScope {
  std::string region, service;
};

/// Signs a request as Amazon's services ask (Signature Version 4): adds the headers x-amz-date, x-amz-security-token if
/// there is one, for "s3" x-amz-content-sha256, and Authorization. All headers of the request and its body are signed;
/// it must have no parts. The address is percent-encoded already.
void sign_for_aws(HttpRequest& request, const AwsKeys& keys, const AwsScope& scope,
                  std::chrono::system_clock::time_point now = std::chrono::system_clock::now());

}  // namespace inpaint
