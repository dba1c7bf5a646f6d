import type { Location } from '../../../../core/index.ts'
import { countTokens } from '../../../yaml/count.ts'
import type { DocumentFindings } from './findings.ts'
import { MAX_DEPTH, MAX_INCLUDES, MAX_TOKENS, MAX_TOTAL_BYTES, MAX_VALUES } from './limits.ts'

/** What all files of one pipeline may cost together. Each limit that is passed is told once. */
export class Budget {
  readonly #findings: DocumentFindings
  readonly #told = new Set<string>()
  #bytes = 0
  #tokens = 0
  #files = 0
  #values = 0

  constructor(findings: DocumentFindings) {
    this.#findings = findings
  }

  /** Whether there is room for another included file. */
  takeFile(at: Location): boolean {
    if (++this.#files <= MAX_INCLUDES) return true
    return this.#refuse(at, 'TOO_MANY_INCLUDES', `More than ${MAX_INCLUDES} files are included`)
  }

  takeText(at: Location, text: string): boolean {
    this.#bytes += Buffer.byteLength(text)
    if (this.#bytes <= MAX_TOTAL_BYTES) return true
    return this.#refuse(at, 'TOO_LARGE', `All files together are larger than ${MAX_TOTAL_BYTES / 1024} KiB`)
  }

  /** Whether there is room for a tree of this text, which is not nested too deep for a parser. */
  takeTokens(at: Location, text: string): boolean {
    const tokens = countTokens(text, MAX_TOKENS - this.#tokens, MAX_DEPTH)
    if (tokens === 'deep') {
      this.#findings.error(at, 'TOO_LARGE', `Values are nested more than ${MAX_DEPTH} deep`)
      return false
    }
    this.#tokens += tokens === 'many' ? MAX_TOKENS : tokens
    if (tokens !== 'many') return true
    return this.#refuse(at, 'TOO_LARGE', `All files together have more than ${MAX_TOKENS} words and signs`)
  }

  /** Entries and items that merging writes down. */
  takeValues(at: Location, values: number): boolean {
    this.#values += values
    if (this.#values <= MAX_VALUES) return true
    return this.#refuse(at, 'TOO_LARGE', `Merging the files makes more than ${MAX_VALUES} values`)
  }

  #refuse(at: Location, code: 'TOO_LARGE' | 'TOO_MANY_INCLUDES', message: string): false {
    if (!this.#told.has(message)) this.#findings.error(at, code, message)
    this.#told.add(message)
    return false
  }
}
