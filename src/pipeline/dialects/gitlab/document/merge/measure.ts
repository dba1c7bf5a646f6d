import type { Located } from '../../../../yaml/located.ts'

export interface Size {
  readonly values: number
  readonly characters: number
  readonly depth: number
}

/**
 * How large values are when everything that they share is written out, each time it is used. Sharing makes it
 * grow without bound: the numbers may be larger than any memory, and take as long as what is shared.
 */
export class Measure {
  readonly #known = new Map<Located, Size>()

  of(node: Located): Size {
    if (node.kind === 'scalar' || node.kind === 'reference') {
      return { values: 1, characters: node.kind === 'scalar' ? node.text.length : 0, depth: 1 }
    }
    const known = this.#known.get(node)
    if (known) return known
    let values = 1
    let characters = 0
    let depth = 0
    const add = (child: Located, key: string) => {
      const size = this.of(child)
      values += size.values
      characters += size.characters + key.length
      depth = Math.max(depth, size.depth)
    }
    if (node.kind === 'list') for (const item of node.items) add(item, '')
    else for (const entry of node.entries) add(entry.value, entry.key)
    const size = { values, characters, depth: depth + 1 }
    this.#known.set(node, size)
    return size
  }
}
