import { GRPC, type HEALTH, healthMessage, readHealthRequest } from '../../../protocols/index.ts'
import type { GrpcCall } from './call.ts'
import { healthOf, type UnaryContext } from './unary.ts'

/** How soon a change is told. */
const LOOK_MS = 500

/** grpc.health.v1.Health/Watch: the state now, and whenever it is another. */
export class HealthWatch {
  readonly #context: UnaryContext
  readonly #call: GrpcCall
  readonly #service: string
  #told: keyof typeof HEALTH | undefined

  /** Throws REQUEST_INVALID. */
  constructor(context: UnaryContext, call: GrpcCall, message: Buffer) {
    this.#context = context
    this.#call = call
    this.#service = readHealthRequest(message)
    this.#tell(this.#now())
    const timer = setInterval(() => this.#tell(this.#now()), LOOK_MS)
    call.onceClosed(() => clearInterval(timer))
  }

  drain(): void {
    this.#tell('notServing')
    this.#call.finish(GRPC.unavailable, 'The gateway closes; connect again')
  }

  #now(): keyof typeof HEALTH {
    try {
      return healthOf(this.#context, this.#service, this.#call)
    } catch {
      // A model that is not served may be so later.
      return 'serviceUnknown'
    }
  }

  #tell(state: keyof typeof HEALTH): void {
    if (state === this.#told) return
    this.#told = state
    this.#call.send([healthMessage(state)])
  }
}
