import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemCode } from '../../core/index.ts'
import type { Evaluation, EvaluationRows } from '../../evaluate/index.ts'
import { HANDOVER } from './context.ts'

export interface Judged {
  readonly evaluation: Evaluation
  readonly rows: EvaluationRows
}

type Encoded = { readonly evaluation: Evaluation; readonly rows: Readonly<Record<string, string>> }

/** Hands an evaluation with its rows on to the gate stage: float64 little-endian, base64. */
export async function writeJudged(
  workspace: string,
  who: 'candidate' | 'production',
  { evaluation, rows }: Judged,
): Promise<void> {
  const folder = join(workspace, HANDOVER)
  await mkdir(folder, { recursive: true })
  const encoded: Encoded = {
    evaluation,
    rows: {
      truth: encode(rows.truth),
      predicted: encode(rows.predicted),
      ...(rows.loss && { loss: encode(rows.loss) }),
    },
  }
  await writeFile(join(folder, `${who}.json`), JSON.stringify(encoded))
}

/** Undefined when nothing was handed on. */
export async function readJudged(
  workspace: string,
  who: 'candidate' | 'production',
): Promise<Judged | undefined> {
  let text: string
  try {
    text = await readFile(join(workspace, HANDOVER, `${who}.json`), 'utf8')
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return undefined
    throw cause
  }
  const { evaluation, rows } = JSON.parse(text) as Encoded
  return {
    evaluation,
    rows: {
      truth: decode(rows['truth']!),
      predicted: decode(rows['predicted']!),
      ...(rows['loss'] && { loss: decode(rows['loss']) }),
    },
  }
}

function encode(values: ArrayLike<number>): string {
  return Buffer.from(Float64Array.from(values).buffer).toString('base64')
}

function decode(text: string): Float64Array {
  const bytes = new Uint8Array(Buffer.from(text, 'base64'))
  return new Float64Array(bytes.buffer, 0, Math.floor(bytes.byteLength / 8))
}
