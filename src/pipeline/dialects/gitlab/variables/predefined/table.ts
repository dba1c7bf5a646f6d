/** A variable that the dialect itself defines. */
export interface Predefined<Context> {
  readonly name: string
  /** What it holds, where that isn't plain from its name or differs from GitLab's. */
  readonly note?: string
  /** Undefined: it is not set on this occasion. */
  value(context: Context): string | undefined
}

export function valuesOf<Context>(
  table: readonly Predefined<Context>[],
  context: Context,
): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  for (const { name, value } of table) {
    const found = value(context)
    if (found !== undefined) values.set(name, found)
  }
  return values
}
