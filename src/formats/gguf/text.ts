import type { GgufArray, GgufValue } from './values.ts'

/**
 * A value as text: strings as they stand, arrays as JSON, long ones by their length and first elements.
 *
 *   0.1                              a float32, in as few digits as give it back
 *   [1,2,3]
 *   128256 strings: "!","#", …
 */
export function textOf(value: GgufValue): string {
  return value.type === 'string' ? value.value.text : jsonOf(value)
}

function jsonOf(value: GgufValue): string {
  switch (value.type) {
    case 'string':
      return JSON.stringify(value.value.text)
    case 'array':
      return arrayText(value.value)
    case 'float32':
      return shortest(Number(value.value))
    default:
      return String(value.value)
  }
}

function arrayText({ items, length, first }: GgufArray): string {
  const elements = first.map(jsonOf).join(',')
  return first.length === length ? `[${elements}]` : `${length} ${items}s: ${elements}, …`
}

function shortest(value: number): string {
  for (let digits = 1; digits < 9; digits++) {
    const text = String(Number(value.toPrecision(digits)))
    if (Math.fround(Number(text)) === value) return text
  }
  return String(value)
}
