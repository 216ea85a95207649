#include "core/checksum.h"

#include <doctest/doctest.h>

#include "core/error.h"
#include "support.h"

namespace inpaint::test {

// The examples of RFC 1321 A.5 and FIPS 180-4 (NIST's example file), and the sum of a million times 'a'.
TEST_CASE("checksums are those of MD5 and SHA-256") {
  const ScratchFolder folder;
  write_file(folder / "abc", "abc");
  const Checksums abc = file_checksums(folder / "abc", true, true);
  CHECK(abc.md5 == "900150983cd24fb0d6963f7d28e17f72");
  CHECK(abc.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  write_file(folder / "long", std::string(1000000, 'a'));
  const Checksums many = file_checksums(folder / "long", false, true);
  CHECK(many.md5.empty());
  CHECK(many.sha256 == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  CHECK_THROWS_AS(file_checksums(folder / "gone", true, true), MissingError);
}

TEST_CASE("a difference is told with both sums; what is not known is not compared") {
  CHECK(checksum_difference({"", "bb"}, {"xx", "bb"}) == "");
  CHECK(checksum_difference({"aa", "bb"}, {"xx", "bb"}) == "MD5 xx instead of aa");
  CHECK(checksum_difference({"aa", "bb"}, {"aa", "yy"}) == "SHA-256 yy instead of bb");
}

TEST_CASE("sizes are told in powers of a thousand") {
  CHECK(size_text(0) == "0 bytes");
  CHECK(size_text(999) == "999 bytes");
  CHECK(size_text(4574861) == "4.6 MB");
  CHECK(size_text(2500) == "2.5 kB");
  CHECK(size_text(1234567890) == "1.23 GB");
}

}  // namespace inpaint::test
