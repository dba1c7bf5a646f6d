import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { replaceFile } from '../../core/index.ts'
import { type Handler, headerBlock, headerOf, type Reply, type RequestFrame } from '../frames/index.ts'
import { PROTOCOLS, type ProtocolName } from '../protocols/codec.ts'

/** What a sleeping replica is still asked: monitoring must not wake a model. */
const ASKED = ['metadata', 'statistics', 'config', 'openapi'] as const

/**
 * A replica that was unloaded, on disk: that it sleeps (and did not die), and what it answers meanwhile. Written by the
 * replica before it ends, removed by its host once another process of it is ready.
 */
const parkedSchema = z.object({
  version: z.string(),
  versionNumber: z.number().int(),
  /** What its process took. */
  residentBytes: z.number(),
  answers: z.array(
    z.object({
      operation: z.enum(ASKED),
      protocol: z.string(),
      status: z.number().int(),
      headers: z.string(),
      base64: z.string(),
    }),
  ),
})
export type Parked = z.infer<typeof parkedSchema>

/** Keeps every answer of `handler` that may be wanted while it sleeps. */
export async function park(
  path: string,
  { version, versionNumber }: Pick<Parked, 'version' | 'versionNumber'>,
  handler: Handler,
): Promise<void> {
  const answers = await Promise.all(
    ASKED.flatMap(operation =>
      PROTOCOLS.map(async protocol => {
        const { status, headers, body } = await ask(handler, operation, protocol)
        return { operation, protocol, status, headers, base64: Buffer.concat(body).toString('base64') }
      }),
    ),
  )
  await replaceFile(
    path,
    JSON.stringify({
      version,
      versionNumber,
      residentBytes: process.memoryUsage.rss(),
      answers,
    } satisfies Parked),
  )
}

/** Undefined where nothing sleeps, or where it can't be read: then the replica is started. */
export async function readParked(path: string): Promise<Parked | undefined> {
  try {
    return parkedSchema.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch {
    return undefined
  }
}

/** What a parked replica answers to a frame; undefined where it must wake for it. */
export function answerOf(
  { versionNumber, answers }: Parked,
  { operation, headers, body }: Pick<RequestFrame, 'operation' | 'headers' | 'body'>,
): Reply | undefined {
  // A body says more than the protocol: it is for the replica to read.
  if (body.length > 0) return undefined
  const protocol = headerOf(headers, 'protocol') ?? 'oip'
  const kept = answers.find(answer => answer.operation === operation && answer.protocol === protocol)
  if (kept === undefined) return undefined
  const bytes = Buffer.from(kept.base64, 'base64')
  const answer = (text: Uint8Array): Reply => ({ status: kept.status, headers: kept.headers, body: [text] })
  const versions = operation === 'metadata' ? headerOf(headers, 'versions') : undefined
  if (versions === undefined || versions === String(versionNumber)) return answer(bytes)
  // Which others are served changes while it sleeps.
  return protocol === 'oip' ? answer(withVersions(bytes, versions.split(','))) : undefined
}

function withVersions(metadata: Buffer, versions: readonly string[]): Buffer {
  return Buffer.from(JSON.stringify({ ...JSON.parse(String(metadata)), versions }))
}

function ask(handler: Handler, operation: (typeof ASKED)[number], protocol: ProtocolName): Promise<Reply> {
  const headers = protocol === 'oip' ? '' : headerBlock({ protocol })
  const frame = { kind: 'request', id: 0, operation, timeoutMs: 0, headers, body: Buffer.alloc(0) } as const
  return new Promise(resolve => handler.request(frame, resolve, { canceled: false, onCancel: undefined }))
}
