// Products with weights, by cuBLASLt: 16-bit numbers, summed in f32.
//
// cuBLASLt thinks in columns: our row-major out (tokens, out) is its matrix (out, tokens), so the
// weight comes first, transposed, and x second as it is. The bias is then one number for each of
// its rows, which is what its epilogues add.
//
// Its GELU is the one with tanh, so it is asked for that one only; the exact one is a kernel.
//
// What cuBLASLt should do is asked for once for each shape. Batches differ in their rows, but the
// layers of a batch do not.
#include "compute/cuda_device.h"
#include "compute/cuda_kernels.h"

namespace colvec {
namespace {

constexpr std::size_t kPlansMax = 4096;

#define COLVEC_BLAS(expression)                               \
  do {                                                        \
    const cublasStatus_t colvec_status = (expression);        \
    if (colvec_status != CUBLAS_STATUS_SUCCESS)               \
      return kCudaBlasBase + static_cast<int>(colvec_status); \
  } while (false)

cudaDataType_t type_of(CudaType type) {
  switch (type) {
    case CudaType::kBf16:
      return CUDA_R_16BF;
    case CudaType::kF16:
      return CUDA_R_16F;
    case CudaType::kF32:
      break;
  }
  return CUDA_R_32F;
}

cublasLtEpilogue_t epilogue_of(const ProductKey& key) {
  switch (key.activation) {
    case CudaActivation::kGeluTanh:
      return key.has_bias ? CUBLASLT_EPILOGUE_GELU_BIAS : CUBLASLT_EPILOGUE_GELU;
    case CudaActivation::kRelu:
      return key.has_bias ? CUBLASLT_EPILOGUE_RELU_BIAS : CUBLASLT_EPILOGUE_RELU;
    default:
      return key.has_bias ? CUBLASLT_EPILOGUE_BIAS : CUBLASLT_EPILOGUE_DEFAULT;
  }
}

// The largest power of two up to 256 that divides each of these addresses, and that of each row.
std::uint32_t alignment_of(const CudaProduct& p) {
  std::uintptr_t bits = 256;
  const auto add = [&](const CudaMat& mat) {
    bits |= reinterpret_cast<std::uintptr_t>(mat.data) | (mat.stride * bytes_of(mat.type));
  };
  add(p.x);
  add(p.weight);
  add(p.out);
  if (p.residual != nullptr) add(*p.residual);
  return static_cast<std::uint32_t>(bits & (~bits + 1));
}

ProductKey key_of(const CudaProduct& p) {
  return {.rows = p.x.rows,
          .in = p.weight.cols,
          .out = p.weight.rows,
          .x_stride = p.x.stride,
          .out_stride = p.out.stride,
          .residual_stride = p.residual == nullptr ? 0 : p.residual->stride,
          .type = p.x.type,
          .out_type = p.out.type,
          .activation = p.activation,
          .has_bias = p.bias != nullptr,
          .alignment = alignment_of(p)};
}

int make_layouts(const ProductKey& key, std::size_t weight_stride, ProductPlan* plan) {
  const cudaDataType_t type = type_of(key.type);
  const cudaDataType_t out_type = type_of(key.out_type);
  const auto signed_of = [](std::size_t n) { return static_cast<std::int64_t>(n); };
  COLVEC_BLAS(
      cublasLtMatrixLayoutCreate(&plan->weight, type, key.in, key.out, signed_of(weight_stride)));
  COLVEC_BLAS(
      cublasLtMatrixLayoutCreate(&plan->x, type, key.in, key.rows, signed_of(key.x_stride)));
  COLVEC_BLAS(cublasLtMatrixLayoutCreate(&plan->out, out_type, key.out, key.rows,
                                         signed_of(key.out_stride)));
  const std::size_t stride = key.residual_stride == 0 ? key.out_stride : key.residual_stride;
  COLVEC_BLAS(
      cublasLtMatrixLayoutCreate(&plan->residual, out_type, key.out, key.rows, signed_of(stride)));
  return 0;
}

int make_operation(const ProductKey& key, const void* bias, ProductPlan* plan) {
  COLVEC_BLAS(cublasLtMatmulDescCreate(&plan->operation, CUBLAS_COMPUTE_32F, CUDA_R_32F));
  const auto set = [&](cublasLtMatmulDescAttributes_t attribute, const auto& value) {
    return cublasLtMatmulDescSetAttribute(plan->operation, attribute, &value, sizeof(value));
  };
  COLVEC_BLAS(set(CUBLASLT_MATMUL_DESC_TRANSA, CUBLAS_OP_T));
  COLVEC_BLAS(set(CUBLASLT_MATMUL_DESC_TRANSB, CUBLAS_OP_N));
  COLVEC_BLAS(set(CUBLASLT_MATMUL_DESC_EPILOGUE, epilogue_of(key)));
  if (key.has_bias) {
    const cudaDataType_t type = type_of(key.out_type);
    COLVEC_BLAS(set(CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE, type));
    COLVEC_BLAS(set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, bias));
  }
  return 0;
}

int choose_algorithm(CudaLane* lane, const ProductKey& key, ProductPlan* plan) {
  cublasLtMatmulPreference_t preference = nullptr;
  COLVEC_BLAS(cublasLtMatmulPreferenceCreate(&preference));
  const auto set = [&](cublasLtMatmulPreferenceAttributes_t attribute, const auto& value) {
    return cublasLtMatmulPreferenceSetAttribute(preference, attribute, &value, sizeof(value));
  };
  cublasLtMatmulHeuristicResult_t found{};
  int count = 0;
  const auto search = [&]() -> int {
    COLVEC_BLAS(set(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, lane->workspace_bytes));
    COLVEC_BLAS(set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, key.alignment));
    COLVEC_BLAS(set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, key.alignment));
    COLVEC_BLAS(set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, key.alignment));
    COLVEC_BLAS(set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, key.alignment));
    const cublasStatus_t status =
        cublasLtMatmulAlgoGetHeuristic(lane->blas, plan->operation, plan->weight, plan->x,
                                       plan->residual, plan->out, preference, 1, &found, &count);
    if (status == CUBLAS_STATUS_NOT_SUPPORTED || (status == CUBLAS_STATUS_SUCCESS && count == 0))
      return kCudaNoProduct;
    COLVEC_BLAS(status);
    COLVEC_BLAS(found.state);
    return 0;
  };
  const int code = search();
  cublasLtMatmulPreferenceDestroy(preference);
  plan->algorithm = found.algo;
  return code;
}

