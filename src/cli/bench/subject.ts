import { z } from 'zod'
import { BallastError, messageOf } from '../../core/index.ts'
import { askEndpoint, checked, type Endpoint, endpointOf, headersFor } from '../predict/endpoint.ts'
import { readInput, textInput } from '../predict/inputs.ts'
import type { HttpBody } from '../predict/oip.ts'
import { type BenchProtocol, type ModelName, WRITERS } from './messages.ts'
import type { Plan } from './plan.ts'
import { type InputSpec, syntheticInputs } from './synthetic.ts'

export interface SubjectOptions {
  readonly url: string | undefined
  readonly version: number | undefined
  readonly environment: string | undefined
  readonly token: string | undefined
  readonly protocol: BenchProtocol
  readonly inputs: readonly string[]
  readonly text: string | undefined
  readonly type: string | undefined
  readonly batch: number
  readonly shapes: ReadonlyMap<string, readonly number[]>
  readonly timeoutMs: number
  readonly insecure: boolean
}

/** What is measured: an address, and the requests that it is sent. */
export interface Subject {
  readonly name: string
  /** What is sent, for people: `binary tensors`, `cat.jpg`. */
  readonly what: string
  readonly plan: Pick<Plan, 'url' | 'method' | 'transport' | 'requests' | 'headers'>
}

/** Different bodies of made-up inputs, sent in turn. */
const VARIETY = 16
const GRPC_PATH = '/inference.GRPCInferenceService/ModelInfer'

const metadataSchema = z.object({
  inputs: z.array(
    z.object({ name: z.string(), datatype: z.string(), shape: z.array(z.coerce.number().int()) }),
  ),
})

/**
 * Finds out what to send, and sends it once: a load of refusals would measure nothing. Throws URL_INVALID,
 * GATEWAY_UNREACHABLE, PREDICTION_REFUSED, INPUT_UNREADABLE.
 */
export async function subjectOf(target: string, options: SubjectOptions): Promise<Subject> {
  const subject = isPlainAddress(target, options)
    ? await ofAddress(target, options)
    : await ofModel(target, options)
  if (subject.plan.transport === 'http1') await tryOnce(subject, options)
  return subject
}

/** An address that is no model's: measured as it is. */
function isPlainAddress(target: string, { url }: SubjectOptions): boolean {
  const path = URL.parse(target)?.pathname
  return url === undefined && /^https?:\/\//i.test(target) && !/^\/.*v[12]\/models\/[^/]/.test(path ?? '')
}

async function ofAddress(target: string, options: SubjectOptions): Promise<Subject> {
  const bodies = await givenBodies(options)
  const url = URL.parse(target)
  if (url === null) throw endpointInvalid(target)
  const [first] = bodies
  return {
    name: target,
    what: first === undefined ? 'GET' : first.name,
    plan: {
      url: url.href,
      method: first === undefined ? 'GET' : 'POST',
      transport: 'http1',
      requests: first === undefined ? [{ body: '', headers: {} }] : bodies.map(wire),
      headers: headersOf(options),
    },
  }
}

async function ofModel(target: string, options: SubjectOptions): Promise<Subject> {
  const endpoint = /^https?:\/\//i.test(target)
    ? endpointOf(target, undefined, options.version)
    : endpointOf(options.url ?? '', target, options.version)
  const bodies = await givenBodies(options)
  const [first] = bodies
  if (first !== undefined) {
    const url = endpoint.exact ?? `${endpoint.model}/${first.path}`
    return {
      name: target,
      what: bodies.length === 1 ? first.name : `${bodies.length} inputs`,
      plan: {
        url,
        method: 'POST',
        transport: 'http1',
        requests: bodies.map(wire),
        headers: headersOf(options),
      },
    }
  }
  return madeUp(target, endpoint, options)
}

async function madeUp(target: string, endpoint: Endpoint, options: SubjectOptions): Promise<Subject> {
  const { protocol, batch, shapes } = options
  const specs = await metadataOf(endpoint, options)
  const model = modelName(endpoint)
  const requests = Array.from({ length: VARIETY }, (_, seed) => {
    const written = WRITERS[protocol](syntheticInputs(specs, { batch, shapes }, seed + 1), model)
    if (written !== undefined) return wire(written)
    throw new BallastError('INPUT_UNREADABLE', {
      message: `${protocol} has no form for 16-bit floats`,
      hint: 'Use --protocol binary or grpc.',
    })
  })
  const sizes = specs.map(({ name, datatype, shape }) => `${name} ${datatype}[${shape.join(', ')}]`)
  return {
    name: target,
    what: `${protocol}, made-up ${sizes.join(', ')}${batch > 1 ? `, batch ${batch}` : ''}`,
    plan: {
      url: addressFor(protocol, endpoint),
      method: 'POST',
      transport: protocol === 'grpc' ? 'grpc' : 'http1',
      requests,
      headers: headersOf(options),
    },
  }
}

function addressFor(protocol: BenchProtocol, { model }: Endpoint): string {
  if (protocol === 'grpc') return new URL(GRPC_PATH, model).href
  return protocol === 'v1' ? `${model.replace('/v2/models/', '/v1/models/')}:predict` : `${model}/infer`
}

function modelName({ model }: Endpoint): ModelName {
  const [, name = '', version] = /\/v2\/models\/([^/]+)(?:\/versions\/(\d+))?$/.exec(model) ?? []
  return { name: decodeURIComponent(name), version }
}

async function metadataOf({ model }: Endpoint, options: SubjectOptions): Promise<readonly InputSpec[]> {
  let answer: { readonly status: number; readonly body: Buffer }
  try {
    const response = await fetch(model, {
      headers: headersOf(options),
      signal: AbortSignal.timeout(options.timeoutMs),
    })
    answer = { status: response.status, body: Buffer.from(await response.arrayBuffer()) }
  } catch (cause) {
    throw new BallastError('GATEWAY_UNREACHABLE', {
      message: `Could not reach ${model}: ${messageOf(cause instanceof Error ? (cause.cause ?? cause) : cause)}`,
      hint: 'Check the address, and that the gateway runs.',
      cause,
    })
  }
  return metadataSchema.parse(JSON.parse(checked(answer).body.toString('utf8'))).inputs
}

async function givenBodies({ inputs, text, type }: SubjectOptions) {
  const files = await Promise.all(inputs.map(file => readInput(file, type)))
  return text === undefined ? files : [...files, textInput(text)]
}

async function tryOnce({ plan }: Subject, options: SubjectOptions): Promise<void> {
  const { url, method, requests } = plan
  if (method === 'GET') return
  const [{ body, headers } = { body: '', headers: {} }] = requests
  const request = { path: 'infer', headers, body: Buffer.from(body, 'base64') } as const
  await askEndpoint({ model: url, exact: url }, request, options, options.timeoutMs)
}

function headersOf({ environment, token, timeoutMs }: SubjectOptions): Record<string, string> {
  return headersFor({ environment, token }, timeoutMs)
}

function wire({ body, headers }: HttpBody): Plan['requests'][number] {
  return { body: body.toString('base64'), headers: { ...headers } }
}

function endpointInvalid(target: string): BallastError {
  return new BallastError('URL_INVALID', {
    message: `Expected an address, found '${target}'`,
    hint: 'Such as http://127.0.0.1:7421/v2/models/digits.',
  })
}
