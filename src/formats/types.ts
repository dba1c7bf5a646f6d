import type { Dtype } from '../core/index.ts'

/** On-disk encodings that are told apart by content. A wrapper (gzip …) is not a format: see `ModelFile.wrapper`. */
export const MODEL_FORMATS = [
  'onnx',
  'pickle',
  'joblib',
  'pytorch',
  'pytorch-legacy',
  'torchscript',
  'pt2',
  'safetensors',
  'hdf5',
  'keras-h5',
  'keras',
  'tensorflow-savedmodel',
  'tensorflow-graphdef',
  'tensorflow-checkpoint',
  'tfjs-graph',
  'tfjs-layers',
  'tflite',
  'gguf',
  'npy',
  'npz',
  'xgboost-json',
  'xgboost-ubj',
  'lightgbm',
] as const
export type ModelFormat = (typeof MODEL_FORMATS)[number]

export const DATA_FORMATS = ['idx', 'csv', 'jsonl', 'parquet', 'image-folder'] as const
export type DataFormat = (typeof DATA_FORMATS)[number]

export const WRAPPERS = ['gzip', 'zlib', 'bzip2', 'xz', 'lzma', 'zstd', 'lz4'] as const
export type Wrapper = (typeof WRAPPERS)[number]

/** Blocks of quantized numbers in one GGUF tensor: lower-case names of ggml's types. */
export const BLOCK_DTYPES = [
  'q4_0',
  'q4_1',
  'q5_0',
  'q5_1',
  'q8_0',
  'q8_1',
  'q2_k',
  'q3_k',
  'q4_k',
  'q5_k',
  'q6_k',
  'q8_k',
  'q1_0',
  'iq1_s',
  'iq1_m',
  'iq2_xxs',
  'iq2_xs',
  'iq2_s',
  'iq3_xxs',
  'iq3_s',
  'iq4_nl',
  'iq4_xs',
  'tq1_0',
  'tq2_0',
  'mxfp4',
  'nvfp4',
] as const
export type BlockDtype = (typeof BLOCK_DTYPES)[number]

/** Element types that stand in files beyond those that a model's inputs and outputs have. */
export const STORED_DTYPES = [
  'complex64',
  'complex128',
  'float8e4m3fn',
  'float8e4m3fnuz',
  'float8e5m2',
  'float8e5m2fnuz',
  'float8e8m0',
  'float4e2m1',
  'float6e2m3',
  'float6e3m2',
  'int4',
  'uint4',
  'int2',
  'uint2',
  /** x87 extended precision in 16 bytes, as numpy on x86-64 stores it. */
  'float128',
  /** numpy's dates and time spans: int64 counts. */
  'datetime64',
  'timedelta64',
  /** Fields of several types in each element: `TensorInfo.fields`. */
  'record',
  /** Bytes without a type: numpy's V, HDF5's opaque. */
  'opaque',
  /** Python objects, described as inert nodes; never built. */
  'object',
  /** A type that this release does not know; its bytes can be read. */
  'unknown',
] as const
export type TensorDtype = Dtype | BlockDtype | (typeof STORED_DTYPES)[number]

/** One tensor of a file, without its elements. */
export interface TensorInfo {
  /** Unique within the file; a path where the format nests (`layers/dense/vars/0`, `estimators_[3].tree_.nodes`). */
  readonly name: string
  /** What the format itself calls it, where `name` is another: a checkpoint's key. `readTensor` takes both. */
  readonly key?: string
  readonly dtype: TensorDtype
  readonly shape: readonly number[]
  /** Product of `shape`. */
  readonly elements: number
  /** Bytes that `readTensor` gives; absent where only reading tells (strings). */
  readonly bytes?: number
  /** How it lies in the file, where that is not plain little-endian C order: `big-endian`, `fortran`, `deflate`, `external` … */
  readonly stored?: readonly string[]
  /** Of `record`: fields in order, with their offsets in an element. */
  readonly fields?: readonly RecordField[]
  /** Bytes of one element, where the dtype alone does not say: records, opaque, fixed-length text. */
  readonly itemBytes?: number
  readonly quantization?: TensorQuantization
  /** What it is for, where the format says so: an optimiser's state counts as no parameter. */
  readonly role?: 'parameter' | 'buffer' | 'constant' | 'optimizer' | 'data'
}

