import { createHash } from 'node:crypto'
import type { Tensor, Tensors } from '../../../core/index.ts'
import { bytesOfTensor, isStrings } from '../../protocols/index.ts'
import { mapTensors } from '../rows.ts'

/** What an entry costs beside its elements: key, names, shapes, places in maps. */
const ENTRY_BYTES = 512

interface Entry {
  readonly outputs: Tensors
  readonly bytes: number
}

/**
 * Answers by what was asked, the least recently used forgotten first. It lives and ends with the process of one
 * version, so that no other version's answer can be in it.
 *
 * A key is the SHA-256 of the wanted outputs and of every input's name, type, shape and elements: a fast hash could be
 * made to collide by whoever chooses inputs, and give one client another's answer; to compare whole inputs would keep
 * them all. At 3 kB it costs some microseconds.
 */
export class AnswerCache {
  readonly #maxBytes: number
  /** In the order of use: a Map keeps the order of insertion. */
  readonly #entries = new Map<string, Entry>()
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  get(key: string): Tensors | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    return entry.outputs
  }

  /** Keeps a copy: outputs of a batch are views that would hold on to all of it. */
  put(key: string, outputs: Tensors): void {
    const bytes = ENTRY_BYTES + bytesOf(outputs)
    if (bytes > this.#maxBytes) return
    this.#forget(key)
    this.#entries.set(key, { outputs: mapTensors(outputs, copyOf), bytes })
    this.#bytes += bytes
    for (const [oldest] of this.#entries) {
      if (this.#bytes <= this.#maxBytes) return
      this.#forget(oldest)
    }
  }

  #forget(key: string): void {
    this.#bytes -= this.#entries.get(key)?.bytes ?? 0
    this.#entries.delete(key)
  }
}

/** Equal keys: the same question. The order in which inputs are named does not count. */
export function keyOf(inputs: Tensors, outputs: readonly string[] | undefined): string {
  const hash = createHash('sha256')
  const names = Object.keys(inputs).sort()
  const tensors = names.map(name => inputs[name]!)
  const head = tensors.map(({ dtype, shape }, i) => [names[i], dtype, shape])
  // Types and shapes say where each tensor's bytes end, and each string carries its length: nothing reads two ways.
  hash.update(`${JSON.stringify([outputs === undefined ? null : [...outputs].sort(), head])}\n`)
  for (const tensor of tensors) hash.update(bytesOfTensor(tensor))
  return hash.digest('base64')
}

function bytesOf(tensors: Tensors): number {
  let bytes = 0
  for (const name in tensors) {
    const { data } = tensors[name]!
    if (isStrings(data)) bytes += data.reduce((sum, text) => sum + 2 * text.length + 16, 0)
    else bytes += data.byteLength
  }
  return bytes
}

function copyOf(tensor: Tensor): Tensor {
  return { ...tensor, data: tensor.data.slice() }
}
