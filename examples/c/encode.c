/* encode MODEL TEXT...: the cosines between the first text and each of the others. */
#include <colvec/colvec.h>
#include <stdio.h>
#include <stdlib.h>

static float product(const float* a, const float* b, size_t count) {
  float sum = 0;
  for (size_t i = 0; i < count; ++i) sum += a[i] * b[i];
  return sum;
}

static int fail(const char* what) {
  fprintf(stderr, "%s: %s\n", what, colvec_error_message());
  return 1;
}

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  colvec_encoder* encoder = NULL;
  if (colvec_encoder_open(argv[1], NULL, &encoder) != COLVEC_OK) return fail(argv[1]);

  const size_t count = (size_t)argc - 2;
  const size_t dimension = colvec_encoder_dimension(encoder);
  float* vectors = malloc(count * dimension * sizeof(float));
  const char* const* texts = (const char* const*)argv + 2;
  if (colvec_encoder_encode(encoder, texts, NULL, count, vectors) != COLVEC_OK) return fail("encode");
  for (size_t i = 0; i < count; ++i)
    printf("%.4f  %s\n", product(vectors, vectors + i * dimension, dimension), texts[i]);
  free(vectors);
  colvec_encoder_close(encoder);
  return 0;
}
