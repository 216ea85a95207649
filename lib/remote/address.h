#pragma once
#include <sys/socket.h>

#include <string>

namespace inpaint {

/// In words why nothing of the public internet is found at this address, such as "a loopback address"; empty for one
/// where it is. IPv4 addresses inside of IPv6 ones (mapped, 6to4, NAT64) are judged as what they are.
std::string private_kind(const sockaddr& address, socklen_t size);

/// The same of an address as text, "127.0.0.1" or "::1"; "no address" if it is none.
std::string private_kind(const std::string& address);

/// Whether the text is an IPv4 or IPv6 address, the latter with or without brackets.
bool is_address(const std::string& host);

/// The address as text.
std::string address_text(const sockaddr& address, socklen_t size);

}  // namespace inpaint
