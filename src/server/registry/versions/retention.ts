import { formatDuration, type Milliseconds, messageOf, type VersionId } from '../../../core/index.ts'
import {
  describeRetention,
  judgeRetention,
  type RetentionFacts,
  type RetentionPolicy,
  type RetentionRules,
  type RetentionVerdict,
  type Version,
} from '../../../registry/index.ts'
import type { ControlPlane } from '../../control-plane.ts'
import { lineageIn } from './lineage.ts'
import { usesOf } from './uses.ts'

/** Nothing that a policy says in days is late by minutes. */
const EVERY: Milliseconds = 10 * 60_000
const PAGE = 100

export interface ModelVerdicts {
  readonly model: string
  readonly verdicts: readonly RetentionVerdict[]
}

/** Applies retention policies: versions that none keeps expire. Their manifests and records stay. */
export class RetentionKeeper {
  readonly #plane: ControlPlane
  #last = 0

  constructor(plane: ControlPlane) {
    this.#plane = plane
  }

  /** Called every second; looks every ten minutes, and when a policy was set. */
  async tick(): Promise<void> {
    const now = this.#plane.clock.now()
    if (now - this.#last < EVERY) return
    this.#last = now
    for (const policy of await this.#plane.stores.versions.retention()) {
      // One model that can't be judged does not keep the others from it.
      await this.apply(policy).catch((error: unknown) =>
        this.#plane.logger.error(
          { model: policy.model, every: formatDuration(EVERY), error: messageOf(error) },
          'a retention policy could not be applied',
        ),
      )
    }
  }

  /** Gives what it did. */
  async apply(policy: RetentionPolicy): Promise<readonly ModelVerdicts[]> {
    const { versions } = this.#plane.stores
    const applied: ModelVerdicts[] = []
    for (const { model, verdicts } of await this.preview(policy)) {
      const going = verdicts.filter(({ keep }) => !keep)
      const gone = new Set(
        await versions.expire(
          going.map(({ id }) => id),
          { at: this.#plane.clock.now(), reason: `the policy ${describeRetention(policy.rules)}` },
        ),
      )
      if (gone.size > 0) this.#plane.changes.tell({ kind: 'model', project: policy.project, model })
      const done = (verdict: RetentionVerdict): RetentionVerdict =>
        verdict.keep || gone.has(verdict.id)
          ? verdict
          : { ...verdict, keep: true, reason: 'used since a moment' }
      applied.push({ model, verdicts: verdicts.map(done) })
    }
    return applied
  }

  /** What the policy would do now. */
  async preview({ project, model, rules }: RetentionPolicy): Promise<readonly ModelVerdicts[]> {
    const { versions } = this.#plane.stores
    const own = new Set((await versions.retention()).map(policy => policy.model))
    const models =
      model === undefined ? (await versions.modelsOf(project)).filter(name => !own.has(name)) : [model]
    const judged: ModelVerdicts[] = []
    for (const name of models) judged.push({ model: name, verdicts: await this.#judge(name, rules) })
    return judged
  }

  async #judge(model: string, rules: RetentionRules): Promise<readonly RetentionVerdict[]> {
    const uses = await usesOf(this.#plane.stores, model)
    const facts: RetentionFacts[] = []
    for await (const version of this.#living(model)) facts.push(await this.#factsOf(version, uses))
    return judgeRetention(facts, rules, this.#plane.clock.now())
  }

  async *#living(model: string): AsyncGenerator<Version> {
    let before: number | undefined
    for (;;) {
      const { versions } = this.#plane.stores
      const page = await versions.list(model, { limit: PAGE, ...(before !== undefined && { before }) })
      for (const version of page) if (!version.expired) yield version
      if (page.length < PAGE) return
      before = page.at(-1)!.number
    }
  }

  async #factsOf(
    { id, number, createdAt }: Version,
    uses: ReadonlyMap<VersionId, readonly string[]>,
  ): Promise<RetentionFacts> {
    const records = await this.#plane.stores.versions.recordsOf([id], ['lineage', 'signature'])
    const signed = records.some(({ kind, origin }) => kind === 'signature' && !origin)
    const parent = lineageIn(records)?.parent?.version
    return {
      id,
      number,
      createdAt,
      ...(parent && { parent }),
      uses: [...(uses.get(id) ?? []), ...(signed ? ['signed for'] : [])],
    }
  }
}
