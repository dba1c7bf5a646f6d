import type { Gate } from '../../evaluate/index.ts'
import { CHANGE_NAMES, CHANGES, PREFERENCES } from '../../optimize/index.ts'
import { mismatch } from '../../pipeline/index.ts'
import { type Fields, list, optional, type StructOf, struct } from '../reader/composites.ts'
import { byKind, type Reader, refine } from '../reader/reader.ts'
import { choice } from '../reader/scalars.ts'
import type { OptimizeRequest } from '../types.ts'
import { gatesSection } from './gates.ts'

const changeName: Reader<string> = choice(CHANGE_NAMES)
const AUTO = 'auto'

const fields = {
  try: optional(
    list(changeName, { min: 1, max: CHANGE_NAMES.length }),
    'changes that are tried, each judged by the gates; default: all',
  ),
  prefer: optional(choice(PREFERENCES), 'of those that pass and are no slower, which one ships', 'latency'),
  gates: optional(
    gatesSection,
    'more gates, for variants alone; in a comparison the original stands for production',
  ),
} satisfies Fields
type Written = Partial<StructOf<typeof fields>>

const automatic: Reader<Written> = {
  schema: { const: AUTO },
  expected: AUTO,
  read: (node, place) =>
    node.kind === 'scalar' && node.value === AUTO
      ? {}
      : mismatch(node, place, `${AUTO}, or a map (${Object.keys(fields).join(', ')})`),
}

export const optimizeSection: Reader<OptimizeRequest> = refine(
  byKind({ scalar: automatic, map: struct({ what: 'optimize', fields }) }),
  ({ try: tries = Object.keys(CHANGES), prefer = 'latency', gates = [] }: Written): OptimizeRequest => ({
    tries: [...new Set(tries)],
    prefer,
    gates: gates satisfies readonly Gate[],
  }),
)

/** Of an environment: `auto` is what the search chose. */
export const variantChoice: Reader<string> = choice([AUTO, 'original', ...CHANGE_NAMES])

/** Whether a choice names one change. */
export function isNamedVariant(choice: string | undefined): choice is string {
  return choice !== undefined && choice !== AUTO && choice !== 'original'
}
