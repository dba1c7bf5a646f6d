import type { StoredTensor } from '../../../formats/tensorflow/index.ts'

/**
 * The part of a stored tensor that a partitioned variable takes: `8 4 0,3:-` is rows 0 to 2 of [8, 4]. Undefined for
 * parts along other axes than the first, which nothing writes.
 */
export function partOf(stored: StoredTensor, spec: string): StoredTensor | undefined {
  if (spec === '') return stored
  const words = spec.trim().split(/\s+/)
  const cuts = (words.pop() ?? '').split(':')
  const { info, bytes } = stored
  if (cuts.length !== info.shape.length || words.join() !== info.shape.join()) return undefined
  const [first = '-', ...others] = cuts
  const whole = others.every((cut, i) => cut === '-' || cut === `0,${info.shape[i + 1]}`)
  const match = /^(\d{1,15}),(\d{1,15})$/.exec(first)
  if (!whole) return undefined
  if (first === '-') return stored
  const [start, length, rows] = [Number(match?.[1]), Number(match?.[2]), info.shape[0] ?? 0]
  if (!match || !bytes || start + length > rows || info.bytes === undefined) return undefined
  const rowBytes = rows === 0 ? 0 : info.bytes / rows
  const elements = rows === 0 ? 0 : (info.elements / rows) * length
  return {
    info: { ...info, shape: [length, ...info.shape.slice(1)], elements, bytes: rowBytes * length },
    bytes: () => rangeOf(bytes(), start * rowBytes, (start + length) * rowBytes),
  }
}

async function* rangeOf(
  pieces: AsyncGenerator<Uint8Array, void>,
  start: number,
  end: number,
): AsyncGenerator<Uint8Array, void> {
  let at = 0
  for await (const piece of pieces) {
    const [from, to] = [Math.max(0, start - at), Math.min(piece.length, end - at)]
    if (to > from) yield piece.subarray(from, to)
    at += piece.length
  }
}
