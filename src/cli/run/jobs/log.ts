import { closeSync, openSync, writeSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'
import { formatSize } from '../../../core/index.ts'

/** A job that writes more is broken; its end is not worth the disk. */
const MAX_LOG_BYTES = 256 * 1024 * 1024
/** A line that is longer is shown in pieces. */
const MAX_LINE = 16 * 1024

/** Hides secrets in a stream of bytes; holds back what may be the beginning of one. */
export interface Mask {
  push(bytes: Uint8Array): Buffer
  end(): Buffer
}

/** A job's output: to its file as it is, and line by line to whoever watches. */
export class JobLog {
  readonly path: string
  readonly #line: (line: string) => void
  readonly #mask: Mask | undefined
  readonly #decoder = new StringDecoder('utf8')
  #file: number | undefined
  #written = 0
  #open = ''

  constructor(path: string, line: (line: string) => void, mask: Mask | undefined) {
    this.path = path
    this.#line = line
    this.#mask = mask
  }

  write(bytes: Buffer): void {
    this.#take(this.#mask ? this.#mask.push(bytes) : bytes)
  }

  /** A line of ours. */
  say(text: string): void {
    if (this.#open !== '') this.#take(Buffer.from('\n'))
    this.#take(Buffer.from(`${text}\n`))
  }

  end(): void {
    if (this.#mask) this.#take(this.#mask.end())
    if (this.#open !== '') this.#tell(this.#open)
    this.#open = ''
    if (this.#file !== undefined) closeSync(this.#file)
    this.#file = undefined
  }

  #take(bytes: Buffer): void {
    if (bytes.length === 0) return
    this.#keep(bytes)
    const lines = (this.#open + this.#decoder.write(bytes)).split('\n')
    this.#open = lines.pop() ?? ''
    for (const line of lines) this.#tell(line)
    while (this.#open.length > MAX_LINE) {
      this.#tell(this.#open.slice(0, MAX_LINE))
      this.#open = this.#open.slice(MAX_LINE)
    }
  }

  #keep(bytes: Buffer): void {
    if (this.#written > MAX_LOG_BYTES) return
    this.#file ??= openSync(this.path, 'w', 0o600)
    this.#written += bytes.length
    writeSync(this.#file, bytes)
    if (this.#written > MAX_LOG_BYTES)
      writeSync(this.#file, `\n[The log was cut here: it is longer than ${formatSize(MAX_LOG_BYTES)}]\n`)
  }

  /** Of a line that was written over (a progress bar), what stands last. */
  #tell(line: string): void {
    const text = line.endsWith('\r') ? line.slice(0, -1) : line
    this.#line(text.slice(text.lastIndexOf('\r') + 1))
  }
}
