import { type FailedTest, MAX_FAILED_TOLD, type TestSummary } from '../../api/index.ts'
import type { XmlElement, XmlHandler } from './xml.ts'

const MAX_NAME = 400
const MAX_MESSAGE = 2000

type Outcome = FailedTest['kind'] | 'skipped'
const OUTCOMES: ReadonlyMap<string, Outcome> = new Map([
  ['failure', 'failure'],
  ['error', 'error'],
  ['skipped', 'skipped'],
])

interface Case {
  readonly name: string
  readonly suite: string | undefined
  readonly file: string | undefined
  outcome: Outcome | undefined
  message: string
}

/**
 * Counts the cases of JUnit reports, one file after the other. What suites say of themselves is not believed:
 * the cases are counted, as GitLab does. A case with a failure and an error counts once, by the first.
 */
export class JunitCounter implements XmlHandler {
  #tests = 0
  #seconds = 0
  readonly #counts: Record<Outcome, number> = { failure: 0, error: 0, skipped: 0 }
  readonly #failed: FailedTest[] = []
  #case: Case | undefined
  /** The text of an outcome's element is its message where it has no attribute for it. */
  #reading = false

  get summary(): TestSummary {
    return {
      tests: this.#tests,
      failures: this.#counts.failure,
      errors: this.#counts.error,
      skipped: this.#counts.skipped,
      seconds: Math.round(this.#seconds * 1000) / 1000,
      failed: this.#failed,
    }
  }

  /** Before each file: one that was cut off leaves no case open. */
  begin(): void {
    this.#case = undefined
    this.#reading = false
  }

  open = ({ name, attributes }: XmlElement): void => {
    if (name === 'testcase') this.#begin(attributes)
    const outcome = OUTCOMES.get(name)
    if (!outcome || !this.#case || this.#case.outcome) return
    this.#case.outcome = outcome
    this.#case.message = attributes.get('message') ?? ''
    this.#reading = this.#case.message === ''
  }

  text = (text: string): void => {
    if (this.#reading && this.#case && this.#case.message.length < MAX_MESSAGE)
      this.#case.message += text.slice(0, MAX_MESSAGE)
  }

  close = (name: string): void => {
    if (OUTCOMES.has(name)) this.#reading = false
    if (name === 'testcase') this.#end()
  }

  #begin(attributes: ReadonlyMap<string, string>): void {
    this.#tests++
    this.#seconds += secondsIn(attributes.get('time'))
    this.#case = {
      name: attributes.get('name') ?? '',
      suite: attributes.get('classname'),
      file: attributes.get('file'),
      outcome: undefined,
      message: '',
    }
  }

  #end(): void {
    const one = this.#case
    this.#case = undefined
    if (!one?.outcome) return
    this.#counts[one.outcome]++
    if (one.outcome === 'skipped' || this.#failed.length >= MAX_FAILED_TOLD) return
    const message = one.message.trim().slice(0, MAX_MESSAGE)
    this.#failed.push({
      name: one.name.slice(0, MAX_NAME),
      kind: one.outcome,
      ...(one.suite && { suite: one.suite.slice(0, MAX_NAME) }),
      ...(one.file && { file: one.file.slice(0, MAX_NAME) }),
      ...(message && { message }),
    })
  }
}

/** `1,234.5` too. */
function secondsIn(text: string | undefined): number {
  const seconds = Number((text ?? '').slice(0, 40).replaceAll(',', ''))
  return Number.isFinite(seconds) && seconds > 0 ? seconds : 0
}
