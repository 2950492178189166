// The API that OpenAI's clients speak: embeddings and the list of models.
#include <algorithm>
#include <memory>

#include "answer.h"
#include "colvec/json_writer.h"
#include "embedding_request.h"
#include "guarded.h"
#include "handlers/handlers.h"

namespace colvec::server {
namespace {

// Longer bodies are read by a worker: reading one takes the time of many small ones.
constexpr std::size_t kReadAtOnceBytesMax = 16 * 1024;

// A request on its way through the batcher.
struct Asked {
  RequestHead head;
  Reply reply;
  EmbeddingRequest request{};
  std::string model{};

  void send(Result<Response> response) {
    reply.send(response ? *std::move(response) : error_answer(head, response.error()));
  }
};

Result<const ServedModel*> find_model(const ServedModels& models, const std::string& name) {
  if (const ServedModel* const model = models.find(name)) return model;
  std::string there;
  for (const ServedModel& model : models.all()) there += (there.empty() ? "" : ", ") + model.name;
  if (name.empty()) return fail(ErrorCode::kInvalidArgument, "model: missing: one of " + there);
  return fail(ErrorCode::kNotFound, "model: no such model: " + name + " (there: " + there + ")");
}

Result<Batcher*> find_batcher(const ServedModel& model, std::size_t dimensions) {
  std::string there;
  for (const auto& batcher : model.batchers) {
    const std::size_t dimension = batcher->info().dimension;
    if (dimensions == 0 || dimensions == dimension) return batcher.get();
    there += (there.empty() ? "" : ", ") + std::to_string(dimension);
  }
  return fail(ErrorCode::kInvalidArgument,
              "dimensions: " + model.name + " gives " + there + ": " + std::to_string(dimensions));
}

void answer(Asked& asked, Result<EmbedAnswer> answer) {
  if (answer)
    return asked.send(
        guarded([&] { return embedding_response(asked.request, *answer, asked.model); }));
  Error error(std::move(answer).error());
  // Of ids: "[3]: must be ...".
  if (error.message.starts_with('[')) error.message.insert(0, "input");
  asked.send(tl::make_unexpected(std::move(error)));
}

Status start(App& app, const std::shared_ptr<Asked>& asked, std::string_view body) {
  COLVEC_ASSIGN(asked->request, parse_embedding_request(body, asked->head.header("Accept")));
  COLVEC_ASSIGN(const ServedModel* model, find_model(app.models, asked->request.model));
  COLVEC_ASSIGN(Batcher * batcher, find_batcher(*model, asked->request.dimensions));
  asked->model = model->name;
  EmbedAsk ask{.texts = std::move(asked->request.texts),
               .ids = std::move(asked->request.ids),
               .done = [asked](Result<EmbedAnswer> result) { answer(*asked, std::move(result)); }};
  if (!batcher->post(std::move(ask)))
    asked->reply.send(error_answer(asked->head, 429, "too many texts wait: try again later"));
  return {};
}

}  // namespace

void start_embeddings(App& app, Request request, Reply reply) {
  const auto asked = std::make_shared<Asked>(Asked{std::move(request.head), std::move(reply)});
  const auto body = std::make_shared<const std::string>(std::move(request.body));
  const auto run = [&app, asked, body] {
    Status started = guarded([&] { return start(app, asked, *body); });
    if (!started) asked->send(tl::make_unexpected(std::move(started).error()));
  };
  if (body->size() <= kReadAtOnceBytesMax) return run();
  if (!app.workers.post(run))
    asked->reply.send(error_answer(asked->head, 503, "too busy: try again later"));
}

Result<Response> list_served_models(App& app, const Request&) {
  JsonWriter json;
  json.begin_object().key("object").text("list").key("data").begin_list();
  for (const ServedModel& model : app.models.all()) {
    const EncoderInfo& info = model.info();
    json.begin_object().key("id").text(model.name).key("object").text("model");
    json.key("created").number(model.created).key("owned_by").text("colvec");
    json.key("dimensions").begin_list();
    for (const auto& batcher : model.batchers)
      json.number(std::uint64_t{batcher->info().dimension});
    json.end_list().key("tokens_max").number(std::uint64_t{info.tokens_max});
    json.key("precision").text(name_of(info.precision)).key("kind").text(info.kind);
    json.key("fingerprint").text(info.fingerprint).end_object();
  }
  return json_answer(json.end_list().end_object().take());
}

}  // namespace colvec::server
