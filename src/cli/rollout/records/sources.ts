import { readFile, stat } from 'node:fs/promises'
import {
  type ApiClient,
  type RolloutRecords,
  type RolloutView,
  recordPageSchema,
  rolloutRecordsSchema,
  rolloutViewSchema,
} from '../../../api/index.ts'
import { BallastError, type Bytes, formatSize, type PublicKey, readPublicKeys } from '../../../core/index.ts'

/** Of some fifty records of the largest kind; a rollout has a few kilobytes. */
const MAX_FILE_BYTES: Bytes = 64 << 20

export function fetchRollout(client: ApiClient, id: string): Promise<RolloutView> {
  return client.get(`/rollouts/${encodeURIComponent(id)}`, rolloutViewSchema)
}

/** All of them, page by page. */
export async function fetchRecords(client: ApiClient, id: string): Promise<RolloutRecords> {
  const records: RolloutRecords['records'] = []
  for (let after = 0; ; ) {
    const path = `/rollouts/${encodeURIComponent(id)}/records?after=${after}`
    const { next, records: page, ...rest } = await client.get(path, recordPageSchema)
    records.push(...page)
    if (next === null) return { ...rest, records }
    after = next
  }
}

/** Records of a file. Throws RECORDS_INVALID. */
export async function readRecords(file: string): Promise<RolloutRecords> {
  const text = await textOf(file)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw invalid(`${file} is no JSON`, cause)
  }
  const read = rolloutRecordsSchema.safeParse(value)
  if (read.success) return read.data
  const [issue] = read.error.issues
  throw invalid(
    `${file} holds no records of a rollout: ${issue?.path.join('.')}: ${issue?.message}`,
    read.error,
  )
}

/** Throws KEY_UNREADABLE. */
export async function readKeys(file: string): Promise<readonly PublicKey[]> {
  return readPublicKeys(await textOf(file))
}

async function textOf(file: string): Promise<string> {
  const { size } = await stat(file)
  if (size > MAX_FILE_BYTES)
    throw invalid(`${file} has ${formatSize(size)}, at most ${formatSize(MAX_FILE_BYTES)} are read`)
  return readFile(file, 'utf8')
}

function invalid(message: string, cause?: unknown): BallastError {
  return new BallastError('RECORDS_INVALID', {
    message,
    hint: 'Write them again with `ballast rollout records ROLLOUT -o FILE`.',
    ...(cause !== undefined && { cause }),
  })
}
