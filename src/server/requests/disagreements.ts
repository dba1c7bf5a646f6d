import { Writable } from 'node:stream'
import { type Disagreements, disagreementSchema } from '../../api/index.ts'
import type { Milliseconds, RolloutId } from '../../core/index.ts'
import type { GatewayCalls } from './gateway-calls.ts'

/** Of all gateways together; a gateway keeps no more of one rollout. */
const MAX_BYTES = 16 * 2 ** 20
/** To look at. */
const MAX_SHOWN = 100
const TIMEOUT_MS: Milliseconds = 15_000

/** What gateways keep of a rollout's shadow: requests that it decided otherwise than stable, newest first. */
export async function disagreementsOf(calls: GatewayCalls, rollout: RolloutId): Promise<Disagreements> {
  const parts: Buffer[] = []
  let bytes = 0
  const out = new Writable({
    write(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      if (bytes <= MAX_BYTES) parts.push(chunk)
      else out.destroy()
      done()
    },
  })
  const timer = setTimeout(() => out.destroy(), TIMEOUT_MS)
  try {
    const gateways = await calls.ask({ disagreements: { rollout } }, out)
    const disagreements = Buffer.concat(parts)
      .toString('utf8')
      .split('\n')
      .flatMap(line => (line === '' ? [] : (disagreementSchema.safeParse(JSON.parse(line)).data ?? [])))
      .sort((a, b) => (a.at < b.at ? 1 : -1))
      .slice(0, MAX_SHOWN)
    return { disagreements, gateways: [...gateways] }
  } finally {
    clearTimeout(timer)
    out.destroy()
  }
}
