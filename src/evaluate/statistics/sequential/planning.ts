/** Longer waits are "not in sight". */
const MAX_REQUESTS = 1e9

/**
 * The least number of requests at which evidence reaches `nats`, if everything comes as expected; `evidence` takes a
 * number of requests and gives the nats of their expected (fractional) counts. Undefined where it is not in sight.
 * About the median of the times to a decision: runs that are lucky and unlucky fall on both sides.
 */
export function requestsUntilEvidence(
  evidence: (requests: number) => number,
  nats: number,
): number | undefined {
  let high = 1
  while (evidence(high) < nats) {
    high *= 2
    if (high > MAX_REQUESTS) return undefined
  }
  let low = high / 2
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (evidence(middle) < nats) low = middle
    else high = middle
  }
  return high
}
