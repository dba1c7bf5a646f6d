import type { Milliseconds, Tensors } from '../../../core/index.ts'
import { InferenceError } from '../../errors.ts'
import type { Outcome } from '../batching/index.ts'
import { AnswerCache, keyOf } from './answers.ts'

/** A request as an engine takes it. */
export interface Question {
  readonly inputs: Tensors
  /** Those to compute; undefined: all. */
  readonly outputs: readonly string[] | undefined
  /** Monotonic milliseconds. */
  readonly deadline: Milliseconds
  /** 1 goes first. */
  readonly priority: number
}

/** `cached`: another run's answer, or one that was kept. */
export type Answered = Outcome<Tensors> & { readonly cached: boolean }

interface Member {
  readonly question: Question
  readonly done: (outcome: Answered) => void
  readonly askedAt: Milliseconds
  /** That it waits for; undefined once it was told, or went. */
  flight: Flight | undefined
}

/** A question that is being computed, and all who wait for its answer; the first asked it. */
interface Flight {
  readonly key: string
  readonly leader: Member
  readonly members: Set<Member>
  cancel: () => void
}

export interface CacheEvents {
  hit(ms: Milliseconds): void
  missed(ms: Milliseconds): void
}

/** Queues a question; returns what cancels it. */
export type Ask = (question: Question, done: (outcome: Outcome<Tensors>) => void) => () => void

/**
 * Answers in front of an engine: from what is kept, else with an equal question that is under way, else by asking.
 * Nobody waits behind a question that is less urgent than the own one.
 */
export class Flights {
  readonly #cache: AnswerCache
  readonly #ask: Ask
  readonly #events: CacheEvents
  readonly #now: () => Milliseconds
  readonly #flights = new Map<string, Flight>()

  constructor(maxBytes: number, ask: Ask, events: CacheEvents, now: () => Milliseconds) {
    this.#cache = new AnswerCache(maxBytes)
    this.#ask = ask
    this.#events = events
    this.#now = now
  }

  /** Returns what cancels it. */
  submit(question: Question, done: (outcome: Answered) => void): () => void {
    const member: Member = { question, done, askedAt: this.#now(), flight: undefined }
    this.#enter(member, keyOf(question.inputs, question.outputs))
    return () => this.#leave(member)
  }

  #enter(member: Member, key: string): void {
    const kept = this.#cache.get(key)
    if (kept !== undefined) {
      this.#tell(member, { kind: 'done', output: kept, queueMs: 0, computeMs: 0, cached: true })
      return
    }
    const flight = this.#flights.get(key)
    if (flight === undefined || !isAsUrgent(flight.leader.question, member.question)) this.#take(member, key)
    else {
      flight.members.add(member)
      member.flight = flight
    }
  }

  /** The later of two equal questions leads from now on; the earlier one ends for those it has. */
  #take(member: Member, key: string): void {
    this.#events.missed(this.#now() - member.askedAt)
    const flight: Flight = { key, leader: member, members: new Set([member]), cancel: () => {} }
    member.flight = flight
    this.#flights.set(key, flight)
    flight.cancel = this.#ask(member.question, outcome => this.#land(flight, outcome))
  }

  #land(flight: Flight, outcome: Outcome<Tensors>): void {
    this.#remove(flight)
    if (outcome.kind === 'done') this.#cache.put(flight.key, outcome.output)
    // Its deadline is the first one's: others may have time left, and ask again.
    const late = outcome.kind === 'failed' && isLate(outcome.error)
    for (const member of flight.members) {
      if (late && member !== flight.leader) this.#enter(member, flight.key)
      else this.#tell(member, { ...outcome, cached: outcome.kind === 'done' && member !== flight.leader })
    }
  }

  #tell(member: Member, outcome: Answered): void {
    member.flight = undefined
    if (outcome.cached) this.#events.hit(this.#now() - member.askedAt)
    member.done(outcome)
  }

  /** The work goes on while anybody waits for it. */
  #leave(member: Member): void {
    const { flight } = member
    if (flight === undefined) return
    member.flight = undefined
    flight.members.delete(member)
    if (flight.members.size > 0) return
    this.#remove(flight)
    flight.cancel()
  }

  #remove(flight: Flight): void {
    if (this.#flights.get(flight.key) === flight) this.#flights.delete(flight.key)
  }
}

function isAsUrgent(first: Question, other: Question): boolean {
  return first.priority <= other.priority && first.deadline <= other.deadline
}

function isLate(error: unknown): boolean {
  return error instanceof InferenceError && error.code === 'DEADLINE_EXCEEDED'
}
