#include "remote/address.h"

#include <doctest/doctest.h>

namespace inpaint::test {

TEST_CASE("address: what is none of the public internet") {
  const std::string kind = "a loopback address";
  for (const char* loopback :
       {"127.0.0.1", "127.255.255.254", "::1", "[::1]", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"}) {
    CAPTURE(loopback);
    CHECK(private_kind(loopback) == kind);
  }
  for (const char* own : {"0.0.0.0",
                          "0.1.2.3",
                          "10.0.0.1",
                          "10.255.255.255",
                          "100.64.0.1",
                          "100.127.255.255",
                          "169.254.169.254",
                          "172.16.0.1",
                          "172.31.255.255",
                          "192.168.0.1",
                          "192.0.0.8",
                          "198.18.0.1",
                          "198.19.255.255",
                          "203.0.113.9",
                          "224.0.0.1",
                          "239.1.2.3",
                          "240.0.0.1",
                          "255.255.255.255",
                          "::",
                          "::ffff:10.0.0.1",
                          "::ffff:169.254.169.254",
                          "fe80::1",
                          "fe80::1%eth0",
                          "fc00::1",
                          "fd12:3456::1",
                          "fec0::1",
                          "ff02::1",
                          "2001:db8::1",
                          "2001::1",
                          "2002:c0a8:1::",
                          "::7f00:1",
                          "64:ff9b:1::1",
                          "100::1",
                          "4000::1"}) {
    CAPTURE(own);
    CHECK_FALSE(private_kind(own).empty());
    CHECK(is_address(own));
  }
}

TEST_CASE("address: those beside them are public") {
  for (const char* open :
       {"1.1.1.1",        "9.255.255.255",    "11.0.0.0",      "100.63.255.255",  "100.128.0.0",     "126.255.255.255",
        "128.0.0.0",      "169.253.255.255",  "169.255.0.0",   "172.15.255.255",  "172.32.0.0",      "192.167.255.255",
        "192.169.0.0",    "198.17.255.255",   "198.20.0.0",    "223.255.255.255", "2606:4700::1111", "[2a00:1450::1]",
        "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::"}) {
    CAPTURE(open);
    CHECK(private_kind(open).empty());
  }
}

TEST_CASE("address: a name is none") {
  CHECK_FALSE(is_address("localhost"));
  CHECK_FALSE(is_address("127.0.0.1.example.org"));
  CHECK_FALSE(is_address(""));
}

}  // namespace inpaint::test
