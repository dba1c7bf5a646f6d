import { BallastError, type Bytes, formatSize } from '../../../core/index.ts'
import type { OnnxModel, OnnxTensor, ReadOptions } from '../../../formats/index.ts'
import type { WorkFile, Workspace } from '../../../optimize/index.ts'
import { peakBytes } from './peak.ts'
import { openWorkFile } from './work-file.ts'

/**
 * What writing takes beside what is known of tensors: the kernels' memory, pieces on their way, blocks on their way to
 * the disk, and what the engine's heap grows by.
 */
const WRITING: Bytes = 48_000_000

/**
 * A bound of this process's memory while a variant is made: refused with the least that works before anything is
 * written, and beyond it what would be held of a tensor goes to a file.
 */
export class MemoryBound implements Workspace {
  readonly #most: Bytes
  readonly #folder: string
  #need: Bytes = 0
  #what = ''
  #held: Bytes = 0

  /** `folder`: where files of tensors are made. */
  constructor(most: Bytes, folder: string) {
    this.#most = most
    this.#folder = folder
  }

  get held(): Bytes {
    return this.#held
  }

  need(bytes: Bytes, what: string): void {
    if (bytes <= this.#need) return
    this.#need = bytes
    this.#what = what
  }

  open(): Promise<WorkFile> {
    return openWorkFile(this.#folder)
  }

  /**
   * The same model, the bound looked at with each piece of its tensors. Throws OPTIMIZE_MEMORY, now or then.
   * Everything else that the process holds is in memory already.
   */
  keep(model: OnnxModel): OnnxModel {
    const least = peakBytes() + WRITING + this.#need
    if (least > this.#most) throw this.#tooLittle(least)
    // One tensor has three parts at once, of which the first takes more than both others.
    this.#held = Math.floor((this.#most - least) / 2)
    const { graph } = model
    const initializers = (graph.initializers ?? []).map(tensor => this.#watched(tensor))
    return { ...model, graph: { ...graph, initializers } }
  }

  #watched(tensor: OnnxTensor): OnnxTensor {
    const { data } = tensor
    if (typeof data !== 'function') return tensor
    const look = () => this.#look(tensor.name)
    return {
      ...tensor,
      async *data(options?: ReadOptions) {
        for await (const piece of data(options)) {
          look()
          yield piece
        }
      },
    }
  }

  #look(name: string): void {
    const peak = peakBytes()
    if (peak > this.#most) throw this.#tooLittle(peak + WRITING, name)
  }

  #tooLittle(least: Bytes, name?: string): BallastError {
    const most = formatSize(this.#most)
    const why = this.#what ? ` (${formatSize(this.#need)} of it for ${this.#what})` : ''
    return new BallastError('OPTIMIZE_MEMORY', {
      message:
        name === undefined
          ? `${most} of memory is too little: this change of this model takes ${megabytes(least)} MB${why}`
          : `The memory grew beyond ${most} at '${name}'`,
      hint: `Give --max-memory ${megabytes(least)}MB.`,
      details: { least, given: this.#most },
    })
  }
}

/** Rounded up, as it is given. */
function megabytes(bytes: Bytes): number {
  return Math.ceil(bytes / 1e6)
}
