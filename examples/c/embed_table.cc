// embed_table CONFIG.json: the table job, from the C++ API.
#include <colvec/table_job.h>

#include <cstdio>

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const auto run = [&]() -> colvec::Result<colvec::TableJobSummary> {
    COLVEC_ASSIGN(const colvec::TableJobConfig config, colvec::read_table_config(argv[1], {}));
    COLVEC_ASSIGN(const std::unique_ptr<colvec::Encoder> encoder,
                  colvec::open_encoder(config.model, colvec::encoder_options(config)));
    return colvec::embed_table(config, *encoder, {});
  };
  const colvec::Result<colvec::TableJobSummary> summary = run();
  if (!summary) {
    std::fprintf(stderr, "%s\n", summary.error().message.c_str());
    return colvec::exit_code(summary.error().code);
  }
  std::printf("%s\n", colvec::to_json(*summary).c_str());
  return 0;
}
