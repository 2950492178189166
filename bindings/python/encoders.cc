#include "encoders.h"

#include <utility>

#include "arrow.h"
#include "colvec/encode_texts.h"
#include "interruptible.h"
#include "raise.h"
#include "texts.h"

namespace colvec::python {
namespace {

// So little is encoded before one could press Ctrl-C.
constexpr std::size_t kTextsAtOnce = 64;
constexpr std::size_t kBytesAtOnce = 16 * 1024;

bool is_short_work(std::span<const std::string_view> texts) {
  std::size_t bytes = 0;
  for (const std::string_view text : texts) bytes += text.size();
  return texts.size() <= kTextsAtOnce && bytes <= kBytesAtOnce;
}

std::unique_ptr<OpenedModel> open(const std::string& model, const std::string& precision) {
  const Precision parsed = value_of(parse_precision(precision));
  auto opened = [&] {
    const py::gil_scoped_release released;
    return open_model(model, {.precision = parsed});
  }();
  return value_of(std::move(opened));
}

// The numbers that a call reports, on whatever thread works.
std::function<void(std::size_t)> reporter(const py::object& on_progress) {
  if (on_progress.is_none()) return {};
  return [&on_progress](std::size_t done) {
    const py::gil_scoped_acquire acquired;
    try {
      on_progress(done);
    } catch (py::error_already_set& error) {
      error.discard_as_unraisable("colvec: on_progress");
    }
  };
}

}  // namespace

Encoders::Encoders(const std::string& model, const std::string& precision)
    : model_(open(model, precision)) {}

Encoders::Encoders(std::unique_ptr<Encoder> encoder) { encoders_.add("", std::move(encoder)); }

std::shared_ptr<Encoder> Encoders::encoder(const std::string& options) {
  auto found = [&] {
    // An endpoint may be asked for what it is, which takes as long as it likes.
    const py::gil_scoped_release released;
    const std::lock_guard lock(mutex_);
    return find_or_make(options == "{}" ? "" : options);
  }();
  return value_of(std::move(found));
}

Result<std::shared_ptr<Encoder>> Encoders::find_or_make(const std::string& options) {
  if (std::shared_ptr<Encoder> found = encoders_.find(options)) return found;
  if (model_ == nullptr)
    return fail(ErrorCode::kInvalidArgument,
                "this encoder is open already, and takes no options: " + options);
  COLVEC_ASSIGN(const EncoderOptions parsed, parse_encoder_options(options, "encode"));
  COLVEC_ASSIGN(std::shared_ptr<Encoder> made, model_->encoder(parsed));
  encoders_.add(options, made);
  return made;
}

std::string Encoders::info(const std::string& options) { return to_json(encoder(options)->info()); }

py::array_t<float> Encoders::encode(const py::object& source, const std::string& options,
                                    const py::object& on_progress) {
  const std::shared_ptr<Encoder> encoder = this->encoder(options);
  const Texts texts = Texts::read(source);
  const std::size_t rows = texts.views().size();
  const std::size_t dimension = encoder->info().dimension;
  py::array_t<float> vectors({rows, dimension});
  const VectorRows out{vectors.mutable_data(), rows, dimension};
  CancelToken cancel;
  const auto work = [&] {
    return encode_texts(*encoder, texts.views(), out,
                        {.cancel = &cancel, .on_progress = reporter(on_progress)});
  };
  auto encoded = [&]() -> Result<TextsEncoded> {
    if (!is_short_work(texts.views())) return run_interruptibly(cancel, work);
    const py::gil_scoped_release released;
    return work();
  }();
  value_of(std::move(encoded));
  return vectors;
}

void add_encoders(py::module_& module) {
  py::class_<Encoders, std::shared_ptr<Encoders>>(module, "Encoders")
      .def(py::init<const std::string&, const std::string&>(), py::arg("model"),
           py::arg("precision") = "auto")
      .def("info", &Encoders::info, py::arg("options"))
      .def("encode", &Encoders::encode, py::arg("texts"), py::arg("options"),
           py::arg("on_progress") = py::none());
  module.def("arrow_of", &arrow_of, py::arg("vectors"));
}

}  // namespace colvec::python
