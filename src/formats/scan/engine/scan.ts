import { BallastError, type ByteSource, messageOf } from '../../../core/index.ts'
import type { FileTree } from '../../ports.ts'
import { LENSES } from '../lenses/index.ts'
import { scanText } from '../text/scan.ts'
import type { ScanContext, ScanFinding, ScanSink } from '../types.ts'
import type { Content } from './content.ts'
import { ScanLimit } from './limit-error.ts'
import {
  HEAD_BYTES,
  MAX_CONTENTS,
  MAX_DEPTH,
  MAX_EXPANDED,
  MAX_EXPANDED_OF_SMALL,
  MAX_EXPANSION,
  MAX_FINDINGS_OF_FILE,
} from './limits.ts'

/** What the scan of one file of the folder found. */
export interface FileScan {
  readonly formats: readonly string[]
  readonly findings: readonly ScanFinding[]
  readonly omitted: number
  readonly unreadable?: string
  /** Paths of files that belong to it. */
  readonly belongs: readonly string[]
}

/** What one scan of a folder may do in all. */
export class ScanBudget {
  #expanded = 0
  #contents = 0

  spend(bytes: number): void {
    this.#expanded += bytes
    if (this.#expanded > MAX_EXPANDED)
      throw new ScanLimit(`more than ${MAX_EXPANDED} bytes would have to be unpacked`)
  }

  count(): void {
    if (++this.#contents > MAX_CONTENTS) throw new ScanLimit(`more than ${MAX_CONTENTS} contents are nested`)
  }
}

/** Scans one file with every lens. Throws only what the signal gives. */
export async function scanOne(
  source: ByteSource,
  path: string,
  tree: FileTree | undefined,
  budget: ScanBudget,
  signal?: AbortSignal,
): Promise<FileScan> {
  const scan = new OneFile(budget, source.size, signal)
  const name = path.slice(path.lastIndexOf('/') + 1)
  const formats = await scan.content(source, { file: path, name, depth: 0, tree, path, context: {} })
  return { formats, ...scan.result() }
}

/** Of a file, or of the file that an entry is in: with its slash, or empty. */
function folderOf(file: string): string {
  const [path] = file.split('!')
  return path!.slice(0, path!.lastIndexOf('/') + 1)
}

interface Where {
  readonly file: string
  readonly name: string
  readonly depth: number
  readonly tree?: FileTree | undefined
  readonly path?: string
  readonly context: ScanContext
}

class OneFile {
  readonly #budget: ScanBudget
  readonly #size: number
  readonly #signal: AbortSignal | undefined
  readonly #findings: ScanFinding[] = []
  readonly #seen = new Set<string>()
  readonly #belongs: string[] = []
  #omitted = 0
  #expanded = 0
  #unreadable: string | undefined

  constructor(budget: ScanBudget, size: number, signal: AbortSignal | undefined) {
    this.#budget = budget
    this.#size = size
    this.#signal = signal
  }

  result(): Omit<FileScan, 'formats'> {
    return {
      findings: this.#findings,
      omitted: this.#omitted,
      belongs: this.#belongs,
      ...(this.#unreadable !== undefined && { unreadable: this.#unreadable }),
    }
  }

  async content(source: ByteSource, where: Where): Promise<readonly string[]> {
    this.#signal?.throwIfAborted()
    const sink = this.#sink(where)
    try {
      this.#budget.count()
      const head = await source.read(0, Math.min(HEAD_BYTES, source.size))
      const latin = Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString('latin1')
      const { file, name, depth, tree, path } = where
      const content: Content = {
        ...{ source, file, name, depth, head, latin },
        ...(tree && { tree }),
        ...(path !== undefined && { path }),
      }
      return await this.#throughLenses(content, sink, where)
    } catch (error) {
      this.#failed(error, sink, where, 'file')
      return []
    }
  }

  async #throughLenses(content: Content, sink: ScanSink, where: Where): Promise<readonly string[]> {
    const formats: string[] = []
    for (const lens of LENSES) {
      try {
        const format = await lens.scan(content, sink)
        if (format !== undefined) formats.push(format)
      } catch (error) {
        formats.push(lens.name)
        this.#failed(error, sink, where, lens.name)
      }
    }
    return [...new Set(formats)]
  }

  /** A fault in the content, or a limit, becomes a finding; whatever a reader throws, the scan goes on. */
  #failed(error: unknown, sink: ScanSink, where: Where, format: string): void {
    this.#signal?.throwIfAborted()
    const limit = error instanceof ScanLimit || (error instanceof BallastError && /LIMIT$/.test(error.code))
    if (where.context.speculative && !(error instanceof ScanLimit)) return
    const what = `${format}: ${messageOf(error).slice(0, 400)}`
    if (limit) sink.add({ rule: 'content/limit', level: 'unknown', what })
    else if (where.depth === 0) this.#unreadable ??= messageOf(error)
    else sink.add({ rule: 'content/malformed', level: 'unknown', what })
  }

  #sink(where: Where): ScanSink {
    return {
      file: where.file,
      context: where.context,
      add: finding => this.#add({ ...finding, at: { file: where.file, ...finding.at } }),
      descend: async (source, name, context) => {
        const { speculative } = { ...where.context, ...context }
        if (where.depth >= MAX_DEPTH) {
          const what = `'${name.slice(0, 200)}' lies ${MAX_DEPTH} levels deep, and was not looked at`
          if (!speculative) this.#sink(where).add({ rule: 'content/limit', level: 'unknown', what })
          return []
        }
        return this.content(source, {
          file: `${where.file}!${name}`,
          name: name.slice(name.lastIndexOf('/') + 1),
          depth: where.depth + 1,
          context: { ...(speculative && { speculative }), ...context },
        })
      },
      text: (key, value) => {
        scanText(key, value, finding => this.#add({ ...finding, at: { file: where.file, ...finding.at } }))
      },
      belongs: path => void this.#belongs.push(path),
      beside: path => void this.#belongs.push(`${folderOf(where.file)}${path.replace(/^\.\//, '')}`),
      spend: bytes => this.#spend(bytes),
    }
  }

  #spend(bytes: number): void {
    this.#expanded += bytes
    const most = Math.max(MAX_EXPANDED_OF_SMALL, this.#size * MAX_EXPANSION)
    if (this.#expanded > most) throw new ScanLimit(`more than ${most} bytes would have to be unpacked of it`)
    this.#budget.spend(bytes)
  }

  #add(finding: ScanFinding): void {
    const key = `${finding.rule}\n${finding.what}\n${finding.at.file}\n${finding.at.offset}`
    if (this.#seen.has(key)) return
    // What decides the verdict is kept; what repeats it is counted.
    const same = this.#findings.filter(other => other.level === finding.level).length
    if (same >= MAX_FINDINGS_OF_FILE) this.#omitted++
    else {
      this.#seen.add(key)
      this.#findings.push(finding)
    }
  }
}
