/**
 * The small messages of `inference.GRPCInferenceService` and `grpc.health.v1.Health` that a gateway reads and
 * writes itself.
 */
import { EXTENSIONS } from '../oip/metadata.ts'
import { FieldReader } from './wire.ts'
import { FieldWriter } from './writer.ts'

/** Bytes of a model's name or a version. */
const MAX_NAME_BYTES = 512

/** Whom a request is for: empty where it does not say. */
export interface ModelName {
  readonly model: string
  readonly version: string
}

/** ModelReadyRequest, ModelMetadataRequest, ModelConfigRequest, ModelStatisticsRequest. Throws REQUEST_INVALID. */
export function readModelName(message: Buffer): ModelName {
  const [model = '', version = ''] = texts(message, [1, 2])
  return { model, version }
}

/** RepositoryModelLoadRequest and RepositoryModelUnloadRequest: the model's name. Throws REQUEST_INVALID. */
export function readRepositoryModel(message: Buffer): string {
  return texts(message, [2])[0] ?? ''
}

/** RepositoryIndexRequest: whether only models that are ready are wanted. Throws REQUEST_INVALID. */
export function readIndexRequest(message: Buffer): { readonly ready: boolean } {
  const reader = new FieldReader(message)
  let ready = false
  while (reader.next()) if (reader.field === 2) ready = reader.flag()
  return { ready }
}

/** HealthCheckRequest: the service, empty for the whole server. Throws REQUEST_INVALID. */
export function readHealthRequest(message: Buffer): string {
  return texts(message, [1])[0] ?? ''
}

/** ServerLiveResponse, ServerReadyResponse, ModelReadyResponse. */
export function flagMessage(value: boolean): Buffer {
  const writer = new FieldWriter()
  writer.flag(1, value)
  return writer.slice()
}

/** ServerMetadataResponse. */
export function serverMetadataMessage(version: string): Buffer {
  const writer = new FieldWriter()
  writer.text(1, 'ballast')
  writer.text(2, version)
  for (const extension of EXTENSIONS) writer.element(3, extension)
  return writer.slice()
}

/** A version in Triton's repository index. */
export interface IndexEntry {
  readonly name: string
  readonly version: string
  readonly state: 'READY' | 'UNAVAILABLE' | 'LOADING' | 'UNLOADING'
  readonly reason: string
}

/** RepositoryIndexResponse. */
export function indexMessage(models: readonly IndexEntry[]): Buffer {
  const writer = new FieldWriter()
  for (const { name, version, state, reason } of models) {
    writer.message(1, () => {
      writer.text(1, name)
      writer.text(2, version)
      writer.text(3, state)
      writer.text(4, reason)
    })
  }
  return writer.slice()
}

/** ModelStreamInferResponse that carries an answer: what stands before the ModelInferResponse. */
export function streamAnswerHead(responseBytes: number): Buffer {
  const writer = new FieldWriter()
  writer.head(2, responseBytes)
  return writer.slice()
}

/** ModelStreamInferResponse of a request that failed; its id tells which. */
export function streamErrorMessage(message: string, id: string): Buffer {
  const writer = new FieldWriter()
  writer.text(1, message)
  if (id !== '') writer.message(2, () => writer.text(3, id))
  return writer.slice()
}

export const HEALTH = { unknown: 0, serving: 1, notServing: 2, serviceUnknown: 3 } as const

/** HealthCheckResponse. */
export function healthMessage(status: keyof typeof HEALTH): Buffer {
  const writer = new FieldWriter()
  writer.int(1, HEALTH[status])
  return writer.slice()
}

function texts(message: Buffer, fields: readonly number[]): readonly (string | undefined)[] {
  const found: (string | undefined)[] = []
  const reader = new FieldReader(message)
  while (reader.next()) {
    const place = fields.indexOf(reader.field)
    if (place >= 0) found[place] = reader.text(MAX_NAME_BYTES)
  }
  return found
}
