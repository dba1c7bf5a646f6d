import type { ByteSink, ReadOptions } from '../../ports.ts'
import type { OnnxDtype, OnnxOpset } from '../types.ts'

/** A model to write: what onnx.proto has, without what its readers ignore. */
export interface OnnxModel {
  /** 10 where absent: what ONNX Runtime reads since 1.18. */
  readonly irVersion?: number
  readonly producer?: { readonly name: string; readonly version?: string }
  readonly domain?: string
  readonly modelVersion?: number
  readonly opsets: readonly OnnxOpset[]
  readonly graph: OnnxGraph
  readonly functions?: readonly OnnxFunction[]
  readonly metadata?: OnnxEntries
}

export type OnnxEntries = readonly { readonly key: string; readonly value: string }[]

export interface OnnxGraph {
  readonly name: string
  /** In an order in which they can run. */
  readonly nodes: readonly OnnxNode[]
  readonly inputs: readonly OnnxTensorType[]
  readonly outputs: readonly OnnxTensorType[]
  readonly initializers?: readonly OnnxTensor[]
  /** Types of values between nodes. */
  readonly values?: readonly OnnxTensorType[]
  readonly metadata?: OnnxEntries
}

export interface OnnxFunction {
  readonly name: string
  readonly domain: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** Names of parameters without a default. */
  readonly attributes?: readonly string[]
  readonly nodes: readonly OnnxNode[]
  readonly opsets: readonly OnnxOpset[]
}

export interface OnnxNode {
  readonly name?: string
  readonly op: string
  readonly domain?: string
  readonly overload?: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>
  readonly metadata?: OnnxEntries
}

export type OnnxAttribute =
  | { readonly int: number | bigint }
  | { readonly float: number }
  | { readonly text: string }
  | { readonly ints: readonly (number | bigint)[] }
  | { readonly floats: readonly number[] }
  | { readonly texts: readonly string[] }
  /** Lists of millions of elements, laid out while they are written. */
  | { readonly long: 'ints' | 'floats'; readonly list: LongList<number> }
  | { readonly long: 'texts'; readonly list: LongList<string> }
  | { readonly tensor: OnnxTensor }
  | { readonly graph: OnnxGraph }
  | { readonly graphs: readonly OnnxGraph[] }
  /** Within a function: one of its parameters. */
  | { readonly parameter: string; readonly type: keyof typeof ATTRIBUTE_TYPES }

/** An array, a typed array, or elements that are told one by one: it is asked in order, and more than once. */
export interface LongList<Element> {
  readonly length: number
  /** Asked for places below `length` only. */
  at(place: number): Element | undefined
}

/** AttributeProto.AttributeType. */
export const ATTRIBUTE_TYPES = {
  float: 1,
  int: 2,
  text: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  texts: 8,
  graphs: 10,
} as const

/** A dense tensor value's type; without a shape the rank is free. */
export interface OnnxTensorType {
  readonly name: string
  readonly dtype: OnnxDtype
  readonly shape?: readonly (number | string | null)[]
  readonly metadata?: OnnxEntries
}

export interface OnnxTensor {
  readonly name: string
  readonly dtype: OnnxDtype
  readonly shape: readonly number[]
  /**
   * Elements as raw_data has them: little-endian, in C order, types under a byte packed from the lowest bits. A
   * function gives them in pieces, each valid until the next is asked for, and may be called again. Texts for `string`.
   */
  readonly data: Uint8Array | ((options?: ReadOptions) => AsyncIterable<Uint8Array>) | readonly string[]
}

/** A file for tensors beside the model. */
export interface OnnxExternalSink {
  /** Its name, relative to the model's folder. */
  readonly location: string
  readonly sink: ByteSink
  /** `large`, the default: for models above 1 GB, as protobuf ends at 2 GB. */
  readonly when?: 'large' | 'always'
}

export interface OnnxWriteOptions {
  readonly external?: OnnxExternalSink
}

export interface OnnxWritten {
  readonly bytes: number
  /** 0 where no external file was needed: then nothing was written to its sink. */
  readonly externalBytes: number
}
