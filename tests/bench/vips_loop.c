// The rival of runner.sh: decodes each file and encodes it again with libvips, one after the other, in one process.
// Build: cc -O2 vips_loop.c -o vips_loop $(pkg-config --cflags --libs vips). Usage: vips_loop OUT_DIR FILE...
#include <stdio.h>
#include <vips/vips.h>

int main(int argc, char** argv) {
  if (argc < 3 || VIPS_INIT(argv[0])) return 1;
  vips_concurrency_set(1);
  for (int i = 2; i < argc; ++i) {
    char* name = g_path_get_basename(argv[i]);
    char* out = g_build_filename(argv[1], name, NULL);
    VipsImage* image = vips_image_new_from_file(argv[i], "access", VIPS_ACCESS_SEQUENTIAL, NULL);
    if (!image || vips_jpegsave(image, out, "Q", 92, NULL)) fprintf(stderr, "%s: %s\n", argv[i], vips_error_buffer());
    if (image) g_object_unref(image);
    g_free(out);
    g_free(name);
  }
  return 0;
}
