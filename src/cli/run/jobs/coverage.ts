import { open } from 'node:fs/promises'
import { coverageIn, MAX_COVERAGE_TAIL_BYTES } from '../../../pipeline/index.ts'

/** Coverage in percent, by the end of a job's log; undefined where no figure is in it. */
export async function coverageOfLog(path: string, pattern: string): Promise<number | undefined> {
  const file = await open(path, 'r').catch(() => undefined)
  if (!file) return undefined
  try {
    const { size } = await file.stat()
    const length = Math.min(size, MAX_COVERAGE_TAIL_BYTES)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length)
    return coverageIn(buffer.toString('utf8', 0, bytesRead), pattern)
  } finally {
    await file.close()
  }
}
