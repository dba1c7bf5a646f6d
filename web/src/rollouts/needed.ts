/**
 * How long it takes, at the present traffic, until each arm has that many more requests; undefined without traffic.
 *
 *   100 requests, 10 % of 5 requests/s -> 200 s
 */
export function msUntil(requests: number, weight: number, perSecond: number): number | undefined {
  const arriving = perSecond * weight
  return arriving > 0 ? (requests / arriving) * 1000 : undefined
}
