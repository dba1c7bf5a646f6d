import { OPERATORS } from './operators.ts'

/** What an operator does beyond computing, by its name; in whatever domain it stands. */
export const HAZARDOUS: ReadonlyMap<string, { readonly kind: OperatorHazard; readonly why: string }> =
  new Map([
    ['PyOp', { kind: 'python-op', why: 'runs a Python function by its name' }],
    ['PyCustomOp', { kind: 'python-op', why: 'runs a Python function by its name' }],
    ['PythonOp', { kind: 'python-op', why: 'runs a torch.autograd.Function by its name' }],
    ['PythonOpGrad', { kind: 'python-op', why: 'runs a torch.autograd.Function by its name' }],
    ['ATen', { kind: 'native-code', why: "calls any of PyTorch's operators by its name" }],
    ['ATenOp', { kind: 'native-code', why: "calls any of PyTorch's operators by its name" }],
    ['EPContext', { kind: 'native-code', why: 'holds or names a program compiled for a device' }],
    ['Snpe', { kind: 'native-code', why: 'holds a program compiled for a device' }],
    ['ImageReader', { kind: 'file-op', why: 'reads files whose paths its input gives' }],
  ])

export type OperatorHazard = 'python-op' | 'native-code' | 'file-op'

const known = new Map(
  Array.from(OPERATORS, ([domain, names]) => [domain, new Set(names.trim().split(/\s+/))]),
)

export function isKnownDomain(domain: string): boolean {
  return known.has(domain)
}

/** Whether a release of ONNX, ONNX Runtime or its extensions defines the operator, and it only computes. */
export function isKnownOperator(domain: string, op: string): boolean {
  return known.get(domain)?.has(op) ?? false
}
