import { z } from 'zod'
import { type ArmQuality, armQualitySchema, type PairQuality, type Quality } from '../../../../api/index.ts'

/** Versions in their arms and rollouts; the oldest are forgotten past here. */
const MAX_ENTRIES = 500

/** Who a piece of feedback is about. */
export const aboutSchema = armQualitySchema
  .pick({ version: true, arm: true, rollout: true })
  /** Of the caller, in an experiment. */
  .extend({ group: z.number().int().optional() })
export type About = z.infer<typeof aboutSchema>

/** What one piece of feedback adds. */
export const effectSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('label'),
    about: aboutSchema,
    /** Of each example; undefined where it could not be compared. */
    correct: z.array(z.boolean()).optional(),
    errors: z.array(z.number()).optional(),
  }),
  z.object({ kind: z.literal('score'), about: aboutSchema, value: z.number() }),
  z.object({ kind: z.literal('reward'), about: aboutSchema, value: z.number() }),
  z.object({
    kind: z.literal('pair'),
    about: aboutSchema,
    shadow: z.string(),
    primaryCorrect: z.array(z.boolean()),
    shadowCorrect: z.array(z.boolean()),
  }),
])
export type Effect = z.infer<typeof effectSchema>

type Group = NonNullable<ArmQuality['groups']>[string]

/** The sum of all effects. */
export class QualityCounts {
  readonly #arms = new Map<string, ArmQuality>()
  readonly #pairs = new Map<string, PairQuality>()

  constructor({ arms, pairs }: Quality = { arms: [], pairs: [] }) {
    for (const arm of arms) this.#arms.set(keyOf(arm), structuredClone(arm))
    for (const pair of pairs) this.#pairs.set(pairKey(pair.primary, pair.shadow, pair), { ...pair })
  }

  get quality(): Quality {
    return structuredClone({ arms: [...this.#arms.values()], pairs: [...this.#pairs.values()] })
  }

  add(effect: Effect): void {
    if (effect.kind === 'pair') {
      this.#addPair(effect)
      return
    }
    const arm = this.#arm(effect.about)
    const group = this.#group(arm, effect.about.group)
    if (effect.kind === 'score') add(arm.scores, effect.value)
    else if (effect.kind === 'reward') {
      add(arm.rewards, effect.value)
      if (group) add(group.rewards, effect.value)
    } else {
      const { correct, errors = [] } = effect
      if (correct === undefined) {
        arm.incomparable++
        return
      }
      arm.labelled++
      for (const each of correct) each ? arm.correct++ : arm.wrong++
      if (group) for (const each of correct) each ? group.correct++ : group.wrong++
      for (const error of errors) {
        add(arm.errors, error)
        arm.errors.absolute += Math.abs(error)
      }
    }
  }

  #addPair({ about, shadow, primaryCorrect, shadowCorrect }: Extract<Effect, { kind: 'pair' }>): void {
    const key = pairKey(about.version, shadow, about)
    let pair = this.#pairs.get(key)
    if (pair === undefined) {
      const { version: primary, group: _group, ...where } = about
      pair = { primary, shadow, ...where, both: 0, onlyPrimary: 0, onlyShadow: 0, neither: 0 }
      forgetOldest(this.#pairs)
      this.#pairs.set(key, pair)
    }
    for (const [i, primary] of primaryCorrect.entries()) {
      const other = shadowCorrect[i] === true
      if (primary) other ? pair.both++ : pair.onlyPrimary++
      else other ? pair.onlyShadow++ : pair.neither++
    }
  }

  /** Groups are kept of the newest experiment alone: their counts are many. */
  #group(arm: ArmQuality, number: number | undefined): Group | undefined {
    if (number === undefined) return undefined
    if (arm.groups === undefined && !this.#isNewest(arm)) return undefined
    arm.groups ??= {}
    arm.groups[number] ??= { correct: 0, wrong: 0, rewards: { count: 0, sum: 0, squares: 0 } }
    return arm.groups[number]
  }

  /** Whether no later experiment has groups; those of earlier ones go. */
  #isNewest({ rollout }: ArmQuality): boolean {
    const ids = [...this.#arms.values()].flatMap(({ rollout }) => rollout?.id ?? [])
    const begun = ids.indexOf(rollout?.id ?? '')
    for (const other of this.#arms.values()) {
      if (other.groups === undefined || other.rollout?.id === rollout?.id) continue
      if (ids.indexOf(other.rollout?.id ?? '') > begun) return false
      delete other.groups
    }
    return true
  }

  #arm({ group: _group, ...about }: About): ArmQuality {
    const key = keyOf(about)
    let arm = this.#arms.get(key)
    if (arm === undefined) {
      const none = { count: 0, sum: 0, squares: 0 }
      arm = {
        ...about,
        labelled: 0,
        incomparable: 0,
        correct: 0,
        wrong: 0,
        errors: { ...none, absolute: 0 },
        scores: { ...none },
        rewards: { ...none },
      }
      forgetOldest(this.#arms)
      this.#arms.set(key, arm)
    }
    return arm
  }
}

function add(sums: ArmQuality['scores'], value: number): void {
  sums.count++
  sums.sum += value
  sums.squares += value * value
}

function keyOf({ version, arm, rollout }: About): string {
  return `${version} ${arm} ${rollout?.id ?? ''} ${rollout?.step ?? ''}`
}

function pairKey(primary: string, shadow: string, where: Omit<About, 'version'>): string {
  return `${keyOf({ ...where, version: primary })} ${shadow}`
}

function forgetOldest(map: Map<string, unknown>): void {
  if (map.size < MAX_ENTRIES) return
  const oldest = map.keys().next()
  if (!oldest.done) map.delete(oldest.value)
}
