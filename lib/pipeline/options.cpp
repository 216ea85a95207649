#include "pipeline/options.h"

#include <fmt/format.h>

#include "core/error.h"
#include "core/hash.h"
#include "core/names.h"
#include "remote/url.h"

namespace inpaint {

namespace {

// One of `millions` may stand behind the number.
int64_t parse_count(const std::string& text, std::initializer_list<std::string_view> millions, const char* expected) {
  std::string digits = text;
  double unit = 1;
  for (const std::string_view suffix : millions) {
    if (!digits.ends_with(suffix)) continue;
    digits.resize(digits.size() - suffix.size());
    unit = 1e6;
    break;
  }
  try {
    const double count = Codec<double>::parse(digits) * unit;
    if (count < 1 || count > 1e12) throw BadValue(expected);
    return static_cast<int64_t>(count);
  } catch (const BadValue&) {
    throw BadValue(expected);
  }
}

std::string print_count(int64_t count) {
  return count % 1'000'000 == 0 ? fmt::format("{}M", count / 1'000'000) : fmt::format("{}", count);
}

}  // namespace

PixelCount Codec<PixelCount>::parse(const std::string& text) {
  return {parse_count(text, {"MP", "M"}, "a number of pixels above 0, such as 250M")};
}
std::string Codec<PixelCount>::print(const PixelCount& count) { return print_count(count.pixels); }

ByteCount Codec<ByteCount>::parse(const std::string& text) {
  return {parse_count(text, {"MB", "M"}, "a number of bytes above 0, such as 256M")};
}
std::string Codec<ByteCount>::print(const ByteCount& count) { return print_count(count.bytes); }

EventTarget Codec<EventTarget>::parse(const std::string& text) {
  constexpr const char* where = "--events (in a spec: run.events)";
  EventTarget target{text};
  if (target.is_file() ? target.path().empty() : !is_url(text))
    throw SpecError(fmt::format("{}: expected https://HOST/PATH or file:PATH, got '{}'", where, shown_url(text)));
  if (!target.is_file()) parse_url(text, where);
  return target;
}

bool Shard::holds(const std::string& rel) const { return stable_hash(rel) % count == index - 1; }

Shard Codec<Shard>::parse(const std::string& text) {
  const char* expected = "I/N with I from 1 to N";
  const std::vector<std::string> parts = split(text, '/');
  if (parts.size() != 2) throw BadValue(expected);
  Shard shard;
  try {
    shard.index = Codec<uint64_t>::parse(parts[0]);
    shard.count = Codec<uint64_t>::parse(parts[1]);
  } catch (const BadValue&) {
    throw BadValue(expected);
  }
  if (shard.index < 1 || shard.index > shard.count) throw BadValue(expected);
  return shard;
}

std::string Codec<Shard>::print(const Shard& shard) { return fmt::format("{}/{}", shard.index, shard.count); }

void InputOptions::describe(Fields& fields) {
  fields
      .add(
          "paths", paths,
          "Files, directories (walked recursively), quoted globs, https:// addresses, @list.txt with a file or address "
          "a line, s3://BUCKET/PREFIX (keys from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY), or - for standard "
          "input")
      .value("INPUT")
      .not_in_recipe();
  fields.add("mask", mask,
             "What to repaint (white): one file for all pictures, or a directory with one per picture, paired by path "
             "and stem");
  fields.add("mask-fit", mask_fit, "What to do with a mask of another size than its picture")
      .one_of({"error", "resize"});
  fields.add("max-pixels", max_pixels, "Refuse pictures with more pixels, before decoding them").not_in_recipe();
  fields.add("max-download", max_download, "Refuse pictures of an https:// address that have more bytes")
      .not_in_recipe();
  fields
      .add("allow-private-addresses", allow_private_addresses,
           "Fetch from names and redirections that lead into private networks or to this machine, too")
      .not_in_recipe();
}

void OutputOptions::describe(Fields& fields) {
  fields
      .add("path", path,
           "Where results go: a directory (mirrors the input tree), a file for one input, s3://BUCKET/PREFIX (its "
           "ledger is "
           "kept in ~/.local/state/inpaint/s3), or - for standard output")
      .value("OUTPUT")
      .not_in_recipe();
  fields.add("name", name, "Name of each output below the directory; knows {dir} {stem} {name} {ext}").not_in_recipe();
  fields.add("write", write, "What to write; auto: what the last stage makes").one_of({"auto", "image", "mask"});
  fields
      .add("format", format,
           "File format of the outputs; default: as the input, or png where transparency or a mask needs it")
      .one_of(format_names())
      .value("FORMAT");
  fields.add("quality", quality, "Quality of lossy formats; default: 92 for JPEG, 90 for WebP, 80 for AVIF and HEIC")
      .range(1, 100);
  fields.add("metadata", metadata, "EXIF, XMP and IPTC data (the colour profile always stays)")
      .one_of({"keep", "strip"});
  fields.add("background", background, "Colour behind transparency where the format has none (JPEG)");
  fields.add("s3-sse", s3_sse, "How S3 encrypts what is put there; default: as the bucket says")
      .one_of({"AES256", "aws:kms"})
      .value("KIND")
      .not_in_recipe();
  fields.add("s3-kms-key", s3_kms_key, "The key of --s3-sse aws:kms; default: the account's own")
      .value("ID")
      .not_in_recipe();
  fields
      .add("public-url", public_url,
           "Where the public finds outputs in S3, such as https://cdn.example.com/{key}; knows {bucket} {key}; told as "
           "\"url\" among the facts of --json")
      .value("URL")
      .not_in_recipe();
}

void RunOptions::describe(Fields& fields) {
  fields.add("jobs", jobs, "Pictures worked on at once; 0: one per core").range(0, 1024).not_in_recipe();
  fields.add("seed", seed, "Seed of everything random");
  fields.add("limit", limit, "Do at most N pictures in this run").range(1, 1e18).not_in_recipe();
  fields.add("shard", shard, "Do only part I of N; a picture's part depends on its path alone").not_in_recipe();
  fields.add("redo", redo, "Do pictures again that the ledger knows as done").not_in_recipe();
  fields.add("retry-failed", retry_failed, "Try damaged inputs again that failed before and have not changed")
      .not_in_recipe();
  fields.add("fail-fast", fail_fast, "Stop at the first failure").not_in_recipe();
  fields.add("max-failures", max_failures, "Stop after N failures").range(1, 1e18).not_in_recipe();
  fields.add("dry-run", dry_run, "Say what would be done, and what endpoints would charge; write and send nothing")
      .not_in_recipe();
  fields
      .add("confirm-over", confirm_over,
           "Ask before a run that sends more than N pictures to an endpoint; where nobody can answer, refuse")
      .not_in_recipe();
  fields.add("yes", yes, "Answer that question with yes").not_in_recipe();
  fields
      .add("events", events,
           "Post JSON events of the run and of each picture done or failed to an address, or append them to a file; "
           "never stops the run")
      .not_in_recipe();
}

}  // namespace inpaint
