/** Namespaces of operators that come with PyTorch and the libraries around it. */
const NAMESPACES: ReadonlySet<string> = new Set(
  (
    'aten prim prims quantized quantized_decomposed _quantized sparse torchvision torchaudio torchtext mkldnn _caffe2 ' +
    'profiler xnnpack onednn mkldnn_prepacked prepacked metal_prepack vulkan_prepack _c10d_functional higher_order ' +
    'inductor symm_mem torch_sparse torch_scatter torch_cluster torch_spline_conv export'
  ).split(' '),
)
/** Operators that reach files or other machines, in whatever namespace: torchvision's `image`, torchaudio's sox. */
const OUTSIDE = /^(?:from_file|save|load|rpc_\w+|dist_rpc\w*|sox_io_\w+|\w*(?:read|write|load|save)_\w*file)$/

/** What an operator reaches beyond the model; undefined for one that only computes. */
export function operatorFault(namespace: string, name: string): 'outside' | 'unknown' | undefined {
  if (OUTSIDE.test(name)) return 'outside'
  return NAMESPACES.has(namespace) ? undefined : 'unknown'
}

/** One operator that code names. */
export interface NamedOperator {
  readonly namespace: string
  readonly name: string
  readonly offset: number
}

/** `torch.add` is aten's; other namespaces stand behind `ops`. Space may stand between all of it. */
const DOT = String.raw`(?:\s|\\\r?\n)*\.(?:\s|\\\r?\n)*`
const FORMS = new RegExp(
  String.raw`(?<![\w.])(?:torch${DOT})?ops${DOT}(\w+)${DOT}(\w+)|(?<![\w.])torch${DOT}(\w+)`,
  'g',
)

/** The operators that TorchScript's code names, called at once or kept to be called. */
export function operatorsIn(code: string): NamedOperator[] {
  const found: NamedOperator[] = []
  for (const { 1: namespace, 2: operator, 3: own, index } of code.matchAll(FORMS)) {
    if (operator !== undefined) found.push({ namespace: namespace!, name: operator, offset: index })
    else if (own !== undefined) found.push({ namespace: 'aten', name: own, offset: index })
  }
  return found
}

/** Modules of Python's torch, which no TorchScript code names. */
export const PYTHON_ONLY: ReadonlySet<string> = new Set(
  'hub ops jit package serialization os sys utils multiprocessing distributed _C storage testing onnx'.split(
    ' ',
  ),
)
