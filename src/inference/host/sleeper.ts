import { errorBody, InferenceError, statusOf } from '../errors.ts'
import {
  ASLEEP,
  type FrameServer,
  listenAt,
  type Reply,
  type RequestFrame,
  serveFrames,
} from '../frames/index.ts'
import { answerOf, type Parked } from '../replica/index.ts'

/**
 * Listens on the socket of a replica that sleeps. What is kept of it is answered; what it must compute wakes it, and is
 * answered by ASLEEP until it listens itself.
 */
export class Sleeper {
  readonly #frames: FrameServer
  readonly #parked: Parked
  readonly #wake: () => void

  private constructor(parked: Parked, wake: () => void) {
    this.#parked = parked
    this.#wake = wake
    this.#frames = serveFrames({ request: (frame, reply) => reply(this.#answer(frame)) })
  }

  /** `wake` is called for each request that needs the replica. */
  static async open(socketPath: string, parked: Parked, wake: () => void): Promise<Sleeper> {
    const sleeper = new Sleeper(parked, wake)
    await listenAt(sleeper.#frames.server, socketPath, 'h')
    return sleeper
  }

  /** Lets go of those who wait: they connect again. */
  close(): Promise<void> {
    return this.#frames.drain()
  }

  #answer(frame: RequestFrame): Reply {
    if (frame.operation === 'unload') return { status: 200, headers: '', body: [Buffer.from('{}')] }
    // Whoever asks for a replica's status looks for a process.
    if (frame.operation === 'status') return refusal()
    const kept = answerOf(this.#parked, frame)
    if (kept !== undefined) return kept
    this.#wake()
    return { status: ASLEEP, headers: '', body: [] }
  }
}

function refusal(): Reply {
  const error = new InferenceError('NO_REPLICA', {
    message: 'The replica is unloaded',
    hint: 'The next prediction starts it.',
  })
  return { status: statusOf(error), headers: '', body: [Buffer.from(errorBody(error))] }
}
