import { MAX_MARKS, MAX_STACK } from '../limits.ts'
import type { PickleNode } from '../types.ts'

/** How the stack tells what a loader would refuse. */
export interface StackFailing {
  malformed(message: string): Error
  limit(message: string): Error
}

/** The objects and marks of CPython's unpickler (Modules/_pickle.c): nothing below the last mark can be taken. */
export class Stack {
  readonly #fail: StackFailing
  readonly #items: PickleNode[] = []
  readonly #marks: number[] = []

  constructor(fail: StackFailing) {
    this.#fail = fail
  }

  push(node: PickleNode): void {
    if (this.#items.length >= MAX_STACK) throw this.#fail.limit(`more than ${MAX_STACK} objects on the stack`)
    this.#items.push(node)
  }

  pop(): PickleNode {
    const node = this.top()
    this.#items.length--
    return node
  }

  top(): PickleNode {
    if (this.#items.length <= this.#fence) throw this.#underflow()
    return this.#items.at(-1)!
  }

  /** The last `count`, taken off. */
  take(count: number): PickleNode[] {
    if (this.#items.length - count < this.#fence) throw this.#underflow()
    return this.#items.splice(this.#items.length - count, count)
  }

  mark(): void {
    if (this.#marks.length >= MAX_MARKS) throw this.#fail.limit(`more than ${MAX_MARKS} open marks`)
    this.#marks.push(this.#items.length)
  }

  /** Everything above the last mark, which goes too. */
  takeMarked(): PickleNode[] {
    const mark = this.#marks.pop()
    if (mark === undefined) throw this.#fail.malformed('there is no MARK on the stack')
    return this.#items.splice(mark)
  }

  /** POP: the last object, or the mark above which there is none. */
  drop(): void {
    if (this.#marks.at(-1) === this.#items.length) this.#marks.pop()
    else this.pop()
  }

  get #fence(): number {
    return this.#marks.at(-1) ?? 0
  }

  #underflow(): Error {
    return this.#fail.malformed(
      this.#marks.length > 0 ? 'a MARK is where an object should be' : 'the stack is empty',
    )
  }
}
