import { dangerOf } from '../pickle/dangers.ts'
import type { ScanSink } from '../types.ts'

/** Namespaces of operators that come with PyTorch and the libraries around it. */
const NAMESPACES: ReadonlySet<string> = new Set(
  (
    'aten prim prims quantized quantized_decomposed _quantized sparse torchvision torchaudio torchtext mkldnn _caffe2 ' +
    'profiler xnnpack onednn mkldnn_prepacked prepacked metal_prepack vulkan_prepack _c10d_functional higher_order ' +
    'inductor symm_mem torch_sparse torch_scatter torch_cluster torch_spline_conv'
  ).split(' '),
)
/** Operators that reach files. */
const FILES: ReadonlySet<string> = new Set(['from_file', 'save', 'load'])
/** Functions of numbers and shapes that exported programs use beside operators. */
const PLAIN =
  /^(?:_operator\.(?!attrgetter|methodcaller|call|itemgetter)[a-z_]+|torch\.(?:sym_\w+|_check\w*|_assert\w*)|math\.\w+|builtins\.(?:abs|max|min|round|pow))$/

/** What an operator reaches beyond the model; undefined for one that only computes. */
export function operatorFault(namespace: string, name: string): 'file' | 'unknown' | undefined {
  if (namespace === 'aten' && FILES.has(name)) return 'file'
  return NAMESPACES.has(namespace) ? undefined : 'unknown'
}

/**
 * Judges the target of a node of an exported program (.pt2): torch looks the name up from its own module on, so
 * `torch.serialization.os.system` is what it says.
 */
export function reportTarget(target: string, sink: Pick<ScanSink, 'add'>): void {
  const operator = /^torch\.ops\.(\w+)\.(\w+)/.exec(target)
  const shown = target.slice(0, 200)
  if (operator) {
    const fault = operatorFault(operator[1]!, operator[2]!)
    if (fault === 'file')
      sink.add({ rule: 'torchscript/operator', level: 'unsafe', what: `${shown} reads or writes a file` })
    else if (fault)
      sink.add({
        rule: 'torchscript/operator',
        level: 'unknown',
        what: `${shown} comes from a library that is not known`,
      })
    return
  }
  if (PLAIN.test(target)) return
  const dot = target.lastIndexOf('.')
  const danger = dangerOf(target.slice(0, Math.max(0, dot)), target.slice(dot + 1))
  if (danger)
    sink.add({
      rule: 'torchscript/operator',
      level: 'unsafe',
      what: `${shown} is called, which ${danger.does}`,
    })
  else
    sink.add({
      rule: 'torchscript/operator',
      level: 'unknown',
      what: `${shown} is called; no rule vouches for it`,
    })
}
