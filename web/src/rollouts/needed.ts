/**
 * How long it takes, at the present traffic of an arm, until each has that many more requests; undefined without
 * traffic.
 *
 *   100 requests at 0.5 requests/s -> 200 s
 */
export function msUntil(requests: number, perSecond: number | undefined): number | undefined {
  return perSecond !== undefined && perSecond > 0 ? (requests / perSecond) * 1000 : undefined
}
