import { appendFileSync, closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'
import { systemCode } from '../../../core/index.ts'
import { MAX_COVERAGE_TAIL_BYTES } from '../../../pipeline/index.ts'

/** A job that writes more is broken, and would fill the disk. */
const MAX_LOG_BYTES = 256 * 1024 * 1024
/** A line that is longer is shown in pieces. */
const MAX_LINE = 16 * 1024
const READ_BYTES = 64 * 1024

/** Hides secrets in a stream of bytes; holds back what may be the beginning of one. */
export interface Mask {
  push(bytes: Uint8Array): Buffer
  end(): Buffer
}

export interface LogOptions {
  /** What people read. */
  readonly path: string
  /** Where the job's processes append; the same, unless something is to be hidden. */
  readonly raw: string
  readonly line: (line: string) => void
  readonly mask: Mask | undefined
}

/**
 * A job's output: in a file, and line by line to whoever watches. Its processes write to `raw` themselves, which
 * costs this process nothing; `look` takes in what has come since.
 */
export class JobLog {
  readonly path: string
  readonly raw: string
  readonly #line: (line: string) => void
  readonly #mask: Mask | undefined
  readonly #decoder = new StringDecoder('utf8')
  #file: number | undefined
  #read = 0
  #open = ''

  constructor({ path, raw, line, mask }: LogOptions) {
    this.path = path
    this.raw = raw
    this.#line = line
    this.#mask = mask
  }

  /** Takes in what the job's processes have written. False: it is more than a log may hold. */
  look(): boolean {
    this.#file ??= openIfThere(this.raw)
    if (this.#file === undefined) return true
    const buffer = Buffer.allocUnsafe(READ_BYTES)
    for (let length = READ_BYTES; length === READ_BYTES && this.#read <= MAX_LOG_BYTES; ) {
      length = readSync(this.#file, buffer, 0, READ_BYTES, this.#read)
      this.#read += length
      const bytes = buffer.subarray(0, length)
      if (this.#mask) this.#keep(this.#mask.push(bytes))
      else this.#tell(bytes)
    }
    return this.#read <= MAX_LOG_BYTES
  }

  /** Output that comes some other way. */
  write(bytes: Buffer): void {
    this.look()
    this.#keep(this.#mask ? this.#mask.push(bytes) : bytes)
  }

  /** A line of ours. */
  say(text: string): void {
    this.look()
    this.#keep(Buffer.from(`${this.#open === '' ? '' : '\n'}${text}\n`))
  }

  /** The end of what people read. */
  tail(): string {
    this.look()
    const file = openIfThere(this.path)
    if (file === undefined) return ''
    const { size } = fstatSync(file)
    const bytes = Buffer.alloc(Math.min(size, MAX_COVERAGE_TAIL_BYTES))
    readSync(file, bytes, 0, bytes.length, size - bytes.length)
    closeSync(file)
    return bytes.toString()
  }

  end(): void {
    this.look()
    if (this.#mask) this.#keep(this.#mask.end())
    if (this.#open !== '') this.#show(this.#open)
    this.#open = ''
    if (this.#file !== undefined) closeSync(this.#file)
    this.#file = undefined
  }

  #keep(bytes: Buffer): void {
    if (bytes.length === 0) return
    appendFileSync(this.path, bytes, { mode: 0o600 })
    if (this.raw === this.path) this.#read += bytes.length
    this.#tell(bytes)
  }

  #tell(bytes: Buffer): void {
    const lines = (this.#open + this.#decoder.write(bytes)).split('\n')
    this.#open = lines.pop() ?? ''
    for (const line of lines) this.#show(line)
    while (this.#open.length > MAX_LINE) {
      this.#show(this.#open.slice(0, MAX_LINE))
      this.#open = this.#open.slice(MAX_LINE)
    }
  }

  /** Of a line that was written over (a progress bar), what stands last. */
  #show(line: string): void {
    const text = line.endsWith('\r') ? line.slice(0, -1) : line
    this.#line(text.slice(text.lastIndexOf('\r') + 1))
  }
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r')
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
  }
}
