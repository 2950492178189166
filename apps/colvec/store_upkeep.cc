// colvec store compact, vacuum, restore, forget, verify: what changes or checks a store.
#include <cstdio>

#include "colvec/json_writer.h"
#include "colvec/store.h"
#include "command.h"
#include "precision_option.h"
#include "print.h"
#include "store_options.h"
#include "text.h"

namespace colvec::cli {
namespace {

Status run_compact(const StoreArgs& args) {
  COLVEC_ASSIGN(const std::unique_ptr<Store> store, args.open());
  COLVEC_ASSIGN(const StoreCompacted compacted, store->compact());
  print("{} became {}", counted(compacted.files_before, "file"),
        with_commas(compacted.files_after));
  if (compacted.doubles_dropped > 0)
    print("; {} dropped", counted(compacted.doubles_dropped, "double"));
  print("\n");
  return {};
}

Status run_vacuum(const StoreArgs& args, double retention_hours, bool dry_run) {
  COLVEC_ASSIGN(const std::unique_ptr<Store> store, args.open());
  COLVEC_ASSIGN(const StoreVacuumed vacuumed, store->vacuum(retention_hours, dry_run));
  if (dry_run)
    for (const std::filesystem::path& path : vacuumed.paths) print("{}\n", path.string());
  print("{}, {} {}\n", counted(vacuumed.files, "file"), bytes(vacuumed.bytes),
        dry_run ? "would be deleted" : "deleted");
  return {};
}

Status run_restore(const StoreArgs& args, const StoreMoment& moment) {
  if (!moment.version && moment.time.empty())
    return fail(ErrorCode::kInvalidArgument, "missing option: --version or --at");
  COLVEC_ASSIGN(const std::unique_ptr<Store> store, args.open());
  COLVEC_ASSIGN(const std::uint64_t version, store->restore(moment));
  print("The keys are as they were; this is version {}\n", version);
  return {};
}

Status run_forget(const StoreArgs& args, const std::string& where, bool now) {
  COLVEC_ASSIGN(const std::unique_ptr<Store> store, args.open());
  COLVEC_ASSIGN(const StoreForgotten forgotten, store->forget(where, now));
  print("{} forgotten, and {} that no other key has", counted(forgotten.keys, "key"),
        counted(forgotten.texts, "text"));
  if (now)
    print("; {} deleted\n", counted(forgotten.files_deleted, "file"));
  else
    print("; earlier versions have them until vacuum (--now: at once)\n");
  return {};
}

void print_verified_json(const StoreVerified& verified) {
  JsonWriter json;
  json.begin_object().key("files").number(verified.files);
  json.key("vectors").number(verified.vectors).key("keys").number(verified.keys);
  json.key("problems").texts(verified.problems).key("notes").texts(verified.notes);
  print("{}\n", json.end_object().take());
}

// The precision to embed a sample in: where nothing else is asked for, that of the active vectors,
// or of the first ones in a store without keys.
Result<Precision> rehash_precision(const StoreArgs& args, Precision wish) {
  if (wish != Precision::kAuto) return wish;
  COLVEC_ASSIGN(const std::unique_ptr<Store> store, args.open());
  COLVEC_ASSIGN(const StoreInfo info, store->info());
  for (const StoredModel& stored : info.models)
    if (stored.active) return parse_precision(stored.precision);
  if (info.models.empty()) return wish;
  return parse_precision(info.models.front().precision);
}

Status rehash(const StoreArgs& args, const std::string& model, Precision wish) {
  constexpr std::size_t kSample = 256;
  EncoderOptions options;
  COLVEC_ASSIGN(options.precision, rehash_precision(args, wish));
  COLVEC_ASSIGN(const std::unique_ptr<Encoder> encoder, open_encoder(model, options));
  COLVEC_ASSIGN(const double cosine, rehash_store(args.folder, *encoder, args.options, kSample));
  print("Embedded again, the smallest cosine of a sample is {:.6f}\n", cosine);
  if (cosine >= cosine_min_of(encoder->info().precision)) return {};
  return fail(ErrorCode::kCorruption,
              args.folder + ": its vectors are not those that the model gives");
}

Status run_verify_store(const StoreArgs& args, const std::string& model, Precision precision,
                        bool json) {
  COLVEC_ASSIGN(const StoreVerified verified, verify_store(args.folder, args.options));
  if (json) {
    print_verified_json(verified);
  } else {
    for (const std::string& note : verified.notes) print("note: {}\n", note);
    for (const std::string& problem : verified.problems) print("{}\n", problem);
    print("{}, {}, {}: {}\n", counted(verified.files, "file"), counted(verified.vectors, "vector"),
          counted(verified.keys, "key"), verified.problems.empty() ? "all is well" : "damaged");
  }
  if (!verified.problems.empty())
    return fail(ErrorCode::kCorruption,
                args.folder + ": " + counted(verified.problems.size(), "problem"));
  return model.empty() ? Status() : rehash(args, model, precision);
}

}  // namespace

std::function<Status()> prepare_store_compact(CLI::App& app) {
  auto args = std::make_shared<StoreArgs>();
  args->add_to(app);
  return [args] { return run_compact(*args); };
}

std::function<Status()> prepare_store_vacuum(CLI::App& app) {
  auto args = std::make_shared<StoreArgs>();
  auto retention = std::make_shared<RetentionOption>();
  auto dry_run = std::make_shared<bool>(false);
  args->add_to(app);
  retention->add_to(app);
  app.add_flag("--dry-run", *dry_run, "List what would be deleted");
  return [args, retention, dry_run] { return run_vacuum(*args, retention->hours, *dry_run); };
}

std::function<Status()> prepare_store_restore(CLI::App& app) {
  auto args = std::make_shared<StoreArgs>();
  auto moment = std::make_shared<MomentOptions>();
  args->add_to(app);
  moment->add_to(app);
  return [args, moment] { return run_restore(*args, moment->parsed()); };
}

std::function<Status()> prepare_store_forget(CLI::App& app) {
  auto args = std::make_shared<StoreArgs>();
  auto where = std::make_shared<std::string>();
  auto now = std::make_shared<bool>(false);
  args->add_to(app);
  app.add_option("--where", *where, "One SQL expression over the key columns")->required();
  app.add_flag("--now", *now, "From earlier versions and from the disk too");
  return [args, where, now] { return run_forget(*args, *where, *now); };
}

std::function<Status()> prepare_store_verify(CLI::App& app) {
  auto args = std::make_shared<StoreArgs>();
  auto model = std::make_shared<std::string>();
  auto precision = std::make_shared<Precision>(Precision::kAuto);
  auto json = std::make_shared<bool>(false);
  args->add_to(app);
  app.add_option("--rehash", *model, "Embed a sample again with this model");
  add_precision(app, precision.get());
  app.add_flag("--json", *json, "As one JSON object");
  return
      [args, model, precision, json] { return run_verify_store(*args, *model, *precision, *json); };
}

}  // namespace colvec::cli
