import { type CoverageSummary, MAX_COVERED_FILES } from '../../api/index.ts'
import type { XmlElement, XmlHandler } from './xml.ts'

/** Files that are counted one by one; lines of further ones count in the sum only. */
const MAX_FILES = 100_000
const MAX_PATH = 400

interface Lines {
  lines: number
  covered: number
}

/**
 * Counts lines of coverage reports, Cobertura's and JaCoCo's, one file after the other. Lines are counted, not
 * the rates that a report gives of itself.
 */
export class CoverageCounter implements XmlHandler {
  readonly #all: Lines = { lines: 0, covered: 0 }
  readonly #files = new Map<string, Lines>()
  #path: string[] = []
  #package = ''
  #file = ''

  get summary(): CoverageSummary {
    const files = Array.from(this.#files, ([path, lines]) => ({ path, ...lines }))
    files.sort((a, b) => rateOf(a) - rateOf(b) || (a.path < b.path ? -1 : 1))
    return { ...this.#all, files: files.slice(0, MAX_COVERED_FILES) }
  }

  /** Before each file. */
  begin(): void {
    this.#path = []
    this.#file = ''
  }

  open = ({ name, attributes }: XmlElement): void => {
    const parent = this.#path.at(-1)
    this.#path.push(name)
    switch (name) {
      case 'package':
        this.#package = attributes.get('name') ?? ''
        break
      case 'class':
        this.#file = attributes.get('filename') ?? ''
        break
      case 'sourcefile':
        this.#file = [this.#package, attributes.get('name') ?? ''].filter(Boolean).join('/')
        break
      case 'line':
        // Cobertura tells lines of methods again in those of their class.
        if (parent === 'lines' && this.#path.at(-3) === 'class')
          this.#count(1, Number(attributes.get('hits')) > 0 ? 1 : 0)
        break
      case 'counter':
        if (parent === 'sourcefile' && attributes.get('type') === 'LINE') this.#countOf(attributes)
        break
    }
  }

  close = (): void => {
    this.#path.pop()
  }

  #countOf(attributes: ReadonlyMap<string, string>): void {
    const [missed, covered] = [whole(attributes.get('missed')), whole(attributes.get('covered'))]
    this.#count(missed + covered, covered)
  }

  #count(lines: number, covered: number): void {
    add(this.#all, lines, covered)
    const path = this.#file.slice(0, MAX_PATH)
    let file = this.#files.get(path)
    if (!file) {
      if (this.#files.size >= MAX_FILES) return
      file = { lines: 0, covered: 0 }
      this.#files.set(path, file)
    }
    add(file, lines, covered)
  }
}

function add(to: Lines, lines: number, covered: number): void {
  to.lines += lines
  to.covered += covered
}

function rateOf({ lines, covered }: Lines): number {
  return lines === 0 ? 1 : covered / lines
}

/** No more than a billion, so that sums stay exact. */
function whole(text: string | undefined): number {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : 0
}
