export type ReadVariables =
  | { readonly kind: 'variables'; readonly variables: Readonly<Record<string, string>> }
  /** Of the first line that is none, from 1. */
  | { readonly kind: 'wrong'; readonly line: number }

/** `NAME=value` lines; empty ones are passed over. Everything behind the first `=` is the value. */
export function readVariables(text: string): ReadVariables {
  const found = new Map<string, string>()
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue
    const [, name, value] = /^\s*([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line) ?? []
    if (name === undefined) return { kind: 'wrong', line: index + 1 }
    found.set(name, value ?? '')
  }
  return { kind: 'variables', variables: Object.fromEntries(found) }
}
