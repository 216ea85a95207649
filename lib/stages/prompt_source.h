#pragma once
#include <string>
#include <vector>

#include "pipeline/source.h"

namespace inpaint {

/// Prompts instead of pictures: each as often as pictures of it are wanted, named after its words.
class PromptSource : public Source {
 public:
  /// `prompt`: one; `files`: more, one a line, lines that begin with '#' left out. Throws SpecError if a file cannot be
  /// read, a prompt comes twice, or there is none.
  PromptSource(const std::string& prompt, const std::vector<std::string>& files, int count);
  std::vector<SourceItem> list() override { return items_; }
  Bytes read_head(const SourceItem&) const override { return {}; }
  Bytes read(const SourceItem& item) const override;
  std::string identity(const SourceItem& item) const override;
  bool gives_text() const override { return true; }

 private:
  void add(const std::string& prompt, int count);
  const std::string& prompt_of(const SourceItem& item) const;

  std::vector<std::string> prompts_;
  std::vector<SourceItem> items_;  // `part`: index of the prompt
};

/// A file name of a prompt's first words: "A red cup, please" is "a-red-cup-please". Ends in a hash where words were
/// left out or have other than ASCII letters.
std::string name_of_prompt(const std::string& prompt);

}  // namespace inpaint
