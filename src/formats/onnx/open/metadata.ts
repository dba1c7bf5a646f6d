import { metadataEntry } from '../../tensors.ts'
import type { MetadataEntry, Signature } from '../../types.ts'
import type { Entry, ModelProto, TensorProto, ValueProto } from '../read/proto.ts'
import { signatureValue } from './graph.ts'

/** Everything that people wrote into the model, with what it is for in the key; long texts are cut, with a note. */
export function describeMetadata(
  model: ModelProto,
  tensors: Iterable<TensorProto>,
  notes: string[],
): MetadataEntry[] {
  const { graph } = model
  const checksums = new Map<string, string>()
  for (const { data, checksum } of tensors)
    if (data.kind === 'external' && checksum !== undefined) checksums.set(data.location, checksum)
  const entries: Entry[] = [
    ...model.metadata,
    ...(model.domain ? [{ key: 'domain', value: model.domain }] : []),
    ...(model.modelVersion === 0 ? [] : [{ key: 'model_version', value: String(model.modelVersion) }]),
    ...model.opsets.map(({ domain, version }) => ({
      key: `opset ${domain || 'ai.onnx'}`,
      value: String(version),
    })),
    ...within('graph', graph.metadata),
    ...[...graph.inputs, ...graph.outputs].flatMap(valueMetadata),
    ...graph.quantization.map(({ tensor, parameters }) => ({
      key: `quantization ${tensor}`,
      value: JSON.stringify(parameters.map(({ key, value }) => [key, value])),
    })),
    ...model.configurations.map(({ name, devices }) => ({
      key: `device_configuration ${name}`,
      value: `${devices} devices`,
    })),
    ...[...checksums].map(([location, value]) => ({ key: `checksum ${location}`, value })),
  ]
  return entries.map(({ key, value }) => metadataEntry(key, value, notes))
}

const valueMetadata = ({ name, metadata }: ValueProto) => within(`value ${name}`, metadata)

function within(what: string, entries: readonly Entry[]): Entry[] {
  return entries.map(({ key, value }) => ({ key: `${what}.${key}`, value }))
}

/** Inputs without those that initializers give a default. */
export function describeSignature({ graph }: ModelProto): Signature {
  const given = new Set<string | undefined>([
    ...graph.initializers.map(({ name }) => name),
    ...graph.sparse.map(({ values }) => values?.name),
  ])
  return {
    name: graph.name,
    inputs: graph.inputs.filter(({ name }) => !given.has(name)).map(signatureValue),
    outputs: graph.outputs.map(signatureValue),
  }
}
