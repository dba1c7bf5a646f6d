import type { AttemptId } from '../../../core/index.ts'
import { coverageIn, MAX_COVERAGE_TAIL_BYTES } from '../../../pipeline/index.ts'
import type { AttemptLogs } from '../logs/logs.ts'

/** Coverage of an attempt by the end of its log; undefined where no figure is in it. */
export async function coverageOf(
  logs: AttemptLogs,
  attempt: AttemptId,
  pattern: string,
): Promise<number | undefined> {
  const length = await logs.length(attempt)
  const chunks: Buffer[] = []
  if (length === 0) return undefined
  for await (const chunk of logs.read(attempt, Math.max(0, length - MAX_COVERAGE_TAIL_BYTES), length))
    chunks.push(chunk as Buffer)
  return coverageIn(Buffer.concat(chunks).toString('utf8'), pattern)
}
