/**
 * Element types by TensorProto.DataType, in lower case: all 29 numbers of onnx 1.23.2 (IR version 14). `undefined` and
 * numbers of later versions are told as such.
 */
export const ONNX_DTYPES = [
  'undefined',
  'float32',
  'uint8',
  'int8',
  'uint16',
  'int16',
  'int32',
  'int64',
  'string',
  'bool',
  'float16',
  'float64',
  'uint32',
  'uint64',
  'complex64',
  'complex128',
  'bfloat16',
  'float8e4m3fn',
  'float8e4m3fnuz',
  'float8e5m2',
  'float8e5m2fnuz',
  'uint4',
  'int4',
  'float4e2m1',
  'float8e8m0',
  'uint2',
  'int2',
  'float6e2m3',
  'float6e3m2',
] as const
export type OnnxDtype = (typeof ONNX_DTYPES)[number] | `unknown-${number}`

/** What an ONNX file says about itself. Plain JSON; nothing of the weights' bytes is in it. */
export interface OnnxDescription {
  readonly irVersion: number
  readonly producer: { readonly name: string; readonly version: string }
  readonly modelVersion: number
  readonly opsets: readonly OnnxOpset[]
  readonly graph: string
  /** Without those that are initializers. */
  readonly inputs: readonly OnnxValue[]
  readonly outputs: readonly OnnxValue[]
  /** Those of the main graph first, then those of subgraphs, functions and training graphs. */
  readonly initializers: readonly OnnxInitializer[]
  /** Nodes of all graphs and functions. */
  readonly nodes: number
  /** How often each operator occurs, most frequent first. */
  readonly operators: readonly OnnxOperator[]
  /** Elements of all initializers. */
  readonly parameters: number
  readonly fileBytes: number
  /** The file and the external data that it names. */
  readonly totalBytes: number
  readonly external: readonly OnnxExternalFile[]
  readonly metadata: readonly { readonly key: string; readonly value: string }[]
}

export interface OnnxOpset {
  /** Empty for ONNX's own operators. */
  readonly domain: string
  readonly version: number
}

export interface OnnxOperator {
  readonly domain: string
  readonly name: string
  readonly count: number
}

/** One input or output. */
export interface OnnxValue {
  readonly name: string
  readonly kind: 'tensor' | 'sparse-tensor' | 'sequence' | 'map' | 'optional' | 'opaque' | 'unknown'
  /** Of tensors. */
  readonly dtype?: OnnxDtype
  /** Sizes, names of free axes, or null; absent where the rank is not declared. */
  readonly shape?: readonly (number | string | null)[]
}

export interface OnnxInitializer {
  readonly name: string
  readonly dtype: OnnxDtype
  readonly shape: readonly number[]
  readonly elements: number
  readonly data: OnnxData
}

/** Where a tensor's elements are. */
export type OnnxData =
  /** `raw_data`: little-endian elements in these bytes of the file. */
  | { readonly kind: 'raw'; readonly offset: number; readonly length: number }
  /** A typed field (`float_data` …), or none for a tensor without elements. */
  | { readonly kind: 'fields' }
  /** Another file, relative to the model's folder; a missing length means the rest of it. */
  | {
      readonly kind: 'external'
      readonly location: string
      readonly offset: number
      readonly length?: number
    }

export interface OnnxExternalFile {
  readonly location: string
  /** How far into it the tensors reach. */
  readonly bytes: number
}
