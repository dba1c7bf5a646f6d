/** An int of INT or LONG as Python's `int(text, 0)` takes it: spaces around, a sign, `0x`, `0o`, `0b`, underscores. */
export function parseInteger(text: string): bigint | undefined {
  const match = /^\s*([+-]?)(0[xX]_?[0-9a-fA-F]|0[oO]_?[0-7]|0[bB]_?[01]|[0-9])((?:_?[0-9a-fA-F])*)\s*$/.exec(
    text,
  )
  if (!match) return undefined
  const digits = (match[2]! + match[3]!).replaceAll('_', '').toLowerCase()
  // A leading zero was octal in Python 2: only zero itself may have one.
  if (/^0\d/.test(digits) && !/^0+$/.test(digits)) return undefined
  return signed(match[1]!, digits)
}

/** INT first tries C's `strtol`, which takes `010` as octal. */
export function parseShortInteger(text: string): bigint | undefined {
  const octal = /^[ \t\v\f\r]*([+-]?)0([0-7]+)$/.exec(text)
  return octal ? signed(octal[1]!, `0o${octal[2]}`) : parseInteger(text)
}

/** Key of GET and PUT: `int(text, 10)` in a machine word. */
export function parseKey(text: string): number | undefined {
  const match = /^\s*([+-]?)([0-9](?:_?[0-9])*)\s*$/.exec(text)
  if (!match) return undefined
  const value = Number(match[2]!.replaceAll('_', ''))
  if (!Number.isSafeInteger(value)) return undefined
  return match[1] === '-' && value > 0 ? -value : value
}

/** FLOAT: C's `strtod` in the C locale, without spaces and hexadecimal. */
export function parseFloating(text: string): number | undefined {
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) {
    const value = Number(text)
    return Number.isFinite(value) ? value : undefined
  }
  const special = /^([+-]?)(?:(inf(?:inity)?)|nan)$/i.exec(text)
  if (!special) return undefined
  if (special[2] === undefined) return Number.NaN
  return special[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
}

/** LONG1, LONG4: two's complement, little-endian. */
export function integerOf(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n
  const hex = Buffer.from(bytes).reverse().toString('hex')
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${hex}`))
}

function signed(sign: string, digits: string): bigint | undefined {
  try {
    const value = BigInt(digits)
    return sign === '-' ? -value : value
  } catch {
    // Letters among decimal digits.
    return undefined
  }
}
