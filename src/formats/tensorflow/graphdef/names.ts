/** `^name` and `name:output:1` as the name of the node. */
export function nodeOf(input: string): string {
  const name = input.startsWith('^') ? input.slice(1) : input
  const colon = name.indexOf(':')
  return colon < 0 ? name : name.slice(0, colon)
}