export interface RecordField {
  readonly name: string
  readonly dtype: TensorDtype
  readonly offset: number
  readonly shape: readonly number[]
  /** Of a record in a record. */
  readonly fields?: readonly RecordField[]
  /** Of one element, where the dtype alone does not say. */
  readonly itemBytes?: number
}

/**
 * real = (stored − zeroPoint) · scale, by `axis` where there are several scales (TFLite's affine scheme, TF.js'
 * uint8 and uint16 with scale and min: zeroPoint = −min/scale).
 */
export interface TensorQuantization {
  readonly scheme: 'affine'
  readonly scale: readonly number[]
  readonly zeroPoint: readonly number[]
  readonly axis?: number
}

/** One input or output. */
export interface SignatureValue {
  readonly name: string
  readonly kind: 'tensor' | 'sparse-tensor' | 'sequence' | 'map' | 'optional' | 'opaque' | 'unknown'
  readonly dtype?: TensorDtype
  /** Sizes, names of free axes, or null; absent where the rank is not declared. */
  readonly shape?: readonly (number | string | null)[]
  /** The graph's own name of it, where the signature gives it another. */
  readonly tensor?: string
}

export interface Signature {
  readonly name: string
  readonly inputs: readonly SignatureValue[]
  readonly outputs: readonly SignatureValue[]
}

/** A node, layer or op. Attributes are plain JSON: big ones are described, not copied. */
export interface GraphNode {
  readonly name: string
  readonly op: string
  /** Operator domain or module; absent for the format's own. */
  readonly domain?: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes?: Readonly<Record<string, Attribute>>
  /** What people wrote about it. */
  readonly metadata?: readonly MetadataEntry[]
}

export type Attribute =
  | string
  | number
  | boolean
  | null
  | readonly Attribute[]
  | { readonly [key: string]: Attribute }

export interface ModelGraph {
  readonly name: string
  readonly kind: 'dataflow' | 'layers' | 'trees' | 'code'
  /** In file order. Readers stop at their limit on nodes with FORMAT_LIMIT. */
  readonly nodes: readonly GraphNode[]
  /** Functions, and the bodies of If, Loop and While, by name. */
  readonly subgraphs: readonly Subgraph[]
  /** How often each op occurs over all graphs, most frequent first. */
  readonly operators: readonly { readonly name: string; readonly domain?: string; readonly count: number }[]
  /** Types and shapes of values between nodes, where the file says them. */
  readonly values?: readonly SignatureValue[]
}

export interface Subgraph {
  readonly name: string
  readonly nodes: readonly GraphNode[]
  readonly inputs?: readonly string[]
  readonly outputs?: readonly string[]
  readonly values?: readonly SignatureValue[]
}

export interface MetadataEntry {
  readonly key: string
  /** Text as it stands; JSON for nested values. Cut at `MAX_METADATA_TEXT` with a note. */
  readonly value: string
}

/** A file that belongs to the model: its path relative to the model's folder, with `/`. */
export interface FilePart {
  readonly path: string
  readonly size: number
}

/** What a model file says about itself, whatever its format. Plain JSON; no weights in it. */
export interface ModelFile {
  readonly format: ModelFormat | DataFormat
  /** Of the format: `ir 10`, `v3`, `protocol 4`. */
  readonly formatVersion?: string
  /** Who the model is for: `PyTorch`, `scikit-learn`, `Keras`, `TensorFlow`, `XGBoost` … */
  readonly framework?: string
  /** What wrote it, with its version, as the file says. */
  readonly producer?: string
  /** What the model is, where the file says: `RandomForestClassifier`, `llama`, a graph's name. */
  readonly what?: string
  readonly name: string
  /** Bytes of all `files`. */
  readonly size: number
  /** The main file first. */
  readonly files: readonly FilePart[]
  /** Compression around the whole file, outermost first. */
  readonly wrapper?: readonly Wrapper[]
  readonly tensors: readonly TensorInfo[]
  /** Elements of tensors that are parameters (without `optimizer`, `data` and text). */
  readonly parameters: number
  readonly graph?: ModelGraph
  /** The default one. */
  readonly signature?: Signature
  readonly otherSignatures?: readonly Signature[]
  readonly metadata: readonly MetadataEntry[]
  /** What a reader of the description should know: `a state dict has no graph`. */
  readonly notes?: readonly string[]
}
