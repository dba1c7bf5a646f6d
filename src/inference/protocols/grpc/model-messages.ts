import type { ModelMetadata, PortMetadata } from '../oip/metadata.ts'
import type { ConfigPort, TritonConfig } from '../oip/model-config.ts'
import type { Duration, ModelStatistics } from '../oip/statistics.ts'
import { FieldWriter } from './writer.ts'

/** DataType of model_config.proto. */
const DATA_TYPES = [
  'TYPE_INVALID',
  'TYPE_BOOL',
  'TYPE_UINT8',
  'TYPE_UINT16',
  'TYPE_UINT32',
  'TYPE_UINT64',
  'TYPE_INT8',
  'TYPE_INT16',
  'TYPE_INT32',
  'TYPE_INT64',
  'TYPE_FP16',
  'TYPE_FP32',
  'TYPE_FP64',
  'TYPE_STRING',
  'TYPE_BF16',
]

/** ModelMetadataResponse. */
export function metadataMessage({ name, versions, platform, inputs, outputs }: ModelMetadata): Buffer {
  const writer = new FieldWriter()
  const port = (field: number, { name, datatype, shape }: PortMetadata): void =>
    writer.message(field, () => {
      writer.text(1, name)
      writer.text(2, datatype)
      writer.packed(3, shape)
    })
  writer.text(1, name)
  for (const version of versions) writer.element(2, version)
  writer.text(3, platform)
  for (const input of inputs) port(4, input)
  for (const output of outputs) port(5, output)
  return writer.slice()
}

/** ModelConfigResponse. */
export function configMessage(config: TritonConfig): Buffer {
  const writer = new FieldWriter()
  const port = (field: number, dimsField: number, { name, data_type, dims }: ConfigPort): void =>
    writer.message(field, () => {
      writer.text(1, name)
      writer.int(2, DATA_TYPES.indexOf(data_type))
      writer.packed(dimsField, dims)
    })
  writer.message(1, () => {
    writer.text(1, config.name)
    writer.text(2, config.platform)
    writer.int(4, config.max_batch_size)
    for (const input of config.input) port(5, 4, input)
    for (const output of config.output) port(6, 3, output)
    writer.text(17, config.backend)
  })
  return writer.slice()
}

/** ModelStatisticsResponse. */
export function statisticsMessage(models: readonly ModelStatistics[]): Buffer {
  const writer = new FieldWriter()
  for (const model of models) writer.message(1, () => writeStatistics(writer, model))
  return writer.slice()
}

function writeStatistics(writer: FieldWriter, model: ModelStatistics): void {
  const duration = (field: number, { count, ns }: Duration): void =>
    writer.message(field, () => {
      writer.int(1, count)
      writer.int(2, ns)
    })
  writer.text(1, model.name)
  writer.text(2, model.version)
  writer.int(3, model.last_inference)
  writer.int(4, model.inference_count)
  writer.int(5, model.execution_count)
  writer.message(6, () => {
    const { success, fail, queue, cache_hit, cache_miss, ...compute } = model.inference_stats
    const parts = [success, fail, queue, compute.compute_input, compute.compute_infer, compute.compute_output]
    for (const [i, part] of [...parts, cache_hit, cache_miss].entries()) duration(i + 1, part)
  })
  for (const batch of model.batch_stats) {
    writer.message(7, () => {
      writer.int(1, batch.batch_size)
      for (const [i, part] of [batch.compute_input, batch.compute_infer, batch.compute_output].entries()) {
        duration(i + 2, part)
      }
    })
  }
}
