import type { ModelSignature, TensorSpec } from '../../../model/index.ts'
import { headerOf } from '../../frames/index.ts'
import type { ServedModel } from '../codec.ts'
import { protocolNameOf } from './dtypes.ts'
import type { Served } from './infer-response.ts'

/** What this server does beyond the protocol's core: `extensions` of its metadata. */
export const EXTENSIONS: readonly string[] = [
  'binary_tensor_data',
  'classification',
  'model_configuration',
  'model_repository',
  'parameters',
  'statistics',
]

export interface PortMetadata {
  readonly name: string
  readonly datatype: string
  /** A free dimension is −1. */
  readonly shape: readonly number[]
}

export interface ModelMetadata {
  readonly name: string
  readonly versions: readonly string[]
  readonly platform: string
  readonly inputs: readonly PortMetadata[]
  readonly outputs: readonly PortMetadata[]
}

/** GET /v2. */
export function serverMetadataBody(version: string): string {
  return JSON.stringify({ name: 'ballast', version, extensions: EXTENSIONS })
}

/** GET /v2/models/M. */
export function metadataBody(
  served: Served,
  signature: ModelSignature,
  versions?: readonly string[],
): string {
  return JSON.stringify(metadataOf(served, signature, versions))
}

export function metadataOf(
  { model, version }: Served,
  { inputs, outputs }: ModelSignature,
  versions: readonly string[] = [version],
): ModelMetadata {
  return {
    name: model,
    versions,
    platform: 'onnx_onnxv1',
    inputs: inputs.map(portOf),
    outputs: outputs.map(portOf),
  }
}

/** All versions that are served, where the gateway named them (frame header `versions`, by commas); else our own. */
export function versionsOf(headers: string, { version }: ServedModel): readonly string[] {
  const named = headerOf(headers, 'versions')
    ?.split(',')
    .map(name => name.trim())
  return named ?? [version]
}

function portOf({ name, dtype, shape }: TensorSpec): PortMetadata {
  return {
    name,
    datatype: protocolNameOf(dtype),
    shape: shape.map(size => (typeof size === 'number' ? size : -1)),
  }
}
