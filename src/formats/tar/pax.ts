/**
 * Extended attributes (POSIX pax): records of `LENGTH KEY=VALUE\n`. Undefined where they are broken. Of one key the
 * last counts.
 */
export function parsePax(bytes: Uint8Array): ReadonlyMap<string, Uint8Array> | undefined {
  const found = new Map<string, Uint8Array>()
  for (let at = 0; at < bytes.byteLength; ) {
    // Some writers fill up with zeros.
    if (bytes[at] === 0) return found
    const space = bytes.indexOf(0x20, at)
    if (space < 0 || space - at > 10) return undefined
    const digits = Buffer.from(bytes.subarray(at, space)).toString('latin1')
    const length = /^[0-9]+$/.test(digits) ? Number(digits) : 0
    const end = at + length
    const equals = bytes.indexOf(0x3d, space)
    if (equals < 0 || equals >= end || end > bytes.byteLength || bytes[end - 1] !== 0x0a) return undefined
    found.set(Buffer.from(bytes.subarray(space + 1, equals)).toString(), bytes.subarray(equals + 1, end - 1))
    at = end
  }
  return found
}
