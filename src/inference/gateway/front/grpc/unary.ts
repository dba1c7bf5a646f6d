import { InferenceError } from '../../../errors.ts'
import type { Operation } from '../../../frames/index.ts'
import {
  flagMessage,
  healthMessage,
  indexMessage,
  readHealthRequest,
  readIndexRequest,
  readModelName,
  readRepositoryModel,
  serverMetadataMessage,
  statisticsMessage,
} from '../../../protocols/index.ts'
import type { GatewayState } from '../../state.ts'
import type { Catalog } from '../catalog.ts'
import type { Questions } from '../questions.ts'
import type { Header } from '../request.ts'
import type { GrpcCall } from './call.ts'
import { versionNamed } from './metadata.ts'

export interface UnaryContext {
  readonly state: GatewayState
  readonly catalog: Catalog
  readonly questions: Questions
  /** Of this release. */
  readonly version: string
}

type Unary = (context: UnaryContext, message: Buffer, call: GrpcCall) => Buffer | Promise<Buffer>

const EMPTY = Buffer.alloc(0)

const OF_INFERENCE: Readonly<Record<string, Unary>> = {
  ServerLive: () => flagMessage(true),
  ServerReady: ({ state }) => flagMessage(state.ready),
  ServerMetadata: ({ version }) => serverMetadataMessage(version),
  ModelReady: ({ catalog }, message, call) => {
    const { model, version } = readModelName(message)
    return flagMessage(catalog.ready(headerIn(call), model, versionNamed(version)))
  },
  ModelMetadata: told('metadata'),
  ModelConfig: told('config'),
  ModelStatistics: async ({ catalog, questions }, message, call) => {
    const { model, version } = readModelName(message)
    const header = headerIn(call)
    const routes =
      model === '' ? catalog.list(header).map(({ route }) => route) : [catalog.allowed(header, model)]
    return statisticsMessage(
      await questions.statistics(routes, model === '' ? undefined : versionNamed(version)),
    )
  },
  RepositoryIndex: ({ catalog }, message, call) =>
    indexMessage(catalog.index(headerIn(call), readIndexRequest(message).ready)),
  RepositoryModelLoad: control('load'),
  RepositoryModelUnload: control('unload'),
}

/** The calls with one small message each way, by path. */
export const UNARY: ReadonlyMap<string, Unary> = new Map([
  ...Object.entries(OF_INFERENCE).map(
    ([name, answer]) => [`/inference.GRPCInferenceService/${name}`, answer] as const,
  ),
  [
    '/grpc.health.v1.Health/Check',
    (context, message, call) => healthMessage(healthOf(context, readHealthRequest(message), call)),
  ] as const,
])

/** Of the whole server (no name), or of a model. Throws MODEL_UNKNOWN. */
export function healthOf(
  { state, catalog }: Pick<UnaryContext, 'state' | 'catalog'>,
  service: string,
  call: GrpcCall,
): 'serving' | 'notServing' {
  const ready =
    service === '' || service === 'inference.GRPCInferenceService'
      ? state.ready
      : catalog.ready(headerIn(call), service, undefined)
  return ready ? 'serving' : 'notServing'
}

/** What a replica tells of a model, in messages of gRPC. */
function told(operation: Operation): Unary {
  return async ({ catalog, questions }, message, call) => {
    const { model, version } = readModelName(message)
    const route = catalog.allowed(headerIn(call), model)
    const { answer } = await questions.ask(route, versionNamed(version), operation, 'grpc')
    if (answer.status === 200) return answer.body
    throw new InferenceError('INFERENCE_FAILED', {
      message: answer.body.toString('utf8', 0, 500),
      hint: "The replica's log has more.",
    })
  }
}

function control(operation: 'load' | 'unload'): Unary {
  return async ({ catalog, questions }, message, call) => {
    await questions.control(catalog.allowed(headerIn(call), readRepositoryModel(message)), operation)
    return EMPTY
  }
}

function headerIn(call: GrpcCall): Header {
  return name => call.header(name)
}
