export type Present<T> = { [Key in keyof T]: Exclude<T[Key], undefined> }

/** The members that are there: what is absent must not look as if it were said, nor change a digest. */
export function present<T extends object>(value: T): Present<T> {
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return Object.fromEntries(members) as Present<T>
}
