import type { z } from 'zod'
import type { ApiClient, FindingView } from '../../api/index.ts'
import { formatPercent, formatSize } from '../../core/index.ts'

/** The report at the end of a long work's lines; progress goes to standard error where that is a terminal. */
export async function reportOf<Schema extends z.ZodType>(
  lines: ReturnType<ApiClient['work']>,
  schema: Schema,
  onFinding?: (finding: FindingView) => void,
): Promise<z.infer<Schema>> {
  const terminal = process.stderr.isTTY
  const clear = () => terminal && process.stderr.write('\r\u001b[K')
  try {
    for await (const line of lines) {
      if (line.kind === 'report') return schema.parse(line.report)
      clear()
      if (line.kind === 'finding') onFinding?.(line.finding)
      else if (terminal) process.stderr.write(progress(line.done, line.total))
    }
  } finally {
    clear()
  }
  throw new TypeError('The work ended without a report and without an error')
}

function progress(done: number, total: number): string {
  const part = total > 0 ? ` (${formatPercent(Math.min(1, done / total), 0)})` : ''
  return `${formatSize(done)} of ${formatSize(total)} read${part}`
}
