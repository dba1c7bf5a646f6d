import { type Gate, METRICS } from '../../evaluate/index.ts'
import { list } from '../reader/composites.ts'
import { mismatch, type Reader, then } from '../reader/reader.ts'
import { text } from '../reader/scalars.ts'

/** Each is a line of every run's page. */
const MAX_GATES = 50
const MAX_GATE = 200

const short = then(
  text({ expected: 'a gate such as accuracy >= 0.97', maxLength: MAX_GATE }),
  (written, node, place): Gate | undefined => {
    const match = /^\s*(\w+)\s*(>=|<=|>|<)\s*(\d+(?:\.\d+)?)\s*$/.exec(written)
    const metric = METRICS.find(name => name === match?.[1])
    if (!match || !metric) return mismatch(node, place, 'a gate such as accuracy >= 0.97')
    const comparison = match[2] as '>=' | '<=' | '>' | '<'
    return { kind: 'threshold', metric, comparison, value: Number(match[3]), text: written, at: node.at }
  },
)

export const gatesSection: Reader<readonly Gate[]> = list(short, { max: MAX_GATES })