void destroy(const ProductPlan& plan) {
  for (const cublasLtMatrixLayout_t layout : {plan.weight, plan.x, plan.residual, plan.out})
    if (layout != nullptr) cublasLtMatrixLayoutDestroy(layout);
  if (plan.operation != nullptr) cublasLtMatmulDescDestroy(plan.operation);
}

int make_plan(CudaLane* lane, const CudaProduct& p, const ProductKey& key, ProductPlan* plan) {
  if (const int code = make_layouts(key, p.weight.stride, plan); code != 0) return code;
  if (const int code = make_operation(key, p.bias, plan); code != 0) return code;
  return choose_algorithm(lane, key, plan);
}

int find_plan(CudaLane* lane, const CudaProduct& p, ProductPlan** plan) {
  const ProductKey key = key_of(p);
  if (const auto found = lane->plans.find(key); found != lane->plans.end()) {
    *plan = &found->second;
    if (!key.has_bias) return 0;
    COLVEC_BLAS(cublasLtMatmulDescSetAttribute(
        (*plan)->operation, CUBLASLT_MATMUL_DESC_BIAS_POINTER, &p.bias, sizeof(p.bias)));
    return 0;
  }
  if (lane->plans.size() >= kPlansMax) forget_plans(lane);
  ProductPlan made;
  if (const int code = make_plan(lane, p, key, &made); code != 0) {
    destroy(made);
    return code;
  }
  *plan = &lane->plans.emplace(key, made).first->second;
  return 0;
}

}  // namespace

std::size_t ProductKeyHash::operator()(const ProductKey& key) const {
  std::size_t hash = 0;
  for (const std::size_t part :
       {key.rows, key.in, key.out, key.x_stride, key.out_stride, key.residual_stride,
        static_cast<std::size_t>(key.type) * 64 + static_cast<std::size_t>(key.out_type) * 16 +
            static_cast<std::size_t>(key.activation) * 2 + (key.has_bias ? 1 : 0),
        static_cast<std::size_t>(key.alignment)})
    hash = (hash ^ part) * 0x9e3779b97f4a7c15u + (hash >> 29);
  return hash;
}

void forget_plans(CudaLane* lane) {
  for (const auto& entry : lane->plans) destroy(entry.second);
  lane->plans.clear();
}

int cuda_multiply(CudaLane* lane, const CudaProduct& p) {
  if (p.x.rows == 0) return 0;
  const cudaError_t used = cudaSetDevice(lane->device);
  if (used != cudaSuccess) return static_cast<int>(used);
  ProductPlan* plan = nullptr;
  if (const int code = find_plan(lane, p, &plan); code != 0) return code;
  const float one = 1;
  const float residual_factor = p.residual == nullptr ? 0 : 1;
  const void* const residual = p.residual == nullptr ? p.out.data : p.residual->data;
  COLVEC_BLAS(cublasLtMatmul(lane->blas, plan->operation, &one, p.weight.data, plan->weight,
                             p.x.data, plan->x, &residual_factor, residual, plan->residual,
                             p.out.data, plan->out, &plan->algorithm, lane->workspace,
                             lane->workspace_bytes, lane->stream));
  return 0;
}

}  // namespace colvec
