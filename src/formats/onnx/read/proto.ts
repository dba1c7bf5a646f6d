import type { Range } from '../../protobuf/wire.ts'
import type { OnnxData, OnnxDtype, OnnxOpset, OnnxValue } from '../types.ts'

/**
 * A model as onnx.proto has it, without what is large: elements of tensors and long lists are ranges of the file.
 * Names of types and fields are the specification's.
 */
export interface ModelProto {
  readonly irVersion: number
  readonly producerName: string
  readonly producerVersion: string
  readonly domain: string
  readonly modelVersion: number
  readonly opsets: readonly OnnxOpset[]
  readonly graph: GraphProto
  readonly functions: readonly FunctionProto[]
  readonly training: readonly TrainingProto[]
  readonly configurations: readonly DeviceConfiguration[]
  readonly metadata: readonly Entry[]
}

export interface Entry {
  readonly key: string
  readonly value: string
}

export interface GraphProto {
  readonly name: string
  readonly nodes: readonly NodeProto[]
  readonly initializers: readonly TensorProto[]
  readonly sparse: readonly SparseTensorProto[]
  readonly inputs: readonly ValueProto[]
  readonly outputs: readonly ValueProto[]
  /** Intermediate values. */
  readonly values: readonly ValueProto[]
  /** Names of the tensors that hold a value's scale and zero point. */
  readonly quantization: readonly { readonly tensor: string; readonly parameters: readonly Entry[] }[]
  readonly metadata: readonly Entry[]
}

export interface NodeProto {
  readonly name: string
  readonly op: string
  /** Empty for ONNX's own. */
  readonly domain: string
  readonly overload: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: readonly AttributeProto[]
  readonly metadata: readonly Entry[]
  /** Names of the device configurations that say where it runs. */
  readonly configurations: readonly string[]
  /** Of its message in the file. */
  readonly offset: number
}

export interface AttributeProto {
  readonly name: string
  readonly value: AttributeValue
  /** The message in the file. */
  readonly range: Range
}

export type AttributeValue =
  | { readonly kind: 'none' }
  /** A parameter of the function around it. */
  | { readonly kind: 'reference'; readonly name: string }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'int'; readonly value: bigint }
  | { readonly kind: 'string'; readonly value: LongText }
  /** Of `count` values the first few. */
  | { readonly kind: 'floats'; readonly count: number; readonly first: readonly number[] }
  | { readonly kind: 'ints'; readonly count: number; readonly first: readonly bigint[] }
  | { readonly kind: 'strings'; readonly count: number; readonly first: readonly LongText[] }
  | { readonly kind: 'tensors'; readonly list: boolean; readonly tensors: readonly TensorProto[] }
  | {
      readonly kind: 'sparse-tensors'
      readonly list: boolean
      readonly tensors: readonly SparseTensorProto[]
    }
  | { readonly kind: 'graphs'; readonly list: boolean; readonly graphs: readonly GraphProto[] }
  | { readonly kind: 'types'; readonly list: boolean; readonly types: readonly Omit<OnnxValue, 'name'>[] }

/** The beginning of a text, or undefined where the bytes are none. */
export interface LongText {
  readonly text: string | undefined
  readonly bytes: number
}

export interface TensorProto {
  readonly name: string
  readonly dtype: OnnxDtype
  readonly shape: readonly number[]
  readonly elements: number
  readonly data: OnnxData
  /** One of several parts of a tensor. */
  readonly segment: boolean
  /** SHA-1 of the external file, as the model says. */
  readonly checksum: string | undefined
  /** The message in the file. */
  readonly range: Range
  /** A copy of the message, where it is small. */
  readonly message: Uint8Array | undefined
}

export interface SparseTensorProto {
  readonly values: TensorProto | undefined
  readonly indices: TensorProto | undefined
  readonly shape: readonly number[]
}

export interface ValueProto extends OnnxValue {
  readonly metadata: readonly Entry[]
}

export interface FunctionProto {
  readonly name: string
  readonly domain: string
  readonly overload: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly nodes: readonly NodeProto[]
  /** Defaults of its parameters. */
  readonly attributes: readonly AttributeProto[]
  readonly values: readonly ValueProto[]
  readonly opsets: readonly OnnxOpset[]
  readonly metadata: readonly Entry[]
}

export interface TrainingProto {
  readonly initialization: GraphProto | undefined
  readonly algorithm: GraphProto | undefined
}

export interface DeviceConfiguration {
  readonly name: string
  readonly devices: number
}
