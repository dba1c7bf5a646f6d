import type { Draws } from './draws.ts'

/**
 * How requests and troubles come:
 *
 *   independent     traffic and every request's fate on their own
 *   bursty          traffic in bursts (its rate is exponential from look to look); bad events come in clumps that stay
 *                   with one arm, 2 on average, as when a replica pauses or a caller's retries come back to it
 *   autocorrelated  troubles rise and fall: a slow tide over both arms (it keeps 0.9 of itself from look to look, and
 *                   doubles or halves the rate of bad events), and a quick one of each arm alone (0.6; a third more or less)
 *   incidents       now and then (every 50th look) half a minute in which both arms fail 40 times as often and answer
 *                   three times as slowly
 */
export const STREAM_KINDS = ['independent', 'bursty', 'autocorrelated', 'incidents'] as const
export type StreamKind = (typeof STREAM_KINDS)[number]

/** What an arm meets during one look. */
interface ArmWeather {
  /** Times as many bad events as on a fine day. */
  readonly trouble: number
  /** Times as long latencies. */
  readonly slowness: number
}

export interface Weather {
  /** Times the usual traffic. */
  readonly traffic: number
  /** Mean number of bad events that come together, to one arm. */
  readonly clump: number
  readonly canary: ArmWeather
  readonly baseline: ArmWeather
}

const CLUMP = 2
const TIDE = { memory: 0.9, trouble: 0.7, slowness: 0.2 }
const RIPPLE = { memory: 0.6, trouble: 0.35, slowness: 0.03 }
const INCIDENT = { every: 50, looks: 5, trouble: 40, slowness: 3 }
const FINE: ArmWeather = { trouble: 1, slowness: 1 }

/** The weather of one look after another. */
export function weatherOf(kind: StreamKind, draws: Draws): () => Weather {
  switch (kind) {
    case 'independent':
      return () => ({ traffic: 1, clump: 1, canary: FINE, baseline: FINE })
    case 'bursty':
      return () => ({ traffic: draws.exponential(1), clump: CLUMP, canary: FINE, baseline: FINE })
    case 'autocorrelated':
      return autocorrelated(draws)
    case 'incidents':
      return incidents(draws)
  }
}

function autocorrelated(draws: Draws): () => Weather {
  let [tide, canary, baseline] = [draws.normal(), draws.normal(), draws.normal()]
  const onwards = (value: number, memory: number): number =>
    memory * value + Math.sqrt(1 - memory * memory) * draws.normal()
  // e^(s z − s²/2) has mean 1: troubles come and go, and are as many as on fine days all told.
  const factor = (common: number, own: number, size: 'trouble' | 'slowness'): number =>
    Math.exp(TIDE[size] * common + RIPPLE[size] * own - (TIDE[size] ** 2 + RIPPLE[size] ** 2) / 2)
  const arm = (own: number): ArmWeather => ({
    trouble: factor(tide, own, 'trouble'),
    slowness: factor(tide, own, 'slowness'),
  })
  return () => {
    tide = onwards(tide, TIDE.memory)
    canary = onwards(canary, RIPPLE.memory)
    baseline = onwards(baseline, RIPPLE.memory)
    return { traffic: 1, clump: 1, canary: arm(canary), baseline: arm(baseline) }
  }
}

function incidents(draws: Draws): () => Weather {
  let left = 0
  return () => {
    if (left > 0) left--
    else if (draws.uniform() < 1 / INCIDENT.every) left = INCIDENT.looks
    const arm = left > 0 ? INCIDENT : FINE
    return { traffic: 1, clump: 1, canary: arm, baseline: arm }
  }
}
