import type { Location } from '../../../../../core/index.ts'
import type { Located } from '../../../../yaml/located.ts'
import type { YamlHooks } from '../../../../yaml/options.ts'
import type { DocumentFindings } from '../findings.ts'
import { MAX_INTERPOLATED } from '../limits.ts'
import { readPlain } from '../psych.ts'
import { type BlockContext, evaluateBlock } from './block.ts'
import { parseInline } from './inline.ts'
import { asText } from './json.ts'
import { hasBlocks, type Masked, splitAtBlocks } from './mask.ts'

/** Gives texts back as they were written: for a header, and for files without one. */
export function restoringHooks(masked: Masked): YamlHooks | undefined {
  if (masked.blocks.length === 0) return undefined
  const restore = (text: string) =>
    splitAtBlocks(text, masked)
      .map(piece => (typeof piece === 'string' ? piece : masked.blocks[piece]!.written))
      .join('')
  return {
    key: restore,
    scalar(text, _plain, at) {
      if (!hasBlocks(text)) return undefined
      const restored = restore(text)
      return { kind: 'scalar', value: restored, text: restored, at }
    },
  }
}

/** Puts values where blocks stand. A block that is a whole value keeps its type; in a text it is text. */
export function interpolatingHooks(
  masked: Masked,
  context: BlockContext,
  findings: DocumentFindings,
): YamlHooks {
  return new Interpolation(masked, context, findings)
}

class Interpolation implements YamlHooks {
  readonly #masked: Masked
  readonly #context: BlockContext
  readonly #findings: DocumentFindings
  #written = 0

  constructor(masked: Masked, context: BlockContext, findings: DocumentFindings) {
    this.#masked = masked
    this.#context = context
    this.#findings = findings
  }

  key(text: string, at: Location): string {
    return hasBlocks(text) ? this.#text(splitAtBlocks(text, this.#masked), at) : text
  }

  scalar(text: string, plain: boolean, at: Location): Located | undefined {
    if (!hasBlocks(text)) return undefined
    const pieces = splitAtBlocks(text, this.#masked)
    const [only] = pieces
    const value = pieces.length === 1 && typeof only === 'number' ? this.#value(only, at) : undefined
    if (value && plain) return this.#whole(value, at)
    const joined = this.#text(pieces, at)
    return { kind: 'scalar', value: joined, text: joined, at }
  }

  /** A string without quotes around it is read once more, as it would be had it been written there. */
  #whole(value: Located, at: Location): Located {
    if (value.kind !== 'scalar' || typeof value.value !== 'string') return value
    const text = this.#count(value.value, at)
    const inline = parseInline(text, at)
    if (inline) return inline
    const read = readPlain(text)
    return { kind: 'scalar', value: read.value, text: read.text ?? text, at }
  }

  #text(pieces: readonly (string | number)[], at: Location): string {
    return pieces
      .map(piece => {
        if (typeof piece === 'string') return piece
        const value = this.#value(piece, at)
        return value ? this.#count(asText(value), at) : this.#masked.blocks[piece]!.written
      })
      .join('')
  }

  #value(block: number, at: Location): Located | undefined {
    if (this.#written > MAX_INTERPOLATED) return undefined
    const value = evaluateBlock(this.#masked.blocks[block]!.data, at, this.#context, this.#findings)
    return value === 'kept' ? undefined : value
  }

  #count(text: string, at: Location): string {
    this.#written += text.length
    if (this.#written <= MAX_INTERPOLATED) return text
    this.#findings.error(
      at,
      'TOO_LARGE',
      `Inputs write more than ${MAX_INTERPOLATED} characters into one file`,
    )
    return ''
  }
}
