#include "remote/address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include <array>
#include <cstdint>
#include <cstring>

namespace inpaint {
namespace {

struct Range4 {
  uint32_t first;
  int bits;
  const char* kind;
};

constexpr uint32_t ip4(uint32_t a, uint32_t b, uint32_t c = 0, uint32_t d = 0) {
  return a << 24 | b << 16 | c << 8 | d;
}

// IANA's registry of special-purpose IPv4 addresses, and multicast.
constexpr std::array ranges4 = {
    Range4{ip4(0, 0), 8, "an address of this machine"},
    Range4{ip4(10, 0), 8, "a private address"},
    Range4{ip4(100, 64), 10, "an address shared within a provider's network"},
    Range4{ip4(127, 0), 8, "a loopback address"},
    Range4{ip4(169, 254), 16, "a link-local address"},
    Range4{ip4(172, 16), 12, "a private address"},
    Range4{ip4(192, 0, 0), 24, "a reserved address"},
    Range4{ip4(192, 0, 2), 24, "a reserved address"},
    Range4{ip4(192, 88, 99), 24, "a reserved address"},
    Range4{ip4(192, 168), 16, "a private address"},
    Range4{ip4(198, 18), 15, "a reserved address"},
    Range4{ip4(198, 51, 100), 24, "a reserved address"},
    Range4{ip4(203, 0, 113), 24, "a reserved address"},
    Range4{ip4(224, 0), 4, "a multicast address"},
    Range4{ip4(240, 0), 4, "a reserved address"},
};

std::string private_kind4(uint32_t address) {
  for (const Range4& range : ranges4) {
    if ((address ^ range.first) >> (32 - range.bits) == 0) return range.kind;
  }
  return "";
}

uint32_t ip4_at(const uint8_t* bytes) { return ip4(bytes[0], bytes[1], bytes[2], bytes[3]); }

bool starts_with(const in6_addr& address, std::initializer_list<uint8_t> bytes) {
  return std::memcmp(address.s6_addr, std::data(bytes), bytes.size()) == 0;
}

// RFC 4291, 4193, 6052, 3056 and IANA's registry of special-purpose IPv6 addresses.
std::string private_kind6(const in6_addr& address) {
  const uint8_t* bytes = address.s6_addr;
  if (IN6_IS_ADDR_LOOPBACK(&address)) return "a loopback address";
  if (IN6_IS_ADDR_UNSPECIFIED(&address)) return "an address of this machine";
  if (IN6_IS_ADDR_V4MAPPED(&address)) return private_kind4(ip4_at(bytes + 12));
  if (starts_with(address, {0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0})) return private_kind4(ip4_at(bytes + 12));
  if (starts_with(address, {0x20, 0x02})) return private_kind4(ip4_at(bytes + 2));
  if (IN6_IS_ADDR_LINKLOCAL(&address)) return "a link-local address";
  if ((bytes[0] & 0xfe) == 0xfc) return "a private address (unique local)";
  if (IN6_IS_ADDR_SITELOCAL(&address)) return "a private address (site-local)";
  if (IN6_IS_ADDR_MULTICAST(&address)) return "a multicast address";
  const bool special = starts_with(address, {0x20, 0x01, 0x0d, 0xb8}) ||
                       (starts_with(address, {0x20, 0x01}) && bytes[2] < 2);  // documentation; protocols, Teredo
  const bool global = (bytes[0] & 0xe0) == 0x20;                              // 2000::/3
  return global && !special ? "" : "a reserved address";
}

std::string without_brackets(const std::string& host) {
  const bool has = host.size() > 2 && host.front() == '[' && host.back() == ']';
  const std::string inner = has ? host.substr(1, host.size() - 2) : host;
  return inner.substr(0, inner.find('%'));  // a zone
}

}  // namespace

std::string private_kind(const sockaddr& address, socklen_t size) {
  if (address.sa_family == AF_INET && size >= sizeof(sockaddr_in)) {
    sockaddr_in in = {};
    std::memcpy(&in, &address, sizeof in);
    return private_kind4(ntohl(in.sin_addr.s_addr));
  }
  if (address.sa_family == AF_INET6 && size >= sizeof(sockaddr_in6)) {
    sockaddr_in6 in = {};
    std::memcpy(&in, &address, sizeof in);
    return private_kind6(in.sin6_addr);
  }
  return "no address of the internet";
}

std::string private_kind(const std::string& address) {
  const std::string text = without_brackets(address);
  in_addr in4 = {};
  in6_addr in6 = {};
  if (inet_pton(AF_INET, text.c_str(), &in4) == 1) return private_kind4(ntohl(in4.s_addr));
  if (inet_pton(AF_INET6, text.c_str(), &in6) == 1) return private_kind6(in6);
  return "no address";
}

bool is_address(const std::string& host) { return private_kind(host) != "no address"; }

std::string address_text(const sockaddr& address, socklen_t size) {
  char text[NI_MAXHOST] = {};
  if (getnameinfo(&address, size, text, sizeof text, nullptr, 0, NI_NUMERICHOST) != 0) return "an unknown address";
  return text;
}

}  // namespace inpaint
